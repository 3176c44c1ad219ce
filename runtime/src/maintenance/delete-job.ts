import { highestNumber, readLog } from '../checkpoint/log.ts';
import { LogWriter } from '../checkpoint/log-writer.ts';
import type { ObjectStatus, ObjectStore } from '../checkpoint/object-store.ts';
import { type NumberedOwner, type OwnedName, readOwners } from '../checkpoint/owners.ts';
import {
  deletedKey,
  jobRoot,
  logNumberOf,
  ownerBegunKey,
  ownerKey,
  savepointsFolder,
} from '../checkpoint/paths.ts';
import { type Standing, standingOf } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { type Removed, removeInParts, sumOfAll } from './remove-in-parts.ts';

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

/** Where a job stands; undefined = nobody can say: a log that is damaged, or that somebody has begun to remove, protects nothing any more. */
const standingIn = async ({ store, jobUid, system }: JobInStore): Promise<Standing | undefined> => {
  try {
    return standingOf(jobUid, await readLog({ store, jobUid, checksum: system.hashing }), store.place);
  } catch (error) {
    if (MillraceError.is(error) && error.code === 'state-damaged') return undefined;
    throw error;
  }
};

/** Whoever may still think that it leads, on a node that nobody reaches, loses its next entry and commits nothing more. */
const fence = async (job: JobInStore): Promise<void> => {
  const { store, jobUid, system } = job;
  const { number = 0, owner: deployment = '', stopped } = (await standingIn(job)) ?? {};
  if (number === 0 || stopped !== undefined) return;
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
const byNumber = (jobUid: string, listed: readonly ObjectStatus[]): readonly ObjectStatus[] => {
  const place = ({ key }: ObjectStatus): number => logNumberOf(jobUid, key) ?? 0;
  return listed.toSorted((one, other) => place(one) - place(other));
};

/** What there is of a job but its savepoints; `other`: all but the log. @throws MillraceError conflict when its log has grown since */
const objectsOf = async (job: JobInStore) => {
  const { store, jobUid, system } = job;
  const root = jobRoot(jobUid);
  const number = await highestNumber({ store, jobUid, checksum: system.hashing });
  const listed = (await store.list(root)).filter(
    ({ key }) => !key.startsWith(root + savepointsFolder) && key !== deletedKey(jobUid),
  );
  const numberOf = ({ key }: ObjectStatus): number => logNumberOf(jobUid, key) ?? 0;
  if (listed.some((status) => numberOf(status) > number)) throw stillLed(job);
  return {
    log: byNumber(
      jobUid,
      listed.filter((status) => numberOf(status) > 0),
    ),
    other: listed.filter((status) => numberOf(status) === 0),
  };
};

/** Whose state was taken over is not needed any more. */
const isTakenOver = async (job: JobInStore): Promise<boolean> => {
  const { number = 0, stopped } = (await standingIn(job)) ?? {};
  return number === 0 || stopped === 'superseded' || stopped === 'finished' || stopped === 'drained';
};

const deleteEarlier = async (job: JobInStore): Promise<Removed> => {
  const { other, log } = await objectsOf(job);
  const removed = await removeInParts(job.store, [...other, ...log]);
  await job.store.remove([deletedKey(job.jobUid)]);
  return removed;
};

/** Whoever has the name by now may still copy the state that it goes on from. */
const refuseWhileCopied = async (job: JobInStore, { jobUid, clusterId }: NumberedOwner): Promise<void> => {
  const { store, system } = job;
  const { line } = standingOf(
    jobUid,
    await readLog({ store, jobUid, checksum: system.hashing }),
    store.place,
  );
  if (line.length > 0) return;
  throw new MillraceError(
    'conflict',
    `The job ${jobUid} in the cluster ${clusterId} has the name of ${job.jobUid}, and no checkpoint of its own yet.`,
    {
      hint: 'Wait until it runs, or delete that one.',
      where: { store: store.place, job: jobUid },
    },
  );
};

/** What of a name goes with a job, the present owner first. */
interface Naming {
  readonly newest: NumberedOwner | undefined;
  /** None where another one has taken the name; and what is not taken over yet stays whose it is. */
  readonly leaving: readonly NumberedOwner[];
  readonly staysNamed: boolean;
}

const namingOf = async (job: JobInStore, name: OwnedName | undefined): Promise<Naming> => {
  const { store, jobUid, system } = job;
  const owners = name === undefined ? [] : await readOwners(store, name, system.hashing);
  const [newest, ...earlier] = owners;
  if (newest !== undefined && newest.jobUid !== jobUid)
    return { newest, leaving: [], staysNamed: owners.some((owner) => owner.jobUid === jobUid) };
  const ended = await Promise.all(earlier.map((owner) => isTakenOver({ ...job, jobUid: owner.jobUid })));
  const leaving = ended.every((isEnded) => isEnded) ? owners : owners.slice(0, 1);
  return { newest, leaving, staysNamed: name === undefined };
};

/** From the first to the present one: what is left after a while is a job that has the name and was deleted. */
const removeName = async (
  { store }: JobInStore,
  { namespace, name }: OwnedName,
  owners: readonly NumberedOwner[],
): Promise<void> => {
  for (const { number } of owners.toReversed())
    await store.remove([ownerBegunKey(namespace, name, number), ownerKey(namespace, name, number)]);
};

/**
 * Removes all of a job but its savepoints, which are whole in themselves, as all are that other jobs have begun from; with it what is left of those
 * that had its name before. A mark says meanwhile that it is removed on purpose, and stays where nobody says which name to
 * give free, or another one has it. May be done again after it was broken off anywhere.
 * @throws MillraceError conflict when somebody runs the job, or goes on from it
 */
export const deleteJob = async (job: JobInStore, name?: OwnedName): Promise<Removed> => {
  const { store, jobUid } = job;
  const { newest, leaving, staysNamed } = await namingOf(job, name);
  const mark = deletedKey(jobUid);
  const isMarked = (await store.get(mark)) !== undefined;
  if (newest !== undefined && newest.jobUid !== jobUid && !isMarked) await refuseWhileCopied(job, newest);
  await fence(job);
  const { other, log } = await objectsOf(job);
  if (!isMarked) await store.put(mark, new TextEncoder().encode('deleted\n'));
  const parts: Removed[] = [];
  for (const owner of leaving.slice(1).toReversed())
    parts.push(await deleteEarlier({ ...job, jobUid: owner.jobUid }));
  parts.push(await removeInParts(store, other));
  if (name !== undefined) await removeName(job, name, leaving);
  parts.push(await removeInParts(store, log));
  if (!staysNamed) await store.remove([mark]);
  return sumOfAll(parts);
};
