import { decodeLogEntry, type LogEntry } from './log-entry.ts';
import type { ObjectStore } from './object-store.ts';
import { logKey, logNumberOf, logPrefix } from './paths.ts';
import { type Checksum, type Found, largestSealedBytes, unusable } from './sealed-text.ts';

/** What reading a log takes. */
export interface LogReading {
  readonly store: ObjectStore;
  readonly jobUid: string;
  readonly checksum: Checksum;
}

/** Entries that are read at a time. */
const atOnce = 16;
/** gc may take what we are about to read, after another has put newer entries: then we look again. */
const mostLooks = 10;

/** The numbers that are in the store, ascending, with their sizes. What is no entry is nobody's business here. */
const listNumbers = async ({ store, jobUid }: LogReading): Promise<ReadonlyMap<number, number>> => {
  const listed = await store.list(logPrefix(jobUid));
  const sizes = listed.flatMap(({ key, sizeBytes }): [number, number][] => {
    const number = logNumberOf(jobUid, key);
    return number === undefined ? [] : [[number, sizeBytes]];
  });
  return new Map(sizes.sort(([one], [other]) => one - other));
};

/** The highest number of a log; 0 = it is empty. */
export const highestNumber = async (reading: LogReading): Promise<number> =>
  [...(await listNumbers(reading)).keys()].at(-1) ?? 0;

const foundAt = ({ store, jobUid }: LogReading, number: number): Found => ({
  store: store.place,
  key: logKey(jobUid, number),
});

/** One entry; undefined = it is not there. */
const readEntry = async (
  reading: LogReading,
  number: number,
  sizeBytes: number,
): Promise<LogEntry | undefined> => {
  const { store, jobUid, checksum } = reading;
  const found = foundAt(reading, number);
  if (sizeBytes > largestSealedBytes)
    throw unusable('log entry', found, `has ${sizeBytes} bytes, more than any should`);
  const bytes = await store.get(found.key);
  return bytes && decodeLogEntry(bytes, { jobUid, number }, found, checksum);
};

/** Reads what is needed of one listing; a number in place of the entries = that one is not there. */
const readListed = async (
  reading: LogReading,
  sizes: ReadonlyMap<number, number>,
  known: ReadonlyMap<number, LogEntry>,
): Promise<readonly LogEntry[] | number> => {
  const highest = [...sizes.keys()].at(-1);
  if (highest === undefined) return [];
  const read = async (number: number): Promise<LogEntry | undefined> =>
    known.get(number) ?? (await readEntry(reading, number, sizes.get(number) as number));
  const newest = await read(highest);
  if (newest === undefined) return highest;
  const entries: LogEntry[] = [];
  for (let from = newest.since; from < highest; from += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, highest - from) }, (_, at) => from + at);
    const unlisted = numbers.find((number) => !sizes.has(number));
    if (unlisted !== undefined) return unlisted;
    const some = await Promise.all(numbers.map(read));
    const gone = some.indexOf(undefined);
    if (gone >= 0) return from + gone;
    entries.push(...(some as LogEntry[]));
  }
  return [...entries, newest];
};

/**
 * The entries that a job needs, without a gap, up to the highest; none = the log is empty. The highest entry says where they begin; what is below is
 * left to gc, and may be a number that was used again. `known` are entries that were read before: entries never change.
 * @throws MillraceError state-damaged when one is missing, damaged, of a newer format or of another job
 */
export const readLog = async (
  reading: LogReading,
  known: readonly LogEntry[] = [],
): Promise<readonly LogEntry[]> => {
  const byNumber = new Map(known.map((entry) => [entry.number, entry]));
  for (let look = 1; ; look++) {
    const sizes = await listNumbers(reading);
    const lost = known.at(-1);
    if (sizes.size === 0 && lost !== undefined)
      throw unusable('log entry', foundAt(reading, lost.number), 'is missing, and all others with it');
    const entries = await readListed(reading, sizes, byNumber);
    if (typeof entries !== 'number') return entries;
    const highest = [...sizes.keys()].at(-1) as number;
    const isMoving = look < mostLooks && (await highestNumber(reading)) > highest;
    if (!isMoving)
      throw unusable('log entry', foundAt(reading, entries), `is missing, and entry ${highest} needs it`);
  }
};
