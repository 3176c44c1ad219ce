/**
 * Garbage is what the log has superseded and nothing that is kept names. Age is asked in addition, never instead: clocks may be wrong. What is not known is
 * kept. Any process may collect at any time, also one that was stopped in the middle and goes on days later: what is garbage once is
 * garbage for ever, since manifests name only objects of their own checkpoint or of those that were kept before them, numbers below the one
 * that the log needs never come back into use, and no checkpoint of an attempt is published behind a later one.
 */
import type { Clock } from '../sys/system.ts';
import { type LogReading, readLog } from './log.ts';
import type { LogEntry } from './log-entry.ts';
import type { ObjectStatus } from './object-store.ts';
import { jobRoot, logNumberOf, savepointsFolder, standbyPartsOf, statePartsOf } from './paths.ts';
import { type Standing, standingOf } from './standing.ts';

/** Why an object is there. */
export type Use =
  /** A part of the log that is needed. */
  | 'log'
  /** Named by a manifest that is kept. */
  | 'state'
  /** Of a checkpoint that may still be published, or of an attempt that may still begin. */
  | 'in flight'
  /** The user's. */
  | 'savepoint'
  | 'unknown'
  /** Superseded, but too young to be removed. */
  | 'young'
  | 'garbage';

export interface Classified extends ObjectStatus {
  readonly use: Use;
}

export interface GarbageRules {
  readonly nowMs: number;
  /** Younger objects are kept in any case. */
  readonly minimumAgeMs: number;
}

/** What an object is for by what the log says; `garbage` = superseded. */
const useByLog = (standing: Standing, entries: readonly LogEntry[]): ((key: string) => Use) => {
  const { jobUid, since, attempt, highestCheckpointId } = standing;
  const named = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'manifest' ? entry.manifest.objects.map(({ key }) => key) : [],
    ),
  );
  const root = jobRoot(jobUid);
  return (key) => {
    const number = logNumberOf(jobUid, key);
    if (number !== undefined) return number < since ? 'garbage' : 'log';
    const relative = key.slice(root.length);
    if (named.has(relative)) return 'state';
    if (relative.startsWith(savepointsFolder)) return 'savepoint';
    const standby = standbyPartsOf(relative);
    if (standby !== undefined) return standby.attempt <= attempt ? 'garbage' : 'in flight';
    const parts = statePartsOf(relative);
    if (parts === undefined) return 'unknown';
    const isSuperseded =
      parts.attempt < attempt || (parts.attempt === attempt && parts.checkpointId <= highestCheckpointId);
    return isSuperseded ? 'garbage' : 'in flight';
  };
};

/** Oldest first: log entries by number, then state objects by attempt and checkpoint. */
const compareAge = (one: readonly number[], other: readonly number[]): number => {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at < 0 ? 0 : (one[at] as number) - (other[at] as number);
};

const ageOf = (jobUid: string, key: string): readonly number[] => {
  const number = logNumberOf(jobUid, key);
  if (number !== undefined) return [0, number, 0, 0, 0];
  const parts = statePartsOf(key.slice(jobRoot(jobUid).length));
  if (parts === undefined) return [2, 0, 0, 0, 0];
  return [1, parts.attempt, parts.checkpointId, parts.slot, parts.part];
};

/** Says of each object of a job what it is for. Pure; oldest first. Without a log everything is unknown. */
export const classifyObjects = (
  standing: Standing,
  entries: readonly LogEntry[],
  listed: readonly ObjectStatus[],
  { nowMs, minimumAgeMs }: GarbageRules,
): readonly Classified[] => {
  const useOf = standing.number === 0 ? (): Use => 'unknown' : useByLog(standing, entries);
  return listed
    .map((status) => {
      const use = useOf(status.key);
      const isYoung = status.modifiedMs > nowMs - minimumAgeMs;
      return {
        status: { ...status, use: use === 'garbage' && isYoung ? ('young' as const) : use },
        age: ageOf(standing.jobUid, status.key),
      };
    })
    .sort((one, other) => compareAge(one.age, other.age))
    .map(({ status }) => status);
};

export interface GarbageSettings extends LogReading {
  readonly clock: Clock;
  readonly minimumAgeMs: number;
}

/** What each object of a job is for. Works without the job. @throws MillraceError when the log cannot be read */
export const findGarbage = async (settings: GarbageSettings): Promise<readonly Classified[]> => {
  const { store, jobUid, clock, minimumAgeMs } = settings;
  const listed = await store.list(jobRoot(jobUid));
  // After the listing, so that what was published meanwhile is known to be in use.
  const entries = await readLog(settings);
  const standing = standingOf(jobUid, entries, store.place);
  return classifyObjects(standing, entries, listed, { nowMs: clock.nowMs(), minimumAgeMs });
};

/** Objects that are removed at a time. */
const atOnce = 100;

/** Removes garbage, oldest first. Gives what was removed. */
export const collectGarbage = async (settings: GarbageSettings): Promise<readonly Classified[]> => {
  const found = await findGarbage(settings);
  const garbage = found.filter(({ use }) => use === 'garbage');
  for (let from = 0; from < garbage.length; from += atOnce)
    await settings.store.remove(garbage.slice(from, from + atOnce).map(({ key }) => key));
  return garbage;
};
