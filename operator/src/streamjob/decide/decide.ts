/**
 * `decide` is all that the operator knows about jobs: one look at a job in, a plan out. Nothing here reads or writes anything, so that
 * every decision is a row of a table. `decide.ts` finds the situation, `steady`, `upgrade`, `suspension` and `deletion` each
 * know one; a *choice* says which deployments there are to be, and becomes *actions*.
 */
import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import { finalizer } from '../names.ts';
import { type ObservedJob, type ObservedRevision, revisionNamed, type Wanted } from '../observed.ts';
import { wantsRetry } from '../retry.ts';
import { type Choice, stalled, underWay } from './choice.ts';
import { currentOf, hasNeverLed, isDown, isGivingBack, isOnTrial, isUnclear } from './current.ts';
import { decideDeletion, needsFinalizer } from './deletion.ts';
import { withExpiry } from './expiry.ts';
import { heldBackPods } from './held-back.ts';
import type { Action, Plan, ValidWish } from './plan.ts';
import { withSettings } from './settings.ts';
import { decideSteady } from './steady.ts';
import { decideSuspension } from './suspension.ts';
import { decideUpgrade } from './upgrade.ts';

/** Until nothing is left of the last try, the next one would be taken for it. */
const isLeft = (revision: ObservedRevision | undefined): boolean =>
  revision !== undefined && (revision.coordinatorSet !== undefined || revision.coordinatorPods.length > 0);

const isRejected = (observed: ObservedJob, name: string): boolean =>
  observed.status?.revision?.rejected === name &&
  (!wantsRetry(observed, name) || isLeft(revisionNamed(observed, name)));

/**
 * More slots than the state has parts for can never be had: what runs goes on with those that it has, and a change that is under way comes to its end.
 * undefined = there is room for all, as far as is known.
 */
const decideTooMany = (
  observed: ObservedJob,
  wanted: ValidWish,
  current: ObservedRevision | undefined,
): Choice | undefined => {
  const { actual = 0, maximum = 0 } = current?.view?.status.parallelism ?? {};
  const { parallelism } = wanted.spec;
  if (current === undefined || actual === 0 || parallelism <= maximum) return undefined;
  const trial = observed.revisions.find((other) => other !== current && isOnTrial(other));
  const spec = { ...wanted.spec, parallelism: actual };
  const choice = decideRunning(observed, { ...wanted, spec, revision: (trial ?? current).name }, current);
  const message = `The job cannot have ${parallelism} slots: its state is split into ${maximum} key groups, since it was created. It goes on with ${actual}.`;
  return { ...choice, standing: stalled(choice.standing.phase, 'TooManySlots', message) };
};

const decideRunning = (
  observed: ObservedJob,
  { spec, revision: wanted }: ValidWish,
  current: ObservedRevision | undefined,
): Choice => {
  const revision = revisionNamed(observed, wanted);
  // A newer spec abandons what stands by, never what runs: that comes to its end first.
  const trial = observed.revisions.find(
    (other) => other !== current && other.name !== wanted && isOnTrial(other),
  );
  if (trial !== undefined && current !== undefined && current.name !== wanted) {
    const choice = decideUpgrade({ observed, spec, current, name: trial.name, next: trial });
    return {
      ...choice,
      standing: { ...choice.standing, message: `${choice.standing.message} Then ${wanted} follows.` },
    };
  }
  const begins = current === undefined || hasNeverLed(observed, current) || isDown(current);
  if (begins || current.name === wanted) return decideSteady({ observed, spec, name: wanted, revision });
  const isUnderWay = revision !== undefined && isOnTrial(revision);
  if (isRejected(observed, wanted) && !isUnderWay) {
    const steady = decideSteady({ observed, spec, name: current.name, revision: current });
    const { conditions = [] } = observed.status ?? {};
    const before = conditions.find(({ type }) => type === 'Stalled');
    const message = before?.message ?? `The revision ${wanted} was taken back.`;
    return {
      ...steady,
      standing: stalled(steady.standing.phase, before?.reason ?? 'RolledBack', message),
      rejected: wanted,
    };
  }
  const retries = wantsRetry(observed, wanted);
  return { ...decideUpgrade({ observed, spec, current, name: wanted, next: revision }), retries };
};

/** What there is beside the chosen deployments. */
const withdrawals = ({ revisions }: ObservedJob, { deployments }: Choice): readonly Action[] =>
  revisions
    .filter(({ name, coordinatorSet, workerSet }) => {
      const isChosen = deployments.some(({ revision }) => revision === name);
      return !isChosen && (coordinatorSet !== undefined || workerSet !== undefined);
    })
    // Whatever the choice says: records flow through it.
    .filter((revision) => !isOnTrial(revision) && !isGivingBack(revision))
    .map((revision) => ({ kind: 'withdraw', revision }));

/** So many revisions are kept that nothing runs of, to be gone back to by hand. */
const keptRevisions = 10;

/** What is written down would be more with each upgrade: the oldest goes. */
const forgotten = (
  { revisions, status }: ObservedJob,
  { deployments, rejected }: Choice,
): readonly Action[] => {
  const known = status?.revision ?? {};
  const needed = [...deployments.map(({ revision }) => revision), rejected, ...Object.values(known)];
  return revisions
    .filter(({ name, coordinatorSet, workerSet }) => {
      const hasSets = coordinatorSet !== undefined || workerSet !== undefined;
      return !hasSets && !needed.includes(name);
    })
    .slice(0, -keptRevisions)
    .map((revision) => ({ kind: 'forget', revision }));
};

/** Workers without slots go first when a set becomes smaller. */
const offers = ({ revisions }: ObservedJob, { deployments }: Choice): readonly Action[] =>
  deployments.flatMap(({ revision: name, workers }) => {
    const { workerSet, view } = revisions.find((revision) => revision.name === name) ?? {};
    const uids = view?.spareWorkers ?? [];
    return workerSet !== undefined && workers < workerSet.spec.replicas && workers > 0 && uids.length > 0
      ? [{ kind: 'offerPods', uids } as const]
      : [];
  });

/** Of what is to run. */
const renewals = (observed: ObservedJob, { deployments }: Choice): readonly Action[] => {
  const pods = deployments
    .filter(({ coordinators }) => coordinators > 0)
    .flatMap(({ revision: name }) => {
      const revision = revisionNamed(observed, name);
      return revision === undefined ? [] : heldBackPods(revision);
    });
  return pods.length === 0 ? [] : [{ kind: 'renewPods', pods }];
};

const actionsOf = (observed: ObservedJob, wanted: ValidWish, choice: Choice): readonly Action[] => {
  const { spec } = wanted;
  const { metadata } = observed.job;
  const hasFinalizer = metadata.finalizers?.includes(finalizer) === true;
  const toRecord = choice.deployments.filter(
    ({ revision }) => revisionNamed(observed, revision) === undefined,
  );
  return [
    ...(hasFinalizer === needsFinalizer(spec)
      ? []
      : [{ kind: 'finalizer', present: !hasFinalizer } as const]),
    { kind: 'surround', active: choice.current, spec },
    ...toRecord.map(({ revision }) => ({ kind: 'record', revision, wanted }) as const),
    ...offers(observed, choice),
    ...choice.deployments.map((deployment) => ({ kind: 'deploy', deployment }) as const),
    ...renewals(observed, choice),
    ...(choice.restarts ?? []).flatMap((name): readonly Action[] => {
      const revision = revisionNamed(observed, name);
      return revision === undefined ? [] : [{ kind: 'removePods', revision, role: 'coordinator' }];
    }),
    ...(choice.wishes ?? []).map(({ revision, wish }) => ({ kind: 'wish', revision, wish }) as const),
    ...withdrawals(observed, choice),
    ...forgotten(observed, choice),
  ];
};

/** The spec makes no sense: what runs goes on as it is, and nothing is begun. */
const decideInvalid = (
  observed: ObservedJob,
  { reason, againMs }: Exclude<Wanted, ValidWish>,
  current: ObservedRevision | undefined,
): Plan => {
  const phase = observed.status?.phase ?? 'Pending';
  return {
    actions: [],
    standing: stalled(phase, 'Invalid', reason),
    current: current?.name,
    next: undefined,
    rejected: observed.status?.revision?.rejected,
    againMs,
  };
};

/** Touches nothing until somebody has said who leads. */
const waitForLeader = ({ status }: ObservedJob): Plan => ({
  actions: [],
  standing: underWay(
    status?.phase ?? 'Pending',
    'Observing',
    'Its coordinators are asked which of them leads.',
  ),
  current: undefined,
  next: undefined,
  rejected: status?.revision?.rejected,
  againMs: undefined,
});

const specBefore = (
  current: ObservedRevision | undefined,
  parse: (written: unknown) => Wanted,
): StreamJobSpec | undefined => {
  const wanted = current === undefined ? undefined : parse(current.data.spec);
  return wanted?.ok === true ? wanted.spec : undefined;
};

/** What is to be done about a job now. Pure. `parse`: reads a spec, as `wanted` was read. */
export const decide = (observed: ObservedJob, parse: (written: unknown) => Wanted): Plan => {
  const { job, wanted } = observed;
  const current = currentOf(observed);
  if (job.metadata.deletionTimestamp !== undefined)
    return decideDeletion(observed, wanted.ok ? wanted.spec : specBefore(current, parse), current);
  if (isUnclear(observed)) return waitForLeader(observed);
  if (!wanted.ok) return decideInvalid(observed, wanted, current);
  const choice =
    wanted.spec.state === 'Suspended'
      ? decideSuspension(observed, wanted.spec, wanted.revision, current)
      : withSettings(
          observed,
          wanted,
          decideTooMany(observed, wanted, current) ?? decideRunning(observed, wanted, current),
        );
  return withExpiry(observed, wanted, {
    actions: actionsOf(observed, wanted, choice),
    standing: choice.standing,
    current: choice.current,
    next: choice.next,
    rejected: choice.rejected,
    retries: choice.retries,
    againMs: choice.againMs,
  });
};
