import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import { type ObservedJob, type ObservedRevision, revisionNamed, type Wanted } from './observed.ts';

/** A Savepoint may come, or become complete, without any change of the job. */
const lookAgainMs = 5000;

const missing = (name: string, what: string): Wanted => ({
  ok: false,
  reason: `spec.restore.savepoint: the Savepoint “${name}” ${what}; leave spec.restore out where the job has gone back already`,
  againMs: lookAgainMs,
});

/**
 * Finds where the savepoint lies that a job is to go back to. Once that stands in what is written down of the revision, or the job has gone
 * back, it is not asked for any more. `savepointOf`: what is told of a Savepoint in the namespace of the job; undefined = there is none.
 */
export const withSavepoint = (
  observed: ObservedJob,
  savepointOf: (name: string) => SavepointObjectStatus | undefined,
): ObservedJob => {
  const { wanted, status } = observed;
  if (!wanted.ok) return observed;
  const { id, savepoint: name } = wanted.spec.restore;
  if (name === undefined || status?.restored?.id === id) return observed;
  if (revisionNamed(observed, wanted.revision) !== undefined) return observed;
  const savepoint = savepointOf(name);
  if (savepoint === undefined) return { ...observed, wanted: missing(name, 'does not exist') };
  const { phase = 'Pending', path: savepointPlace } = savepoint;
  if (phase !== 'Completed' || savepointPlace === undefined)
    return { ...observed, wanted: missing(name, `is not complete: ${phase}`) };
  return { ...observed, wanted: { ...wanted, savepointPlace } };
};

const wishOf = ({ data }: ObservedRevision): string | undefined => {
  const { restore } = data.spec as { readonly restore?: { readonly id?: string } };
  return restore?.id;
};

/** Whether a revision does not go on where the one that runs ends: it keeps no state, or goes back for a wish that was not carried out. */
export const beginsElsewhere = (
  { status }: ObservedJob,
  current: ObservedRevision,
  next: ObservedRevision | undefined,
): boolean => {
  const { upgrade } = (next?.data.spec ?? {}) as { readonly upgrade?: { readonly mode?: string } };
  if (upgrade?.mode === 'Stateless') return true;
  const id = next && wishOf(next);
  return id !== undefined && id !== wishOf(current) && id !== status?.restored?.id;
};
