import { explainPods } from '../explain-pods.ts';
import { type ObservedJob, type ObservedRevision, revisionNamed } from '../observed.ts';

const ends: ReadonlySet<string> = new Set(['finished', 'stopped', 'cancelled']);

/** It has brought the job to its end while it was watched, which released all that was held: there is nothing that could go back. */
const hasEnded = ({ view }: ObservedRevision): boolean =>
  view?.next?.phase === 'released' && view.status.role === 'leading' && ends.has(view.status.state);

/** A switch-over to this revision has cut, and neither been promoted nor gone back. */
export const isOnTrial = (revision: ObservedRevision): boolean => {
  const phase = revision.view?.next?.phase;
  if (hasEnded(revision)) return false;
  return phase === 'activating' || phase === 'held' || phase === 'released' || phase === 'stalled';
};

/**
 * It says that it was taken back and still ends what it had begun: until that is written into the log of the job, the one before waits, and that is up to
 * its coordinator alone.
 */
export const isGivingBack = ({ view }: ObservedRevision): boolean =>
  view?.next?.phase === 'rolledBack' && view.status.role === 'leading' && view.silentSinceMs === undefined;

/**
 * It leads the job, and nobody else could any more. Only who says that no trial is open is believed: of a coordinator that was dialled a
 * moment ago that is not known yet, and between two of its messages it can be anything.
 */
const leads = (revision: ObservedRevision): boolean => {
  const { view } = revision;
  const phase = view?.next?.phase;
  const isAlone = phase === 'none' || phase === 'promoted' || hasEnded(revision);
  return view?.status.role === 'leading' && view.status.attempt > 0 && isAlone;
};

/** It has sets, which only what runs or is to run has. */
const isDeployed = ({ coordinatorSet }: ObservedRevision): boolean => coordinatorSet !== undefined;

/**
 * The revision that the job is, until a switch-over to another one is promoted. What coordinators say counts before the status that was
 * written last, and that before what there is in the cluster: a status that is lost can be made again.
 */
export const currentOf = (observed: ObservedJob): ObservedRevision | undefined => {
  const { revisions, status } = observed;
  const recorded = revisionNamed(observed, status?.revision?.current);
  const leader = revisions.findLast(leads);
  const handedOver = revisions.find(({ view }) => view?.status.role === 'handedOver');
  return (
    leader ??
    (recorded !== undefined && isDeployed(recorded) ? recorded : undefined) ??
    handedOver ??
    revisions.find(isDeployed)
  );
};

/**
 * Nobody can say yet who the job is: several revisions have pods, the status names none of them (it was lost), and whoever leads has not been
 * heard. To guess could take the pods of the one that runs.
 */
export const isUnclear = (observed: ObservedJob): boolean => {
  const { revisions, status } = observed;
  const deployed = revisions.filter(isDeployed);
  const isRecorded = deployed.some(({ name }) => name === status?.revision?.current);
  const isKnown = deployed.some((revision) => leads(revision) || revision.view?.status.role === 'handedOver');
  if (deployed.length < 2 || isRecorded || isKnown) return false;
  return deployed.some(
    (revision) => revision.view?.next === undefined && explainPods(revision) === undefined,
  );
};

/** It is known that it has never run: nothing is lost when it is replaced. */
export const hasNeverLed = ({ status }: ObservedJob, { view }: ObservedRevision): boolean =>
  (status !== undefined || view !== undefined) &&
  (status?.attempt ?? 0) === 0 &&
  (view?.status.attempt ?? 0) === 0;

/** Nothing of it is to run, on purpose. */
export const isDown = ({ coordinatorSet }: ObservedRevision): boolean => coordinatorSet?.spec.replicas === 0;
