import {
  configMaps,
  controllerRevisions,
  events,
  leases,
  networkPolicies,
  podDisruptionBudgets,
  pods,
  replicaSets,
  savepoints,
  serviceAccounts,
  services,
  streamJobs,
} from './kinds.ts';
import type { ResourceType } from './objects.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** What the operator may do with a kind. The chart's Roles are made of these, and nothing else is asked of the API server. */
export interface Right {
  readonly type: ResourceType;
  readonly subresource?: 'status' | 'finalizers';
  readonly verbs: readonly Verb[];
  /** Only where the operator itself runs. */
  readonly atHome?: true;
}

const read: readonly Verb[] = ['get', 'list', 'watch'];
const made: readonly Verb[] = [...read, 'create', 'patch'];
const own: readonly Verb[] = [...made, 'delete'];

export const rights: readonly Right[] = [
  // Deleted when `ttlAfterFinished` is over; never created.
  { type: streamJobs, verbs: [...read, 'patch', 'delete'] },
  { type: streamJobs, subresource: 'status', verbs: ['patch'] },
  // What is owned by a job blocks its removal: some clusters ask for this before they let that be written.
  { type: streamJobs, subresource: 'finalizers', verbs: ['update'] },
  // Created and deleted by schedule.
  { type: savepoints, verbs: own },
  { type: savepoints, subresource: 'status', verbs: ['patch'] },
  { type: savepoints, subresource: 'finalizers', verbs: ['update'] },
  // Created for maintenance of a store alone: all others are made by their sets.
  { type: pods, verbs: ['list', 'watch', 'create', 'patch', 'delete'] },
  { type: replicaSets, verbs: own },
  // Never changed; the oldest go.
  { type: controllerRevisions, verbs: [...read, 'create', 'delete'] },
  { type: services, verbs: own },
  { type: configMaps, verbs: own },
  { type: serviceAccounts, verbs: own },
  // They go with their job.
  { type: networkPolicies, verbs: made },
  { type: podDisruptionBudgets, verbs: made },
  { type: events, verbs: ['list', 'create', 'patch'] },
  { type: leases, verbs: ['get', 'create', 'patch'], atHome: true },
];
