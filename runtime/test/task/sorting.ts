/** Records to be sorted, the order that they must come out in by a plain sort, and disks to sort on. */

import fc from 'fast-check';
import { Batch } from 'millrace';
import { hashValue } from '../../src/batch/hash.ts';
import { compareValues } from '../../src/batch/values.ts';
import type { MergedRuns } from '../../src/task/merged-runs.ts';
import { type ArrivedBatch, type SortedRecords, sortRecords } from '../../src/task/sorted-records.ts';

export interface SortItem {
  readonly id: number;
  readonly key: unknown;
  readonly timestampMs: number;
  readonly port: number;
}

/** Few keys and few timestamps, so that all of the order has something to decide. */
export const arbitraryItems: fc.Arbitrary<readonly SortItem[]> = fc
  .array(
    fc.record({
      key: fc.oneof(
        fc.nat(4),
        fc.constantFrom<unknown>('a', 'b', '', 1n, null, undefined, -0, NaN, 0.5, true, [1, 'x'], { f: 1 }),
      ),
      timestampMs: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(NaN)),
      port: fc.nat(1),
    }),
    { maxLength: 60 },
  )
  .map((items) => items.map((item, id) => ({ ...item, id })));

/** The items as batches of at most this size, each of one port. */
export const arrivedOf = (items: readonly SortItem[], batchSize: number = 1000): ArrivedBatch[] => {
  const arrived: ArrivedBatch[] = [];
  for (let from = 0; from < items.length; ) {
    const { port } = items[from] as SortItem;
    let to = from + 1;
    while (to < items.length && to - from < batchSize && items[to]?.port === port) to++;
    const part = items.slice(from, to);
    const timestamps = Float64Array.from(part, ({ timestampMs }) => timestampMs);
    const keys = {
      values: part.map(({ key }) => key),
      hashes: Uint32Array.from(part, ({ key }) => hashValue(key)),
    };
    const rows = part.map(({ id, key }) => ({ id, key }));
    arrived.push({ batch: Batch.ofRows(rows, timestamps).withKeys(keys), keys, port });
    from = to;
  }
  return arrived;
};

const place = (timestampMs: number): number => (Number.isNaN(timestampMs) ? -Infinity : timestampMs);

/** What a sort of the language makes of them, which keeps the order of equals. */
export const inModelOrder = (items: readonly SortItem[]): readonly SortItem[] =>
  items.toSorted(
    (left, right) =>
      hashValue(left.key) - hashValue(right.key) ||
      compareValues(left.key, right.key) ||
      Math.sign(place(left.timestampMs) - place(right.timestampMs)) ||
      0,
  );

export const idsOf = (records: SortedRecords | readonly SortItem[]): readonly unknown[] =>
  'rows' in records ? valuesOf(records).map(({ id }) => id) : records.map(({ id }) => id);

export const itemAt = (records: SortedRecords, i: number): SortItem => {
  const { id, key } = records.rows[i] as { id: number; key: unknown };
  if (compareValues(key, records.keys[i]) !== 0) throw new Error(`The key of record ${id} is another one's.`);
  if (hashValue(key) !== records.hashes[i]) throw new Error(`The hash of record ${id} is another one's.`);
  return { id, key, timestampMs: records.timestamps[i] as number, port: records.ports[i] as number };
};

export const valuesOf = (records: SortedRecords): SortItem[] =>
  Array.from({ length: records.length }, (_, i) => itemAt(records, i));

export const sortedOf = (items: readonly SortItem[]): SortedRecords => sortRecords(arrivedOf(items));

/** Everything that a merge gives. */
export const drain = (merged: MergedRuns): SortItem[] => {
  const items: SortItem[] = [];
  for (let { part } = merged; part !== undefined; { part } = merged) {
    items.push(itemAt(part, merged.at));
    merged.advance();
  }
  return items;
};

/** Records cut into parts of at most this many. */
export const partsOf = (records: SortedRecords, size: number): SortedRecords[] => {
  const parts: SortedRecords[] = [];
  for (let from = 0; from < records.length; from += size) {
    const to = Math.min(from + size, records.length);
    parts.push({
      length: to - from,
      hashes: records.hashes.slice(from, to),
      keys: records.keys.slice(from, to),
      timestamps: records.timestamps.slice(from, to),
      rows: records.rows.slice(from, to),
      ports: records.ports.slice(from, to),
    });
  }
  return parts;
};
