import type { Accumulator, AccumulatorColumns, ColumnPlace } from './accumulator.ts';

const numbersOf = (columns: AccumulatorColumns, place: number): Float64Array =>
  columns.numbers[place] as Float64Array;

/** How many records. */
export const createCount = ({ number: place }: ColumnPlace): Accumulator => ({
  initialNumbers: [0],
  hasHeap: false,
  reads: 'nothing',
  countsRecords: true,
  mergesInAnyOrder: true,
  update: (columns, { rows, from, to }) => {
    const counts = numbersOf(columns, place);
    for (let j = from; j < to; j++) counts[rows[j]!]! += 1;
  },
  merge: (target, source, { targets, sources, length }) => {
    const into = numbersOf(target, place);
    const counts = numbersOf(source, place);
    for (let j = 0; j < length; j++) into[targets[j]!]! += counts[sources[j]!]!;
  },
  result: (columns, row) => numbersOf(columns, place)[row],
  numberResults: (columns, rows, length, target, at) => {
    const counts = numbersOf(columns, place);
    for (let j = 0; j < length; j++) target[at + j] = counts[rows[j]!]!;
  },
});

/**
 * Adds with the rounding error kept in a second column (Neumaier's sum by Knuth's exact two-sum), so that it does not show
 * in which order, slices, batches or phases the numbers were added.
 */
const addExactly = (sums: Float64Array, errors: Float64Array, row: number, value: number): void => {
  const sum = sums[row]!;
  const total = sum + value;
  const part = total - sum;
  errors[row]! += sum - (total - part) + (value - part);
  sums[row] = total;
};

/** Infinite sums have no rounding error worth a name. */
const exactSum = (sum: number, error: number): number => (Number.isFinite(sum) ? sum + error : sum);

const updateSums = (
  sums: Float64Array,
  errors: Float64Array,
  selection: {
    readonly rows: Int32Array;
    readonly positions: Int32Array;
    readonly from: number;
    readonly to: number;
  },
  values: Float64Array,
  present: Uint8Array | undefined,
): void => {
  const { rows, positions, from, to } = selection;
  for (let j = from; j < to; j++) {
    const position = positions[j]!;
    if (present === undefined || present[position] === 1)
      addExactly(sums, errors, rows[j]!, values[position]!);
  }
};

const mergeSums = (
  place: number,
  target: AccumulatorColumns,
  source: AccumulatorColumns,
  pairs: { readonly targets: Int32Array; readonly sources: Int32Array; readonly length: number },
): void => {
  const sums = numbersOf(target, place);
  const errors = numbersOf(target, place + 1);
  const sourceSums = numbersOf(source, place);
  const sourceErrors = numbersOf(source, place + 1);
  for (let j = 0; j < pairs.length; j++) {
    const row = pairs.targets[j]!;
    const from = pairs.sources[j]!;
    addExactly(sums, errors, row, sourceSums[from]!);
    errors[row]! += sourceErrors[from]!;
  }
};

/** Sum of numbers; 0 when there is none. Columns: sum, rounding error. */
export const createSum = ({ number: place }: ColumnPlace): Accumulator => ({
  initialNumbers: [0, 0],
  hasHeap: false,
  reads: 'numbers',
  mergesInAnyOrder: true,
  update: (columns, selection, inputs) =>
    updateSums(
      numbersOf(columns, place),
      numbersOf(columns, place + 1),
      selection,
      inputs.numbers,
      inputs.present,
    ),
  merge: (target, source, pairs) => mergeSums(place, target, source, pairs),
  result: (columns, row) => exactSum(numbersOf(columns, place)[row]!, numbersOf(columns, place + 1)[row]!),
  numberResults: (columns, rows, length, target, at) => {
    const sums = numbersOf(columns, place);
    const errors = numbersOf(columns, place + 1);
    for (let j = 0; j < length; j++) target[at + j] = exactSum(sums[rows[j]!]!, errors[rows[j]!]!);
  },
});

/** Mean of numbers; NaN when there is none. Columns: sum, rounding error, count. */
export const createAverage = ({ number: place }: ColumnPlace): Accumulator => ({
  initialNumbers: [0, 0, 0],
  hasHeap: false,
  reads: 'numbers',
  mergesInAnyOrder: true,
  update: (columns, selection, { numbers, present }) => {
    updateSums(numbersOf(columns, place), numbersOf(columns, place + 1), selection, numbers, present);
    const counts = numbersOf(columns, place + 2);
    const { rows, positions, from, to } = selection;
    for (let j = from; j < to; j++) {
      if (present === undefined || present[positions[j]!] === 1) counts[rows[j]!]! += 1;
    }
  },
  merge: (target, source, pairs) => {
    mergeSums(place, target, source, pairs);
    const into = numbersOf(target, place + 2);
    const counts = numbersOf(source, place + 2);
    for (let j = 0; j < pairs.length; j++) into[pairs.targets[j]!]! += counts[pairs.sources[j]!]!;
  },
  result: (columns, row) =>
    exactSum(numbersOf(columns, place)[row]!, numbersOf(columns, place + 1)[row]!) /
    numbersOf(columns, place + 2)[row]!,
  numberResults: (columns, rows, length, target, at) => {
    const sums = numbersOf(columns, place);
    const errors = numbersOf(columns, place + 1);
    const counts = numbersOf(columns, place + 2);
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      target[at + j] = exactSum(sums[row]!, errors[row]!) / counts[row]!;
    }
  },
});

/** An extreme keeps NaN while there is none, and so never takes a NaN in. It is kept as 0 where it is −0, which is equal. */
const createExtreme = (
  place: number,
  update: (extremes: Float64Array, row: number, value: number) => void,
): Accumulator => ({
  initialNumbers: [Number.NaN],
  hasHeap: false,
  reads: 'numbers',
  mergesInAnyOrder: true,
  update: (columns, { rows, positions, from, to }, { numbers, present }) => {
    const extremes = numbersOf(columns, place);
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      if (present === undefined || present[position] === 1) update(extremes, rows[j]!, numbers[position]!);
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const into = numbersOf(target, place);
    const extremes = numbersOf(source, place);
    for (let j = 0; j < length; j++) update(into, targets[j]!, extremes[sources[j]!]!);
  },
  result: (columns, row) => {
    const extreme = numbersOf(columns, place)[row]!;
    return Number.isNaN(extreme) ? undefined : extreme;
  },
  numberResults: (columns, rows, length, target, at) => {
    const extremes = numbersOf(columns, place);
    for (let j = 0; j < length; j++) target[at + j] = extremes[rows[j]!]!;
  },
  noneIsNaN: true,
});

const lower = (extremes: Float64Array, row: number, value: number): void => {
  const extreme = extremes[row]!;
  if (value < extreme || (Number.isNaN(extreme) && !Number.isNaN(value))) extremes[row] = value + 0;
};

const raise = (extremes: Float64Array, row: number, value: number): void => {
  const extreme = extremes[row]!;
  if (value > extreme || (Number.isNaN(extreme) && !Number.isNaN(value))) extremes[row] = value + 0;
};

/** Least number; undefined when there is none. NaN is not compared. */
export const createMinimum = ({ number: place }: ColumnPlace): Accumulator => createExtreme(place, lower);

/** Greatest number; undefined when there is none. NaN is not compared. */
export const createMaximum = ({ number: place }: ColumnPlace): Accumulator => createExtreme(place, raise);
