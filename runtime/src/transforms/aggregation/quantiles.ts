/**
 * Quantiles by DDSketch (Masson, Rim, Lee 2019): numbers are counted in bins whose borders grow by a constant factor, so
 * that the middle of a bin is within 1 % of every number in it. Bins are a dense run of counts from the lowest bin in use.
 */
import type { Accumulator, AccumulatorColumns, ColumnPlace } from './accumulator.ts';

const relativeError = 0.01;
const growth = (1 + relativeError) / (1 - relativeError);
const logGrowth = Math.log(growth);

/** Counts of bins from number `first` on. */
interface Bins {
  first: number;
  counts: number[];
}

/** A value of the value domain. */
interface QuantileSketch {
  count: number;
  zeros: number;
  minimum: number;
  maximum: number;
  readonly positive: Bins;
  readonly negative: Bins;
}

const emptySketch = (): QuantileSketch => ({
  count: 0,
  zeros: 0,
  minimum: Infinity,
  maximum: -Infinity,
  positive: { first: 0, counts: [] },
  negative: { first: 0, counts: [] },
});

const binOf = (magnitude: number): number =>
  Math.ceil(Math.log(Math.min(magnitude, Number.MAX_VALUE)) / logGrowth);
const middleOf = (bin: number): number => (2 * Math.exp(bin * logGrowth)) / (growth + 1);

const addToBin = (bins: Bins, bin: number, count: number): void => {
  const { counts } = bins;
  if (counts.length === 0) bins.first = bin;
  if (bin < bins.first) {
    bins.counts = [...new Array<number>(bins.first - bin).fill(0), ...counts];
    bins.first = bin;
  }
  const place = bin - bins.first;
  while (bins.counts.length <= place) bins.counts.push(0);
  bins.counts[place]! += count;
};

const addNumber = (sketch: QuantileSketch, value: number): void => {
  if (Number.isNaN(value)) return;
  sketch.count++;
  if (value < sketch.minimum) sketch.minimum = value;
  if (value > sketch.maximum) sketch.maximum = value;
  if (value === 0) sketch.zeros++;
  else if (value > 0) addToBin(sketch.positive, binOf(value), 1);
  else addToBin(sketch.negative, binOf(-value), 1);
};

const mergeBins = (into: Bins, other: Bins): void => {
  for (let i = 0; i < other.counts.length; i++) {
    if (other.counts[i]! > 0) addToBin(into, other.first + i, other.counts[i]!);
  }
};

const mergeQuantiles = (into: QuantileSketch, other: QuantileSketch): void => {
  into.count += other.count;
  into.zeros += other.zeros;
  into.minimum = Math.min(into.minimum, other.minimum);
  into.maximum = Math.max(into.maximum, other.maximum);
  mergeBins(into.positive, other.positive);
  mergeBins(into.negative, other.negative);
};

/** The number below which the part `quantile` of all numbers lies, walking from the most negative bin up. */
const quantileOf = (sketch: QuantileSketch, quantile: number): number => {
  const rank = quantile * (sketch.count - 1);
  const within = (value: number): number => Math.min(Math.max(value, sketch.minimum), sketch.maximum);
  let seen = 0;
  const { negative, positive } = sketch;
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    seen += negative.counts[i]!;
    if (seen > rank) return within(-middleOf(negative.first + i));
  }
  seen += sketch.zeros;
  if (seen > rank) return 0;
  for (let i = 0; i < positive.counts.length; i++) {
    seen += positive.counts[i]!;
    if (seen > rank) return within(middleOf(positive.first + i));
  }
  return sketch.maximum;
};

const sketchesOf = (columns: AccumulatorColumns, place: number): (QuantileSketch | undefined)[] =>
  columns.heaps[place] as (QuantileSketch | undefined)[];

const sketchOf = (sketches: (QuantileSketch | undefined)[], row: number): QuantileSketch => {
  sketches[row] ??= emptySketch();
  return sketches[row];
};

/** Quantiles of numbers, each in 0 … 1; NaN when there is no number. NaN is not counted. */
export const createQuantiles = ({ heap }: ColumnPlace, quantiles: readonly number[]): Accumulator => ({
  initialNumbers: [],
  hasHeap: true,
  reads: 'numbers',
  mergesInAnyOrder: true,
  update: (columns, { rows, positions, from, to }, { numbers, present }) => {
    const sketches = sketchesOf(columns, heap);
    for (let j = from; j < to; j++) {
      const position = positions[j]!;
      if (present === undefined || present[position] === 1) {
        addNumber(sketchOf(sketches, rows[j]!), numbers[position]!);
      }
    }
  },
  merge: (target, source, { targets, sources, length }) => {
    const sketches = sketchesOf(target, heap);
    const others = sketchesOf(source, heap);
    for (let j = 0; j < length; j++) {
      const other = others[sources[j]!];
      if (other !== undefined) mergeQuantiles(sketchOf(sketches, targets[j]!), other);
    }
  },
  result: (columns, row) => {
    const sketch = sketchesOf(columns, heap)[row];
    if (sketch === undefined || sketch.count === 0) return quantiles.map(() => Number.NaN);
    return quantiles.map((quantile) => quantileOf(sketch, quantile));
  },
});
