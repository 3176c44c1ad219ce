import type { NextDeployment } from '../../../../runtime/src/contract/control/deployment.ts';
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import { explainPods } from '../explain-pods.ts';
import { annotations } from '../names.ts';
import type { ObservedJob, ObservedRevision } from '../observed.ts';
import { beginsElsewhere } from '../restore.ts';
import { type Choice, stalled, underWay } from './choice.ts';
import type { CoordinatorWish, Deployment, Standing } from './plan.ts';
import { decideSteady, full, none, refusalIn, workersFor } from './steady.ts';

/** A revision is to take the place of the one that runs. */
interface Change {
  readonly observed: ObservedJob;
  readonly spec: StreamJobSpec;
  readonly current: ObservedRevision;
  readonly name: string;
  /** undefined = it is not written down yet. */
  readonly next: ObservedRevision | undefined;
}

type Wishes = NonNullable<Choice['wishes']>;

/** A coordinator that has not been heard for so long is not waited for when its job is to change. */
const goneAfterMs = 30_000;

const sequenceOf = ({ observed }: Change): number => observed.job.metadata.generation ?? 0;

const isApproved = ({ observed, name }: Change): boolean =>
  observed.job.metadata.annotations?.[annotations.approve] === name;

/**
 * The next coordinator alone: enough to compare, without workers of its own. Those that it has already stay: who has not heard of it yet, as
 * after a start of the operator, does not know how far it is.
 */
const planning = ({ name, next }: Change): Deployment => ({
  revision: name,
  coordinators: 1,
  workers: next?.workerSet?.spec.replicas ?? 0,
});

/** What runs goes on with as many slots as it has. */
const unchanged = ({ current, spec }: Change): Deployment => {
  const slots = current.view?.status.parallelism.actual ?? spec.parallelism;
  return full(current.name, { ...spec, parallelism: slots }, current);
};

const chosen = (change: Change, standing: Standing, next: Deployment, wishes: Wishes = []): Choice => ({
  standing,
  // Whether the current one is stuck shows with time alone.
  againMs: change.current.view?.status.state === 'restarting' ? stuckAfterMs : undefined,
  current: change.current.name,
  next: change.name,
  deployments: [unchanged(change), next],
  wishes,
});

const ask = (revision: string, wish: CoordinatorWish): Wishes => [{ revision, wish }];

/** As it is now. */
const asDeployed = ({ name, coordinatorSet, workerSet }: ObservedRevision): Deployment => ({
  revision: name,
  coordinators: coordinatorSet?.spec.replicas === 0 ? 0 : 1,
  workers: workerSet?.spec.replicas ?? 0,
});

/**
 * The current one runs on as it was, and the revision is not tried again by itself. It goes only when the status says so: whoever looks at the
 * job next could not know it otherwise, and would try again.
 */
const rejected = (
  { observed, spec, current, name, next }: Change,
  reason: string,
  message: string,
): Choice => {
  const slots = current.view?.status.parallelism.actual ?? spec.parallelism;
  const steady = decideSteady({
    observed,
    spec: { ...spec, parallelism: slots },
    name: current.name,
    revision: current,
  });
  const kept = next === undefined ? [] : [asDeployed(next)];
  return {
    ...steady,
    deployments: [...steady.deployments, ...kept],
    standing: stalled(steady.standing.phase, reason, message),
    rejected: name,
  };
};

const incompatibleText = (next: NextDeployment): string => {
  const found = next.changes.find(({ change }) => change === 'incompatible') ?? next.changes[0];
  return found === undefined
    ? (next.reason ?? 'Its state does not fit.')
    : `The state of ${found.transform}${found.state === null ? '' : `.${found.state}`} does not fit: ${found.explanation}`;
};

/** A job that fails again and again waits for longer and longer; one that has lost a worker is back sooner. */
const stuckAfterMs = 3000;

/** Whoever could cut is gone, has failed, or fails again and again: the next one begins from the last checkpoint. */
const cannotCut = ({ observed, current }: Change): boolean => {
  const { view, coordinatorPods } = current;
  const { state, sinceMs = 0 } = view?.status ?? {};
  if (state === 'failed' || (state === 'restarting' && observed.nowMs - sinceMs > stuckAfterMs)) return true;
  if (coordinatorPods.some(({ status }) => status?.containerStatuses?.every(({ ready }) => ready) === true))
    return false;
  return view?.silentSinceMs !== undefined && observed.nowMs - view.silentSinceMs > goneAfterMs;
};

/** Whoever ran has let go. */
const hasStopped = ({ current: { view, coordinatorSet } }: Change): boolean => {
  const state = view?.status.state;
  return state === 'suspended' || state === 'failed' || coordinatorSet?.spec.replicas === 0;
};

/** Both have their workers; the next one has taken in the state and waits for the cut. */
const decideCut = (change: Change, workers: Deployment): Choice => {
  const { observed, current, name, spec, next } = change;
  const sequence = sequenceOf(change);
  const isElsewhere = beginsElsewhere(observed, current, next);
  if (isElsewhere && !hasStopped(change) && !cannotCut(change))
    return chosen(
      change,
      underWay('Upgrading', 'Stopping', `The revision ${current.name} stops, then ${name} begins.`),
      workers,
      ask(current.name, { operation: 'suspend', request: {} }),
    );
  const takesOver = isElsewhere || spec.upgrade.mode === 'LatestCheckpoint' || cannotCut(change);
  const standing = underWay('Upgrading', 'Activating', `The revision ${name} takes over.`);
  if (!takesOver)
    return chosen(
      change,
      standing,
      workers,
      ask(current.name, { operation: 'handOver', request: { to: name, sequence } }),
    );
  const taking = chosen(
    change,
    standing,
    workers,
    ask(name, { operation: 'takeOver', request: { revision: name, sequence } }),
  );
  return { ...taking, deployments: [none(current.name), workers] };
};

/** `Recreate`: the one that runs lets go first, so that there is room. */
const decideRecreate = (change: Change): Choice => {
  const { current, name, spec, next } = change;
  const standing = underWay(
    'Upgrading',
    'Recreating',
    `The revision ${current.name} stops, then ${name} starts.`,
  );
  if (!hasStopped(change))
    return chosen(
      change,
      standing,
      planning(change),
      ask(current.name, { operation: 'suspend', request: {} }),
    );
  const taking = ask(name, {
    operation: 'takeOver',
    request: { revision: name, sequence: sequenceOf(change) },
  });
  return {
    ...chosen(change, standing, full(name, spec, next), taking),
    deployments: [none(current.name), full(name, spec, next)],
  };
};

const decidePlanned = (change: Change, plan: NextDeployment): Choice => {
  const { name, spec, next } = change;
  if (plan.compatibility === 'incompatible') return rejected(change, 'Incompatible', incompatibleText(plan));
  const waits =
    (spec.upgrade.policy === 'Plan' || plan.compatibility === 'needsApproval') && !isApproved(change);
  if (waits)
    return chosen(
      change,
      underWay(
        'Running',
        'AwaitingApproval',
        `The revision ${name} waits: look at status.plan, then kubectl millrace approve.`,
      ),
      planning(change),
    );
  if (spec.upgrade.strategy === 'Recreate') return decideRecreate(change);
  const sequence = sequenceOf(change);
  const wishes: Wishes = [
    { revision: name, wish: { operation: 'prepareDeployment', request: { revision: name, sequence } } },
    ...(isApproved(change)
      ? ask(name, { operation: 'approveDeployment', request: { revision: name, sequence } })
      : []),
  ];
  const standing = underWay(
    'Upgrading',
    'Preparing',
    `The revision ${name} takes in the state beside ${change.current.name}.`,
  );
  return chosen(change, standing, full(name, spec, next), wishes);
};

/** Its coordinator has not said anything yet. */
const decideUnknown = (change: Change, trouble: string | undefined): Choice => {
  const { name, current, next } = change;
  const refusal = refusalIn(next);
  const standing =
    refusal === undefined
      ? underWay(
          'Upgrading',
          'Planning',
          trouble ?? `The revision ${name} is compared with the state of ${current.name}.`,
        )
      : stalled('Running', 'CannotStart', refusal);
  return chosen(change, standing, planning(change));
};

/**
 * Puts the next revision in the place of the current one, by what the next one's coordinator says of itself. The two coordinators
 * do the rest: what is here only gives them pods and says go.
 */
export const decideUpgrade = (change: Change): Choice => {
  const { name, spec, next, current } = change;
  const { upgrade } = spec;
  const workers: Deployment = { revision: name, coordinators: 1, workers: workersFor(spec, next) };
  const plan = next?.view?.next;
  const trouble = next === undefined ? undefined : explainPods(next);
  switch (plan?.phase) {
    case 'planned':
    case 'awaitingApproval':
      return decidePlanned(change, plan);
    case 'preparing':
      if (cannotCut(change)) return decideCut(change, workers);
      return chosen(
        change,
        underWay(
          'Upgrading',
          'Preparing',
          trouble ?? `The revision ${name} takes in the state beside ${current.name}.`,
        ),
        workers,
      );
    case 'prepared':
      return decideCut(change, workers);
    case 'activating':
    case 'held':
    case 'released': {
      const { completed, wanted } = plan.heldCheckpoints;
      const what =
        plan.phase === 'held'
          ? `its output is held back until it has completed ${wanted} checkpoints (${completed} so far)`
          : `it is watched for ${upgrade.stability.window}`;
      return chosen(
        change,
        underWay('Upgrading', 'OnTrial', `The revision ${name} runs on trial: ${what}.`),
        workers,
      );
    }
    case 'rolledBack':
      return rejected(
        change,
        'RolledBack',
        `The revision ${name} was taken back: ${plan.reason ?? 'it did not become stable'}.`,
      );
    case 'stalled': {
      const wishes = isApproved(change)
        ? ask(name, {
            operation: 'approveDeployment',
            request: { revision: name, sequence: sequenceOf(change) },
          })
        : [];
      return chosen(
        change,
        stalled('Upgrading', 'NoWayBack', plan.reason ?? 'The revision cannot go back.'),
        workers,
        wishes,
      );
    }
    default:
      return decideUnknown(change, trouble);
  }
};
