import type { Accumulator, AccumulatorColumns, AggregateInputs, ColumnPlace } from './accumulator.ts';
import { createOrderedRecords } from './records.ts';

const numbersOf = (columns: AccumulatorColumns, place: number): Float64Array =>
  columns.numbers[place] as Float64Array;
const heapOf = (columns: AccumulatorColumns, place: number): unknown[] => columns.heaps[place] as unknown[];

const nothing = (value: unknown): boolean => value === undefined || value === null;

/** Keeps one value and its arrival number; `wins` says whether an arrival replaces the one kept. */
const createEnd = (
  { number, heap }: ColumnPlace,
  none: number,
  wins: (arrival: number, kept: number) => boolean,
): Accumulator => ({
  initialNumbers: [none],
  hasHeap: true,
  reads: 'values',
  mergesInAnyOrder: false,
  update: (columns, { rows, positions, from, to }, { values, arrival }) => {
    const arrivals = numbersOf(columns, number);
    const kept = heapOf(columns, heap);
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      const value = values[position];
      const row = rows[j]!;
      if (nothing(value) || !wins(arrival + position, arrivals[row]!)) continue;
      arrivals[row] = arrival + position;
      kept[row] = value;
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const arrivals = numbersOf(target, number);
    const kept = heapOf(target, heap);
    const sourceArrivals = numbersOf(source, number);
    const sourceKept = heapOf(source, heap);
    for (let j = 0; j < length; j++) {
      const row = targets[j]!;
      const from = sources[j]!;
      if (!wins(sourceArrivals[from]!, arrivals[row]!)) continue;
      arrivals[row] = sourceArrivals[from]!;
      kept[row] = sourceKept[from];
    }
  },
  result: (columns, row) => heapOf(columns, heap)[row],
});

/** The value of the first record in order of arrival. */
export const createFirst = (place: ColumnPlace): Accumulator =>
  createEnd(place, Infinity, (arrival, kept) => arrival < kept);

/** The value of the last record in order of arrival. */
export const createLast = (place: ColumnPlace): Accumulator =>
  createEnd(place, -1, (arrival, kept) => arrival > kept);

/** All values, in order of arrival. */
export const createCollect = (place: ColumnPlace): Accumulator =>
  createOrderedRecords(place, (value) => !nothing(value));

/** The greatest so far, greatest first; of equal numbers the earlier arrival first. */
interface Ranking {
  readonly numbers: number[];
  readonly arrivals: number[];
  readonly records: unknown[];
}

const insertRanked = (
  ranking: Ranking,
  limit: number,
  number: number,
  arrival: number,
  record: unknown,
): void => {
  const { numbers, arrivals, records } = ranking;
  let place = numbers.length;
  while (place > 0) {
    const before = numbers[place - 1]!;
    if (before > number || (before === number && arrivals[place - 1]! < arrival)) break;
    place--;
  }
  if (place >= limit) return;
  if (numbers.length === limit) {
    numbers.pop();
    arrivals.pop();
    records.pop();
  }
  numbers.splice(place, 0, number);
  arrivals.splice(place, 0, arrival);
  records.splice(place, 0, record);
};

const rankingOf = (kept: unknown[], row: number): Ranking => {
  kept[row] ??= { numbers: [], arrivals: [], records: [] } satisfies Ranking;
  return kept[row] as Ranking;
};

const rank = (
  kept: unknown[],
  row: number,
  limit: number,
  position: number,
  inputs: AggregateInputs,
): void => {
  const number = inputs.numbers[position]!;
  if (Number.isNaN(number)) return;
  insertRanked(rankingOf(kept, row), limit, number, inputs.arrival + position, inputs.records[position]);
};

/** The records with the `limit` greatest numbers. NaN is not compared. */
export const createTopN = ({ heap }: ColumnPlace, limit: number): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'rankedRecords',
  mergesInAnyOrder: false,
  update: (columns, { rows, positions, from, to }, inputs) => {
    const kept = heapOf(columns, heap);
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      if (inputs.present === undefined || inputs.present[position] === 1) {
        rank(kept, rows[j]!, limit, position, inputs);
      }
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const kept = heapOf(target, heap);
    const others = heapOf(source, heap);
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!] as Ranking | undefined;
      if (other === undefined) continue;
      const ranking = rankingOf(kept, targets[j]!);
      for (let i = 0; i < other.numbers.length; i++) {
        insertRanked(ranking, limit, other.numbers[i]!, other.arrivals[i]!, other.records[i]);
      }
    }
  },
  result: (columns, row) => (heapOf(columns, heap)[row] as Ranking | undefined)?.records.slice() ?? [],
});
