import { hashNumber, hashString, hashValue } from '../../batch/hash.ts';
import { equalValues } from '../../batch/values.ts';
import type { Accumulator, AccumulatorColumns, ColumnPlace } from './accumulator.ts';
import { addHash, estimateDistinct, mergeSketches, type Sketch } from './hyper-log-log.ts';

const heapOf = (columns: AccumulatorColumns, place: number): unknown[] => columns.heaps[place] as unknown[];

/** Different values: simple ones in a Set (its equality is that of the value domain), others by hash. */
interface DistinctValues {
  readonly simple: Set<unknown>;
  readonly composite: Map<number, unknown[]>;
  compositeCount: number;
}

const addComposite = (distinct: DistinctValues, value: unknown): void => {
  const hash = hashValue(value);
  const bucket = distinct.composite.get(hash);
  if (bucket === undefined) distinct.composite.set(hash, [value]);
  else {
    if (bucket.some((other) => equalValues(other, value))) return;
    bucket.push(value);
  }
  distinct.compositeCount++;
};

const addValue = (kept: unknown[], row: number, value: unknown): void => {
  kept[row] ??= { simple: new Set(), composite: new Map(), compositeCount: 0 } satisfies DistinctValues;
  const distinct = kept[row] as DistinctValues;
  if (typeof value === 'object') addComposite(distinct, value);
  else distinct.simple.add(value);
};

const mergeDistinct = (kept: unknown[], row: number, other: DistinctValues): void => {
  for (const value of other.simple) addValue(kept, row, value);
  for (const bucket of other.composite.values()) for (const value of bucket) addValue(kept, row, value);
};

/** How many different values, exactly. */
export const createCountDistinct = ({ heap }: ColumnPlace): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'values',
  mergesInAnyOrder: true,
  update: (columns, { rows, positions, from, to }, { values }) => {
    const kept = heapOf(columns, heap);
    for (let j = from; j < to; j++) {
      const value = values[positions[j]!];
      if (value !== undefined && value !== null) addValue(kept, rows[j]!, value);
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const kept = heapOf(target, heap);
    const others = heapOf(source, heap);
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!] as DistinctValues | undefined;
      if (other !== undefined) mergeDistinct(kept, targets[j]!, other);
    }
  },
  result: (columns, row) => {
    const distinct = heapOf(columns, heap)[row] as DistinctValues | undefined;
    return distinct === undefined ? 0 : distinct.simple.size + distinct.compositeCount;
  },
});

const hashOf = (value: unknown): number => {
  if (typeof value === 'number') return hashNumber(value);
  return typeof value === 'string' ? hashString(value) : hashValue(value);
};

/** How many different values, by HyperLogLog. */
export const createApproximateCountDistinct = ({ heap }: ColumnPlace): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'values',
  mergesInAnyOrder: true,
  update: (columns, { rows, positions, from, to }, { values }) => {
    const sketches = heapOf(columns, heap) as (Sketch | undefined)[];
    for (let j = from; j < to; j++) {
      const value = values[positions[j]!];
      if (value === undefined || value === null) continue;
      const row = rows[j]!;
      sketches[row] = addHash(sketches[row] ?? [], hashOf(value));
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const sketches = heapOf(target, heap) as (Sketch | undefined)[];
    const others = heapOf(source, heap) as (Sketch | undefined)[];
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!];
      const row = targets[j]!;
      if (other !== undefined) sketches[row] = mergeSketches(sketches[row] ?? [], other);
    }
  },
  result: (columns, row) => {
    const sketch = heapOf(columns, heap)[row] as Sketch | undefined;
    return sketch === undefined ? 0 : estimateDistinct(sketch);
  },
});
