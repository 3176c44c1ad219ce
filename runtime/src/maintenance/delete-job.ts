import { highestNumber, readLog } from '../checkpoint/log.ts';
import { LogWriter } from '../checkpoint/log-writer.ts';
import type { ObjectStatus, ObjectStore } from '../checkpoint/object-store.ts';
import { deletedKey, jobRoot, logNumberOf, savepointsFolder } from '../checkpoint/paths.ts';
import { standingOf } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { type Removed, removeInParts } from './remove-in-parts.ts';

export interface JobInStore {
  readonly system: Pick<System, 'clock' | 'hashing' | 'random'>;
  readonly store: ObjectStore;
  readonly jobUid: string;
}

const stillLed = ({ store, jobUid }: JobInStore): MillraceError =>
  new MillraceError('conflict', `The job ${jobUid} still runs: somebody else has written to its log.`, {
    hint: 'Stop it first: `millrace checkpoint list` names the writers.',
    where: { store: store.place, job: jobUid },
  });

/** A log that cannot be read, or that somebody has begun to remove, protects nothing any more. */
const deploymentOf = async (job: JobInStore): Promise<string | undefined> => {
  const { store, jobUid, system } = job;
  try {
    const reading = { store, jobUid, checksum: system.hashing };
    const { number, owner, stopped } = standingOf(jobUid, await readLog(reading), store.place);
    return number === 0 || stopped !== undefined ? undefined : owner;
  } catch (error) {
    if (MillraceError.is(error) && error.code === 'state-damaged') return undefined;
    throw error;
  }
};

/** Whoever may still think that it leads, on a node that nobody reaches, loses its next entry and commits nothing more. */
const fence = async (job: JobInStore): Promise<void> => {
  const { store, jobUid, system } = job;
  const deployment = await deploymentOf(job);
  if (deployment === undefined) return;
  const writer = new LogWriter({
    store,
    jobUid,
    checksum: system.hashing,
    clock: system.clock,
    me: { writer: system.random.id(), deployment },
    retained: () => 1,
  });
  for (const wish of [
    { kind: 'claim', attempt: 'next' },
    { kind: 'stopped', how: 'cancelled' },
  ] as const)
    if ((await writer.append(wish)).outcome === 'deposed') throw stillLed(job);
};

/** The log goes last and from its beginning, so that what says that the job was stopped is there as long as anything else is. */
const inOrder = (jobUid: string, listed: readonly ObjectStatus[]): readonly ObjectStatus[] => {
  const place = ({ key }: ObjectStatus): number => logNumberOf(jobUid, key) ?? 0;
  return listed.toSorted((one, other) => place(one) - place(other));
};

/**
 * Removes all of a job but its savepoints, which are whole in themselves, as all are that other jobs have begun from, and leaves that it was
 * on purpose. May be done again after it was broken off anywhere.
 * @throws MillraceError conflict when somebody runs the job
 */
export const deleteJob = async (job: JobInStore): Promise<Removed> => {
  const { store, jobUid, system } = job;
  const root = jobRoot(jobUid);
  await fence(job);
  const number = await highestNumber({ store, jobUid, checksum: system.hashing });
  await store.put(deletedKey(jobUid), new TextEncoder().encode('deleted\n'));
  const listed = (await store.list(root)).filter(
    ({ key }) => !key.startsWith(root + savepointsFolder) && key !== deletedKey(jobUid),
  );
  const grown = listed.some(({ key }) => (logNumberOf(jobUid, key) ?? 0) > number);
  if (grown) throw stillLed(job);
  return removeInParts(store, inOrder(jobUid, listed));
};
