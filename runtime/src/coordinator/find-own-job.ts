import { findLocalName, type LocalName, localJob, markBegun } from '../checkpoint/local-names.ts';
import { readLog } from '../checkpoint/log.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot, jobsPrefix, jobUidOf, localNameKey, localNamesPrefix } from '../checkpoint/paths.ts';
import { type Standing, standingOf } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';

/** Which job of a store somebody starts. */
export interface WantedJob {
  readonly system: Pick<System, 'hashing' | 'random'>;
  readonly jobName: string;
  /** What the job is called in the store; absent = it is found by its name. */
  readonly jobUid?: string | undefined;
  /** Someone accepts that the state which is there is left behind. */
  readonly anew?: boolean | undefined;
  /** It goes on although it has finished. */
  readonly evenIfOver?: boolean | undefined;
}

/** The part of a store that is a job's own. */
export interface OwnJob {
  readonly standing: Standing;
  /** To be called when the job has a log, once at least: were the log gone after that, it would not begin anew. */
  hasBegun(): Promise<void>;
}

/** Ends after which a job that is started again begins anew. */
const ends: readonly (string | undefined)[] = ['finished', 'drained'];
/** It has come to its end: a job of its name that is started next begins anew. */
export const isOver = ({ stopped }: Standing): boolean => ends.includes(stopped);

const read = async (store: ObjectStore, jobUid: string, { system }: WantedJob): Promise<Standing> =>
  standingOf(jobUid, await readLog({ store, jobUid, checksum: system.hashing }), store.place);

const beginAnew = 'Or begin with nothing: --anew.';

const lostJob = (store: ObjectStore, { jobName }: WantedJob, { jobUid, run }: LocalName): MillraceError =>
  new MillraceError(
    'state-damaged',
    `The job “${jobName}” has run before, and nothing is left of its log in ${jobRoot(jobUid)}.`,
    {
      hint: `Bring ${jobRoot(jobUid)} back from a copy, or go on from a savepoint: --anew --from SAVEPOINT. ${beginAnew}`,
      where: { store: store.place, name: localNameKey(jobName, run) },
    },
  );

const namelessJob = (store: ObjectStore, { jobName }: WantedJob, jobUid: string): MillraceError =>
  new MillraceError(
    'state-damaged',
    `There is a job “${jobName}” with state in ${jobRoot(jobUid)}, and all names of jobs are gone from ${localNamesPrefix}.`,
    {
      hint: `Bring ${localNamesPrefix} back from a copy, or say which job it is: --job-uid ${jobUid}. ${beginAnew}`,
      where: { store: store.place, job: jobUid },
    },
  );

const anewUnderUid = (jobUid: string): MillraceError =>
  new MillraceError('manifest-invalid', `The job ${jobUid} cannot begin anew: it is what its uid says.`, {
    hint: 'Give another --job-uid, or none: then a job is found by its name.',
  });

/** Names that were lost all together are noticed by jobs without any: one of ours would be taken for one that never ran. */
const refuseLostNames = async (store: ObjectStore, wanted: WantedJob): Promise<void> => {
  if ((await store.list(localNamesPrefix)).length > 0) return;
  const jobUids = new Set((await store.list(jobsPrefix)).flatMap(({ key }) => jobUidOf(key) ?? []));
  for (const jobUid of jobUids) {
    const standing = await read(store, jobUid, wanted);
    const isOurs = standing.line.at(-1)?.manifest.jobName === wanted.jobName;
    if (isOurs && !isOver(standing)) throw namelessJob(store, wanted, jobUid);
  }
};

/**
 * Finds the job in its store: by its uid, or by its name, which is made at the first start. A job that has finished begins anew, under
 * another uid.
 * @throws MillraceError state-damaged when what it was is lost: it never begins with nothing by itself.
 */
export const findOwnJob = async (store: ObjectStore, wanted: WantedJob): Promise<OwnJob> => {
  const { system, jobName, jobUid, anew = false, evenIfOver = false } = wanted;
  const { hashing, random } = system;
  if (jobUid !== undefined) {
    if (anew) throw anewUnderUid(jobUid);
    return { standing: await read(store, jobUid, wanted), hasBegun: () => Promise.resolve() };
  }
  if (!anew && (await findLocalName(store, jobName, hashing)) === undefined)
    await refuseLostNames(store, wanted);
  const isDone = async (known: LocalName): Promise<boolean> =>
    anew || (!evenIfOver && isOver(await read(store, known.jobUid, wanted)));
  const name = await localJob(store, jobName, random.id(), hashing, isDone);
  const standing = await read(store, name.jobUid, wanted);
  if (name.hasBegun && standing.number === 0) throw lostJob(store, wanted, name);
  let isMarked = name.hasBegun;
  const hasBegun = async (): Promise<void> => {
    if (!isMarked) await markBegun(store, jobName, name, hashing);
    isMarked = true;
  };
  return { standing, hasBegun };
};
