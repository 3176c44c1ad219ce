import { describe, expect, it } from 'vitest';
import { approximateCountDistinct, quantiles } from '../../../src/api/aggregates.ts';
import { hashNumber } from '../../../src/batch/hash.ts';
import {
  addHash,
  estimateDistinct,
  mergeSketches,
  type Sketch,
} from '../../../src/transforms/aggregation/hyper-log-log.ts';
import { Bench } from './support.ts';

const sketchOf = (from: number, to: number): Sketch => {
  let sketch: Sketch = [];
  for (let i = from; i < to; i++) sketch = addHash(sketch, hashNumber(i));
  return sketch;
};

describe('the estimate of how many are distinct', () => {
  it.each([0, 1, 2, 10, 100])('is exact for %i', (n) => {
    expect(estimateDistinct(sketchOf(0, n))).toBe(n);
  });

  it.each([300, 1000, 5000, 20_000, 100_000, 1_000_000])(
    'is within 5 percent of %i, three standard errors',
    (n) => {
      expect(Math.abs(estimateDistinct(sketchOf(0, n)) - n) / n).toBeLessThan(0.05);
    },
  );

  it('has the error it should have over many sets', () => {
    const errors = Array.from(
      { length: 60 },
      (_, set) => estimateDistinct(sketchOf(set * 1e6, set * 1e6 + 10_000)) / 10_000 - 1,
    );
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(spread).toBeLessThan(0.022);
    expect(Math.abs(bias)).toBeLessThan(0.008);
  });

  it('does not grow with repetition', () => {
    let sketch = sketchOf(0, 3000);
    const once = estimateDistinct(sketch);
    for (let i = 0; i < 3000; i++) sketch = addHash(sketch, hashNumber(i));
    expect(estimateDistinct(sketch)).toBe(once);
  });

  it('of a union is that of one sketch, whether lists or bytes are merged', () => {
    for (const [left, right] of [
      [50, 60],
      [50, 9000],
      [9000, 60],
      [9000, 20_000],
    ] as const) {
      const merged = mergeSketches(sketchOf(0, left), sketchOf(left - 10, left - 10 + right));
      expect(estimateDistinct(merged)).toBe(estimateDistinct(sketchOf(0, left - 10 + right)));
    }
  });

  it('takes 4 KiB a key at most, and little for few', () => {
    expect(sketchOf(0, 100).length).toBeLessThanOrEqual(100);
    expect(sketchOf(0, 1_000_000)).toHaveLength(4096);
  });

  it('tells apart what the value domain tells apart', () => {
    const values = [1, '1', 1n, true, 0, -0, [1], [1], { a: 1 }];
    const bench = new Bench({ about: approximateCountDistinct((value: unknown) => value) });
    bench.add(
      values,
      values.map(() => 0),
    );
    expect(bench.result()).toEqual({ about: 7 });
  });
});

describe('quantiles', () => {
  const which = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1];
  const exact = (values: readonly number[], quantile: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor(quantile * (values.length - 1))]!;
  let state = 7;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };

  it.each<[string, () => number]>([
    ['uniform', () => random() * 1000],
    ['exponential', () => -Math.log(random()) * 5],
    ['over many orders of magnitude', () => 10 ** (random() * 200 - 100)],
    ['below and above zero', () => (random() - 0.5) * 1e6],
    ['with many zeros', () => (random() < 0.5 ? 0 : random() * 10)],
  ])('of numbers %s are within 1 percent', (_, draw) => {
    const values = Array.from({ length: 5000 }, draw);
    const bench = new Bench({ spread: quantiles((n: number) => n, which) });
    bench.add(
      values,
      values.map((_value, i) => i % 3),
    );
    bench.merge(0, 1).merge(0, 2);
    const found = bench.result()['spread'] as number[];
    which.forEach((quantile, i) => {
      const right = exact(values, quantile);
      expect(Math.abs(found[i]! - right)).toBeLessThanOrEqual(Math.abs(right) * 0.0101);
    });
  });

  it('keep to the numbers seen, infinite ones too', () => {
    const bench = new Bench({ spread: quantiles((n: number) => n, [0, 0.5, 1]) });
    bench.add([-Infinity, 5, Infinity], [0, 0, 0]);
    expect(bench.result()['spread']).toEqual([-Infinity, expect.closeTo(5, 1), Infinity]);
    expect(new Bench({ spread: quantiles((n: number) => n, [0, 1]) }).add([7], [0]).result()).toEqual({
      spread: [7, 7],
    });
  });
});
