import type { ContainerStatus, Pod } from '../kube/kinds.ts';
import type { ObservedRevision } from './observed.ts';

/** One reason of one pod. */
export interface PodTrouble {
  readonly pod: string;
  readonly reason: string;
  readonly message: string;
}

/** Why a container cannot even begin. */
const cannotBegin: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'FailedMount',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

/** Which store its last words are about. */
const storeIn = (words: object): string => {
  const { where } = words as { readonly where?: { readonly store?: unknown } };
  return typeof where?.store === 'string' ? ` The store is ${where.store}.` : '';
};

/** What a program of ours has left as its last words: JSON with a code, a message and a hint; undefined = it is another one's. */
const wordsOfOurs = (text: string): { readonly code: string; readonly message: string } | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) {
      const hint = 'hint' in value && typeof value.hint === 'string' ? ` ${value.hint}` : '';
      const code = 'code' in value ? String(value.code) : '';
      return { code, message: `${String(value.message)}${storeIn(value)}${hint}` };
    }
  } catch {
    // Text of another program.
  }
  return undefined;
};

/** Those, or the end of a log. */
const lastWords = (text: string | undefined): string | undefined =>
  text === undefined || text === ''
    ? undefined
    : (wordsOfOurs(text)?.message ?? text.trim().split('\n').at(-1));

const containerTrouble = (pod: string, container: ContainerStatus): PodTrouble | undefined => {
  const { waiting } = container.state ?? {};
  if (waiting?.reason !== undefined && cannotBegin.has(waiting.reason))
    return {
      pod,
      reason: waiting.reason,
      message: `${pod}: ${container.name} cannot start: ${waiting.reason}${waiting.message === undefined ? '' : `, ${waiting.message}`}`,
    };
  const ended =
    container.state?.terminated ?? (container.ready ? undefined : container.lastState?.terminated);
  if (ended === undefined || (ended.exitCode === 0 && ended.reason !== 'OOMKilled')) return undefined;
  const reason = ended.reason ?? 'Error';
  const words =
    reason === 'OOMKilled' ? 'it needs more than spec.resources.memory' : lastWords(ended.message);
  return {
    pod,
    reason,
    message: `${pod}: ${container.name} ended with ${reason === 'OOMKilled' ? reason : `code ${ended.exitCode}`}${words === undefined ? '' : `: ${words}`}`,
  };
};

/** What is wrong with a pod, if that can be told. */
export const podTrouble = ({
  metadata: { name, deletionTimestamp },
  status,
}: Pod): PodTrouble | undefined => {
  if (deletionTimestamp !== undefined) return undefined;
  const unscheduled = status?.conditions?.find(
    ({ type, status: holds, reason }) =>
      type === 'PodScheduled' && holds === 'False' && reason === 'Unschedulable',
  );
  if (unscheduled !== undefined)
    return {
      pod: name,
      reason: 'Unschedulable',
      message: `${name}: no node has room: ${unscheduled.message ?? ''}`,
    };
  if (status?.reason === 'Evicted')
    return { pod: name, reason: 'Evicted', message: `${name} was evicted: ${status.message ?? ''}` };
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.flatMap((container) => containerTrouble(name, container) ?? [])[0];
};

/** What a coordinator says when it cannot begin, and time alone does not help. */
const refusals: ReadonlySet<string> = new Set([
  'manifest-invalid',
  'job-invalid',
  'conflict',
  'not-found',
  'state-damaged',
]);

/** Why the coordinator of a revision refuses to begin; undefined = it does not. */
export const refusalOf = ({ coordinatorPods }: ObservedRevision): string | undefined => {
  const words = coordinatorPods.flatMap(({ metadata, status }) => {
    if (metadata.deletionTimestamp !== undefined) return [];
    return (status?.containerStatuses ?? []).flatMap(({ name, ready, state, lastState }) => {
      const ended = state?.terminated ?? lastState?.terminated;
      if (name !== 'coordinator' || ready || ended?.message === undefined) return [];
      return wordsOfOurs(ended.message) ?? [];
    });
  });
  return words.find(({ code }) => refusals.has(code))?.message.slice(0, 1000);
};

/** When a coordinator has ended last whose kubelet waits longer and longer before it starts it again; undefined = none does. */
export const waitsSinceMs = ({ coordinatorPods }: ObservedRevision): number | undefined => {
  const ends = coordinatorPods.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) => {
      const endedMs = Date.parse(lastState?.terminated?.finishedAt ?? '');
      const waits = name === 'coordinator' && state?.waiting?.reason === 'CrashLoopBackOff';
      return waits && !Number.isNaN(endedMs) ? [endedMs] : [];
    }),
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
};

/** What keeps the pods of a revision from running, the coordinator's first. */
export const troublesOf = (revision: ObservedRevision): readonly PodTrouble[] => {
  const { coordinatorPods, workerPods, coordinatorSet, workerSet } = revision;
  const refused = [coordinatorSet, workerSet].flatMap((set) => {
    const failure = set?.status?.conditions?.find(
      ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
    );
    const name = set?.metadata.name ?? '';
    return failure === undefined
      ? []
      : [
          {
            pod: name,
            reason: failure.reason ?? 'FailedCreate',
            message: `${name}: ${failure.message ?? ''}`,
          },
        ];
  });
  return [...refused, ...[...coordinatorPods, ...workerPods].flatMap((pod) => podTrouble(pod) ?? [])];
};

/** The root cause as one sentence; undefined = none that the pods show. */
export const explainPods = (revision: ObservedRevision): string | undefined => {
  const [first, ...others] = troublesOf(revision);
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${first.message}${more}`.slice(0, 1000);
};
