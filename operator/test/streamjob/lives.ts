import { createTestSystem } from 'millrace/testing';
import type { KubeClient } from '../../src/kube/client.ts';
import { streamJobs } from '../../src/kube/kinds.ts';
import { FaultClient } from '../dev/fault-client.ts';
import { type EventFault, randomFaults } from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { revisionNameOf, written } from './job-table.ts';

/** What is left after each part of a life, without what differs from one life to the next. */
export interface Remains {
  readonly step: string;
  readonly sets: readonly string[];
  readonly pods: number;
  readonly phase: string | undefined;
  readonly revision: unknown;
  /** How often records began to flow anew: what happens to an operator is no reason for that. */
  readonly attempt: number | undefined;
  /** How many pods there have ever been of each kind: none is made twice. */
  readonly podsMade: readonly string[];
}

/** One part of a life: what a person does, and how it is when that has come to its end. */
interface Step {
  readonly name: string;
  readonly begin: (rig: ControllerRig) => Promise<void>;
  readonly isOver: (rig: ControllerRig) => boolean;
}

export type Life = readonly Step[];

/** An hour: what a watch has not told is found by a list after half of that. */
const mostMs = 3_600_000;

const quick = { upgrade: { stability: { window: '0s' } } };
const first = written('one') as object;
const second = written('two', quick) as object;
const bad = written('three', quick) as object;
const names = { first: revisionNameOf(first), second: revisionNameOf(second), bad: revisionNameOf(bad) };

const isTrue = (rig: ControllerRig, condition: string): boolean =>
  rig.status?.conditions?.some(({ type, status }) => type === condition && status === 'True') === true;

const isInForce = (rig: ControllerRig): boolean =>
  isTrue(rig, 'Ready') && rig.status?.observedGeneration === rig.job()?.metadata.generation;

const runsWith =
  (revision: string, slots: number) =>
  (rig: ControllerRig): boolean =>
    isInForce(rig) &&
    rig.status?.phase === 'Running' &&
    rig.status.revision?.current === revision &&
    rig.status.replicas === slots &&
    rig.pods.length === slots + 1;

const runs = (name: string, spec: object, revision: string, slots: number): Step => ({
  name,
  begin: (rig) => rig.apply({ ...spec, parallelism: slots }),
  isOver: runsWith(revision, slots),
});

const isTakenBack = (name: string, slots: number): Step => ({
  name,
  begin: (rig) => rig.apply({ ...bad, parallelism: slots }),
  isOver: (rig) =>
    rig.status?.revision?.rejected === names.bad &&
    rig.status.phase === 'Running' &&
    isTrue(rig, 'Healthy') &&
    rig.pods.length === slots + 1,
});

const isSuspended = (spec: object, slots: number): Step => ({
  name: 'it is suspended',
  begin: (rig) => rig.apply({ ...spec, parallelism: slots, state: 'Suspended' }),
  isOver: (rig) => isInForce(rig) && rig.status?.phase === 'Suspended' && rig.pods.length === 0,
});

const isDeleted: Step = {
  name: 'it is gone',
  begin: async (rig) => {
    const { name, namespace = '', uid = '' } = rig.job()?.metadata ?? { name: 'counts' };
    void rig.client.remove(streamJobs, { namespace, name }, { uid });
  },
  isOver: (rig) => rig.job() === undefined && rig.sets.length === 0 && rig.pods.length === 0,
};

/** A job is made, rescaled, upgraded, badly upgraded, suspended, resumed and deleted. */
export const usualLife: Life = [
  runs('it runs', first, names.first, 2),
  runs('it has 3 slots', first, names.first, 3),
  runs('the next revision runs', second, names.second, 3),
  isTakenBack('the bad one is taken back', 3),
  isSuspended(second, 3),
  runs('it goes on', second, names.second, 3),
  isDeleted,
];

/** The same names are used again and again, for revisions as for the job: what was there before may not be taken for what is there now. */
export const repeatedLife: Life = [
  runs('it runs', first, names.first, 2),
  runs('the next revision runs', second, names.second, 2),
  runs('the first revision runs again', first, names.first, 2),
  isTakenBack('the bad one is taken back', 2),
  runs('the next revision runs again', second, names.second, 2),
  runs('it has 1 slot', second, names.second, 1),
  isDeleted,
  runs('it is made again', first, names.first, 2),
  isSuspended(first, 2),
  isDeleted,
];

const remainsOf = (rig: ControllerRig, step: string): Remains => ({
  step,
  sets: rig.sets.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).toSorted(),
  pods: rig.pods.length,
  phase: rig.status?.phase,
  revision: rig.status?.revision,
  attempt: rig.status?.attempt,
  podsMade: [...rig.podsMade].map(([kind, count]) => `${kind} ${count}`).toSorted(),
});

/** A job lives; gives what is left after each part of that. */
export const live = async (rig: ControllerRig, life: Life): Promise<readonly Remains[]> => {
  const remains: Remains[] = [];
  rig.coordinators.conduct.set(names.bad, { failsOnTrial: true });
  for (const { name, begin, isOver } of life) {
    await begin(rig);
    await rig.until(name, () => isOver(rig), mostMs);
    // What is under way comes to its end.
    await rig.pass(1500);
    remains.push(remainsOf(rig, name));
  }
  return remains;
};

/** A life in which nothing goes wrong. */
export const undisturbed = async (life: Life): Promise<readonly Remains[]> => {
  const rig = new ControllerRig();
  rig.startOperator();
  return live(rig, life);
};

/** Starts an operator whose calls and watches suffer now and then. `client`: what it reaches the cluster by. */
export const startUnlucky = (
  rig: ControllerRig,
  seed: number,
  ofEvents?: readonly EventFault[],
  client: KubeClient = rig.client,
): void => {
  const { random } = createTestSystem({ seed }).system;
  const plan = randomFaults(random, { calls: 0.1, events: 0.1, lateMs: 400, ofEvents });
  rig.startOperator(new FaultClient(client, rig.machine.system.timers, plan));
};
