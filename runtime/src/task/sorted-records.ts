import type { Batch, BatchKeys } from '../batch/batch.ts';
import { compareValues, equalValues } from '../batch/values.ts';

/**
 * Keyed records in the order of batch mode: by key group, key, timestamp and arrival. Key groups are ranges of the hash, so the
 * order begins with the hash of the key; of keys with one hash the order of the value domain decides. Records without a timestamp
 * come first.
 */
export interface SortedRecords {
  readonly length: number;
  readonly hashes: Uint32Array;
  readonly keys: readonly unknown[];
  readonly timestamps: Float64Array;
  readonly rows: readonly unknown[];
  readonly ports: Uint8Array;
}

/** A batch as it came in. Its records have keys. */
export interface ArrivedBatch {
  readonly batch: Batch;
  readonly keys: BatchKeys;
  readonly port: number;
}

/** Positions in this many records fit beside a hash into a double. */
export const mostSorted: number = 2 ** 20;

const compareTimestamps = (left: number, right: number): number => {
  if (left === right) return 0;
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
  return Number.isNaN(right) || left > right ? 1 : -1;
};

/** The order of two records; 0 = arrival decides. */
export const compareRecords = (left: SortedRecords, i: number, right: SortedRecords, j: number): number => {
  const difference = (left.hashes[i] as number) - (right.hashes[j] as number);
  if (difference !== 0) return difference;
  return (
    compareValues(left.keys[i], right.keys[j]) ||
    compareTimestamps(left.timestamps[i] as number, right.timestamps[j] as number)
  );
};

/** Whether two records have one key. */
export const isSameKey = (left: SortedRecords, i: number, right: SortedRecords, j: number): boolean =>
  left.hashes[i] === right.hashes[j] && equalValues(left.keys[i], right.keys[j]);

/** All records of some batches, in order of arrival. */
const gather = (arrived: readonly ArrivedBatch[]): SortedRecords => {
  const length = arrived.reduce((sum, { batch }) => sum + batch.length, 0);
  if (length > mostSorted) throw new RangeError(`${length} records are too many to be sorted at once.`);
  const hashes = new Uint32Array(length);
  const timestamps = new Float64Array(length);
  const ports = new Uint8Array(length);
  const keys: unknown[] = [];
  const rows: unknown[] = [];
  for (const { batch, keys: batchKeys, port } of arrived) {
    const at = rows.length;
    const batchRows = batch.rows();
    hashes.set(batchKeys.hashes.subarray(0, batch.length), at);
    timestamps.set(batch.timestamps.subarray(0, batch.length), at);
    ports.fill(port, at, at + batch.length);
    for (let i = 0; i < batch.length; i++) {
      keys.push(batchKeys.values[i]);
      rows.push(batchRows[i]);
    }
  }
  return { length, hashes, keys, timestamps, rows, ports };
};

/** The positions of records in order. The hash and the position make one number, so that no comparison calls back. */
const sortedPositions = (records: SortedRecords): Uint32Array => {
  const { length, hashes } = records;
  const places = new Float64Array(length);
  for (let i = 0; i < length; i++) places[i] = (hashes[i] as number) * mostSorted + i;
  places.sort();
  const positions = new Uint32Array(length);
  for (let i = 0; i < length; i++) positions[i] = (places[i] as number) % mostSorted;
  for (let from = 0; from < length; ) {
    let to = from + 1;
    const hash = hashes[positions[from] as number];
    while (to < length && hashes[positions[to] as number] === hash) to++;
    if (to - from > 1) sortOneHash(records, positions.subarray(from, to));
    from = to;
  }
  return positions;
};

/** Records of one hash: most often of one key, and in order already. */
const sortOneHash = (records: SortedRecords, positions: Uint32Array): void => {
  const compare = (left: number, right: number): number =>
    compareRecords(records, left, records, right) || left - right;
  for (let i = 1; i < positions.length; i++) {
    if (compare(positions[i - 1] as number, positions[i] as number) <= 0) continue;
    positions.sort(compare);
    return;
  }
};

/** Sorts the records of some batches that came one after the other. */
export const sortRecords = (arrived: readonly ArrivedBatch[]): SortedRecords => {
  const records = gather(arrived);
  const positions = sortedPositions(records);
  const { length } = records;
  const hashes = new Uint32Array(length);
  const timestamps = new Float64Array(length);
  const ports = new Uint8Array(length);
  const keys: unknown[] = [];
  const rows: unknown[] = [];
  for (let i = 0; i < length; i++) {
    const position = positions[i] as number;
    hashes[i] = records.hashes[position] as number;
    timestamps[i] = records.timestamps[position] as number;
    ports[i] = records.ports[position] as number;
    keys.push(records.keys[position]);
    rows.push(records.rows[position]);
  }
  return { length, hashes, keys, timestamps, rows, ports };
};
