import type { Accumulator, AccumulatorColumns, ColumnPlace } from './accumulator.ts';

/** Records with their arrival numbers, where lists of several slices or sessions may have to become one in that order. */
interface OrderedRecords {
  readonly values: unknown[];
  readonly arrivals: number[];
}

const heapOf = (columns: AccumulatorColumns, { heap }: ColumnPlace): unknown[] =>
  columns.heaps[heap] as unknown[];

/** Both lists in order of arrival, as a new one. */
export const mergeByArrival = (left: OrderedRecords, right: OrderedRecords): OrderedRecords => {
  const values: unknown[] = [];
  const arrivals: number[] = [];
  let i = 0;
  let j = 0;
  while (i < left.values.length || j < right.values.length) {
    const takesLeft =
      j >= right.values.length || (i < left.values.length && left.arrivals[i]! < right.arrivals[j]!);
    const from = takesLeft ? left : right;
    const at = takesLeft ? i++ : j++;
    values.push(from.values[at]);
    arrivals.push(from.arrivals[at]!);
  }
  return { values, arrivals };
};

/** Records that all came later than those in the list: slices of time mostly are also slices of arrival. */
const append = (list: OrderedRecords, later: OrderedRecords): void => {
  for (let i = 0; i < later.values.length; i++) {
    list.values.push(later.values[i]);
    list.arrivals.push(later.arrivals[i]!);
  }
};

/** Keeps all records, null and undefined too, in lists that are never merged. */
export const createRecords = (place: ColumnPlace): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'values',
  mergesInAnyOrder: false,
  update: (columns, { rows, positions, from, to }, { values }) => {
    const lists = heapOf(columns, place) as (unknown[] | undefined)[];
    for (let j = from; j < to; j++) {
      const row = rows[j]!;
      const list = lists[row];
      if (list === undefined) lists[row] = [values[positions[j]!]];
      else list.push(values[positions[j]!]);
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const lists = heapOf(target, place) as (unknown[] | undefined)[];
    const others = heapOf(source, place) as (unknown[] | undefined)[];
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!];
      const row = targets[j]!;
      if (other !== undefined) lists[row] = [...(lists[row] ?? []), ...other];
    }
  },
  result: (columns, row) => (heapOf(columns, place)[row] as unknown[] | undefined)?.slice() ?? [],
});

/** Keeps all records that `isKept`, in lists that can be merged in order of arrival. */
export const createOrderedRecords = (
  place: ColumnPlace,
  isKept: (value: unknown) => boolean,
): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'values',
  mergesInAnyOrder: false,
  update: (columns, { rows, positions, from, to }, { values, arrival }) => {
    const lists = heapOf(columns, place) as (OrderedRecords | undefined)[];
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      const value = values[position];
      if (!isKept(value)) continue;
      const row = rows[j]!;
      const list = lists[row];
      if (list === undefined) lists[row] = { values: [value], arrivals: [arrival + position] };
      else {
        list.values.push(value);
        list.arrivals.push(arrival + position);
      }
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const lists = heapOf(target, place) as (OrderedRecords | undefined)[];
    const others = heapOf(source, place) as (OrderedRecords | undefined)[];
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!];
      const row = targets[j]!;
      if (other === undefined) continue;
      const list = lists[row];
      if (list === undefined) lists[row] = { values: other.values.slice(), arrivals: other.arrivals.slice() };
      else if (list.arrivals.at(-1)! < other.arrivals[0]!) append(list, other);
      else lists[row] = mergeByArrival(list, other);
    }
  },
  result: (columns, row) => (heapOf(columns, place)[row] as OrderedRecords | undefined)?.values.slice() ?? [],
});
