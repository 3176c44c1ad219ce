import {
  compareStates,
  type JobStates,
  requireCompatible,
  statefulPart,
} from '../checkpoint/compare-states.ts';
import { asAttempt, asCheckpointId } from '../checkpoint/ids.ts';
import type { CheckpointManifest, ManifestSink, StateObjectRef } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { stateKey, statePartsOf } from '../checkpoint/paths.ts';
import { type NewUids, renameUids } from '../checkpoint/rename-uids.ts';
import { joinRestored, type Restored } from '../checkpoint/restored.ts';
import { restoredIn, type Standing } from '../checkpoint/standing.ts';
import { MillraceError } from '../contract/errors.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { Hashing } from '../sys/hashing.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { Claimed } from './job-log.ts';

/** A savepoint, or a checkpoint of another job, that a job begins with while it has no checkpoint of its own. */
export interface ForkSource {
  readonly manifest: CheckpointManifest;
  /** Where its objects lie. */
  readonly folder: ObjectStore;
  /** What state the job has, to be compared before anything is copied. */
  readonly states: JobStates;
  /** State that the job has no place for may be left behind. */
  readonly allowRemoved?: boolean | undefined;
  readonly renamed?: NewUids | undefined;
  /** Whose job this one is from now on, where the other one has ended for ever; absent = both may run. */
  readonly heritage?: Heritage | undefined;
  /** The job goes back to it for this wish, once, whatever state it has itself; absent = it has none. */
  readonly restore?: Restored | undefined;
}

/** What a job has left that has ended. */
export interface Heritage extends Pick<Standing, 'line' | 'jobUid'> {
  /** To be committed. */
  readonly pending: readonly ManifestSink[];
  /** To be aborted before the next checkpoint. */
  readonly aborted: readonly ManifestSink[];
}

export type Forked = Pick<JobCheckpoints, 'base' | 'store' | 'log' | 'onlyLast'>;

/** Objects that are in memory at a time. */
const copiedAtOnce = 2;

/** Whether a job is to begin with it: once, or while it has nothing else. */
export const isForkDue = (
  { restore }: Pick<ForkSource, 'restore'>,
  { manifest }: Pick<Claimed, 'manifest'>,
): boolean =>
  restore === undefined
    ? manifest === undefined
    : manifest?.restored?.some(({ id }) => id === restore.id) !== true;

/** @throws MillraceError job-invalid when the job cannot go on from a savepoint, with every reason */
export const requireForkable = (
  { manifest, folder, states, allowRemoved = false, renamed }: ForkSource,
  graph: Pick<PhysicalGraph, 'maxParallelism'>,
  onlyLast: boolean,
): void => {
  const refuse = (why: string, hint: string): MillraceError =>
    new MillraceError('job-invalid', `The job cannot go on from ${folder.place}: ${why}.`, { hint });
  if (onlyLast)
    throw refuse('it runs in batch mode, which begins with nothing', 'Set spec.mode to Streaming.');
  if (graph.maxParallelism !== manifest.maxParallelism) {
    throw refuse(
      `it has ${graph.maxParallelism} key groups, and there are ${manifest.maxParallelism}`,
      `Set spec.maxParallelism to ${manifest.maxParallelism}: it cannot change over the life of the state.`,
    );
  }
  const differences = compareStates(statefulPart(manifest), states, renamed);
  requireCompatible(differences, allowRemoved, folder.place);
};

/** The key that an object gets in the job: of its first attempt, so that garbage is told from what is needed. */
const ownKey = (key: string, attempt: number, { checkpointId, slot }: StateObjectRef, at: number): string =>
  stateKey(
    asAttempt(attempt),
    checkpointId as Parameters<typeof stateKey>[1],
    slot,
    statePartsOf(key)?.part ?? at,
  );

/** What a manifest gets that another one was, beside what it says. */
interface Adapted {
  readonly attempt: number;
  /** Absent = as it was. */
  readonly checkpointId?: number | undefined;
  readonly pending?: readonly ManifestSink[] | undefined;
  readonly restored: readonly Restored[];
}

/**
 * A savepoint as the first checkpoint of another job: with its number, so that the order of objects stays as it is. What the sinks of
 * the other job had prepared is not in a savepoint, and this job's to commit only where it is `pending` since that one has ended. Pure.
 */
export const forkManifest = (
  manifest: CheckpointManifest,
  { jobUid, jobName }: Pick<CheckpointManifest, 'jobUid' | 'jobName'>,
  { attempt, checkpointId = manifest.checkpointId, pending = [], restored }: Adapted,
): CheckpointManifest => ({
  ...manifest,
  checkpointId: asCheckpointId(checkpointId),
  restored: restored.length === 0 ? undefined : restored,
  jobUid,
  jobName,
  attempt: asAttempt(attempt),
  kind: 'checkpoint',
  sinks: pending,
  objects: manifest.objects.map((object, at) => ({
    ...object,
    key: ownKey(object.key, attempt, object, at),
  })),
});

/** Copies an object, and looks at it on the way: what is damaged is refused before the job has begun. */
const copy = async (
  { crc32 }: Hashing,
  from: ObjectStore,
  reference: StateObjectRef,
  to: ObjectStore,
  key: string,
): Promise<void> => {
  const bytes = await from.get(reference.key);
  const isWhole =
    bytes !== undefined && bytes.length === reference.sizeBytes && crc32(bytes) === reference.crc32;
  if (isWhole) return await to.put(key, bytes);
  const what = bytes === undefined ? 'is missing' : 'is damaged';
  throw new MillraceError('state-damaged', `The object ${reference.key} in ${from.place} ${what}.`, {
    hint: 'Start from another savepoint or checkpoint, or bring this one back from a copy.',
    where: { store: from.place, key: reference.key },
  });
};

/**
 * Makes a savepoint the first checkpoint of a job that has none: compares, copies its objects below the job's own root, and publishes the
 * manifest, from which on the job needs the savepoint no more.
 * @throws MillraceError job-invalid when the job cannot go on from it, state-damaged when it is, io when a store fails
 */
export const fork = async (
  hashing: Hashing,
  source: ForkSource,
  job: Forked,
  claimed: Claimed,
): Promise<Claimed> => {
  requireForkable(source, job.base.graph, job.onlyLast);
  const { heritage, restore } = source;
  const { objects, checkpointId } = source.manifest;
  const manifest = forkManifest(renameUids(source.manifest, source.renamed ?? new Map()), job.base, {
    attempt: claimed.attempt,
    // Numbers only grow, whatever the job goes back to.
    checkpointId: claimed.manifest && Math.max(checkpointId, claimed.highestCheckpointId) + 1,
    pending: heritage?.pending,
    restored: joinRestored(heritage && restoredIn(heritage), restore && [restore]),
  });
  for (let from = 0; from < objects.length; from += copiedAtOnce) {
    await Promise.all(
      objects.slice(from, from + copiedAtOnce).map((object, i) => {
        const { key } = manifest.objects[from + i] as StateObjectRef;
        return copy(hashing, source.folder, object, job.store, key);
      }),
    );
  }
  const permit = await job.log.publish(manifest);
  const aborted = heritage?.aborted ?? claimed.aborted;
  return {
    ...claimed,
    manifest,
    highestCheckpointId: manifest.checkpointId,
    permit,
    aborted,
    predecessor: heritage?.jobUid,
  };
};
