import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { Pod } from '../../kube/kinds.ts';
import { explainPods, refusalOf, waitsSinceMs } from '../explain-pods.ts';
import type { ObservedJob, ObservedRevision } from '../observed.ts';
import { wantsRetry } from '../retry.ts';
import { type Choice, inForce, stalled, underWay } from './choice.ts';
import { isOnTrial } from './current.ts';
import type { Deployment, Standing } from './plan.ts';

/** What runs, or is to run, and nothing is to replace it. */
interface Steady {
  readonly observed: ObservedJob;
  readonly spec: StreamJobSpec;
  readonly name: string;
  /** undefined = it is not written down yet. */
  readonly revision: ObservedRevision | undefined;
}

const ended: ReadonlySet<string> = new Set(['finished', 'stopped', 'cancelled']);

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;

/** Pods that a ReplicaSet would remove first, and that nothing runs in: those without slots. */
const idleWorkers = ({ workerPods, view }: ObservedRevision): number =>
  workerPods.filter((pod) => !isReady(pod) || view?.spareWorkers.includes(pod.metadata.uid) === true).length;

/**
 * Workers for so many slots, as long as any of them is in use. There are fewer than before only when it is known who has none: otherwise
 * one that works would be taken, which costs a recovery.
 */
export const workersFor = (
  { parallelism, slotsPerWorker }: Pick<StreamJobSpec, 'parallelism' | 'slotsPerWorker'>,
  revision: ObservedRevision | undefined,
): number => {
  const { view, data, workerSet } = revision ?? {};
  const isLeading = view?.status.role === 'leading';
  const inUse = isLeading ? view.status.parallelism.actual : 0;
  const wanted = Math.ceil(Math.max(parallelism, inUse) / (data?.slotsPerWorker ?? slotsPerWorker));
  const there = workerSet?.spec.replicas ?? 0;
  const mayGo = revision === undefined || !isLeading || there - wanted <= idleWorkers(revision);
  return mayGo ? wanted : Math.max(wanted, there);
};

export const full = (
  name: string,
  spec: StreamJobSpec,
  revision: ObservedRevision | undefined,
): Deployment => ({
  revision: name,
  coordinators: 1,
  workers: workersFor(spec, revision),
});

export const none = (name: string): Deployment => ({ revision: name, coordinators: 0, workers: 0 });

/** A job that has come to its end stays so, whatever its pods do. */
const endOf = ({ observed, name, revision }: Steady): Choice | undefined => {
  const state = revision?.view?.status.state;
  const isOver = state !== undefined && ended.has(state) && revision?.view?.status.role === 'leading';
  const wasOver =
    observed.status?.phase === 'Finished' &&
    observed.status.revision?.current === name &&
    revision?.coordinatorSet?.spec.replicas === 0;
  if (!isOver && !wasOver) return undefined;
  return {
    standing: inForce('Finished', 'Completed', 'The job has come to its end, and all output is committed.'),
    current: name,
    deployments: [none(name)],
  };
};

const failureOf = ({ observed, spec, name, revision }: Steady): Choice | undefined => {
  const status = revision?.view?.status;
  if (status?.state !== 'failed') return undefined;
  const retries = wantsRetry(observed, name);
  return {
    standing: stalled('Failed', 'JobFailed', status.trouble ?? 'The job has failed.'),
    current: name,
    deployments: [full(name, spec, revision)],
    restarts: retries ? [name] : [],
    retries,
  };
};

/** A coordinator that does not begin tries again by itself, and cannot be asked: its last words are all that there is. */
export const refusalIn = (revision: ObservedRevision | undefined): string | undefined => {
  const isHeard = revision?.view !== undefined && revision.view.silentSinceMs === undefined;
  return revision === undefined || isHeard ? undefined : refusalOf(revision);
};

/** What it refuses may be mended elsewhere, and nobody tells: it is begun anew so often, whatever its kubelet waits. */
const refusedAgainMs = 30_000;

const retryOf = ({ observed, name, revision }: Steady): Pick<Choice, 'restarts' | 'againMs'> => {
  const sinceMs = revision && refusalIn(revision) !== undefined ? waitsSinceMs(revision) : undefined;
  if (sinceMs === undefined) return {};
  const dueMs = sinceMs + refusedAgainMs - observed.nowMs;
  return dueMs > 0 ? { againMs: dueMs } : { restarts: [name], againMs: refusedAgainMs };
};

/** How a job that is to run stands. */
export const standingOf = (
  observed: ObservedJob,
  revision: ObservedRevision | undefined,
  parallelism: number,
): Standing => {
  const status = revision?.view?.status;
  const trouble = revision === undefined ? undefined : explainPods(revision);
  const refusal = refusalIn(revision);
  if (refusal !== undefined) return stalled('Starting', 'CannotStart', refusal);
  if (status === undefined || status.role === 'standby' || status.attempt === 0)
    return underWay('Starting', 'Starting', trouble ?? 'The coordinator of the job is starting.');
  switch (status.state) {
    case 'running': {
      const { actual } = status.parallelism;
      const refused = observed.refusals.find(({ operation }) => operation === 'setParallelism');
      if (actual === parallelism) return inForce('Running', 'Running', `The job runs with ${actual} slots.`);
      return refused !== undefined
        ? stalled('Running', 'RescaleRefused', refused.reason)
        : underWay(
            'Rescaling',
            'Rescaling',
            trouble ?? `The job runs with ${actual} slots and is to have ${parallelism}.`,
          );
    }
    case 'suspended':
      return underWay('Starting', 'Resuming', 'The job goes on from its last checkpoint.');
    case 'restarting':
      return underWay('Restarting', 'Restarting', trouble ?? status.trouble ?? 'The job restarts.');
    default:
      return underWay(
        observed.status?.phase === 'Restarting' ? 'Restarting' : 'Starting',
        'Starting',
        trouble ?? status.trouble ?? 'The job is being deployed.',
      );
  }
};

const wishesOf = ({ observed, spec, name, revision }: Steady): Choice['wishes'] => {
  const { generation: sequence = 0 } = observed.job.metadata;
  const status = revision?.view?.status;
  if (status === undefined) return [];
  if (status.role === 'standby')
    return [{ revision: name, wish: { operation: 'takeOver', request: { revision: name, sequence } } }];
  if (status.role !== 'leading') return [];
  if (status.state === 'suspended') return [{ revision: name, wish: { operation: 'resume', request: {} } }];
  const { parallelism } = spec;
  return status.state === 'running' && status.parallelism.desired !== parallelism
    ? [{ revision: name, wish: { operation: 'setParallelism', request: { parallelism, sequence } } }]
    : [];
};

/** Runs one revision, and takes back whatever was to replace it. */
export const decideSteady = (steady: Steady): Choice => {
  const { observed, spec, name, revision } = steady;
  const { generation: sequence = 0 } = observed.job.metadata;
  const trials = observed.revisions.filter((other) => other.name !== name && isOnTrial(other));
  if (trials.length === 0) {
    const over = endOf(steady) ?? failureOf(steady);
    if (over !== undefined) return over;
  }
  const standing =
    trials.length === 0
      ? standingOf(observed, revision, spec.parallelism)
      : underWay('RollingBack', 'RollingBack', `The revision ${trials[0]?.name} is taken back.`);
  return {
    ...retryOf(steady),
    standing,
    current: name,
    deployments: [full(name, spec, revision), ...trials.map((trial) => full(trial.name, spec, trial))],
    wishes:
      trials.length === 0
        ? wishesOf(steady)
        : trials.map((trial) => ({
            revision: trial.name,
            wish: { operation: 'rollBackDeployment', request: { revision: trial.name, sequence } },
          })),
  };
};
