import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/telemetry/histogram.ts';

fc.configureGlobal({ seed: 20_011 });

const recorded = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** The value at a rank of the sorted values: what a histogram approximates. */
const exactQuantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
};

/** Values inside of the range in which a histogram tells values apart. */
const ordinary = fc.oneof(
  fc.double({ min: 2 ** -10, max: 2 ** 39, noNaN: true }),
  fc.integer({ min: 1, max: 100_000 }),
  fc.constantFrom(2 ** -10, 0.5, 1, 2, 3, 15.999, 16, 1024, 2 ** 39),
);

const anything = fc.oneof(ordinary, fc.double(), fc.constantFrom(0, -0, -1, Infinity, -Infinity, NaN));

describe('the quantiles of a histogram', () => {
  it('are off by at most a thirty-second of the value', () => {
    fc.assert(
      fc.property(
        fc.array(ordinary, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.01, 0.25, 0.5, 0.9, 0.99, 0.999),
        (values, q) => {
          const exact = exactQuantile(values, q);
          expect(Math.abs(recorded(values).quantile(q) - exact)).toBeLessThanOrEqual(exact / 32 + 1e-12);
        },
      ),
    );
  });

  it('never lie outside of what was recorded', () => {
    fc.assert(
      fc.property(
        fc.array(anything, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const numbers = values.filter((value) => !Number.isNaN(value));
          if (numbers.length === 0) return;
          const quantile = recorded(values).quantile(q);
          expect(quantile).toBeGreaterThanOrEqual(Math.min(...numbers));
          expect(quantile).toBeLessThanOrEqual(Math.max(...numbers));
        },
      ),
    );
  });

  it('do not fall as the share rises', () => {
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1 }), (values) => {
        const histogram = recorded(values);
        const quantiles = Array.from({ length: 21 }, (_, step) => histogram.quantile(step / 20));
        for (const [place, quantile] of quantiles.entries()) {
          if (place > 0 && histogram.count > 0)
            expect(quantile).toBeGreaterThanOrEqual(quantiles[place - 1]!);
        }
      }),
    );
  });

  it('are exact at both ends, and for a single value everywhere', () => {
    const histogram = recorded([7.3, 1000.1, 42]);
    expect(histogram.quantile(0)).toBe(7.3);
    expect(histogram.quantile(1)).toBe(1000.1);
    for (const q of [0, 0.1, 0.5, 0.99, 1]) expect(recorded([12.34]).quantile(q)).toBe(12.34);
  });

  it('take shares outside of 0 to 1 as the nearest end', () => {
    const histogram = recorded([1, 2, 3]);
    expect(histogram.quantile(-1)).toBe(1);
    expect(histogram.quantile(2)).toBe(3);
  });

  it('are not numbers before anything was recorded', () => {
    expect(new Histogram().quantile(0.5)).toBeNaN();
  });

  it('find the slow one in a hundred', () => {
    const histogram = recorded([
      ...Array.from({ length: 985 }, () => 10),
      ...Array.from({ length: 15 }, () => 1000),
    ]);
    const { p50, p90, p99 } = histogram.summary();
    expect([p50, p90].map((value) => Math.round(value))).toEqual([10, 10]);
    expect(p99).toBeCloseTo(1000, -2);
  });
});

describe('what a histogram records', () => {
  it('has an exact count, sum, minimum and maximum', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1 }), (values) => {
        const { count, sum, minimum, maximum } = recorded(values).data();
        expect(count).toBe(values.length);
        expect(sum).toBe(values.reduce((total, value) => total + value, 0));
        expect(minimum).toBe(Math.min(...values));
        expect(maximum).toBe(Math.max(...values));
      }),
    );
  });

  it('keeps no NaN', () => {
    const histogram = recorded([NaN, 1, NaN]);
    expect(histogram.count).toBe(1);
    expect(histogram.data()).toEqual(recorded([1]).data());
  });

  it('puts zero, negative and tiny numbers below everything else', () => {
    const histogram = recorded([0, -5, -0, 1e-9, 100]);
    expect(histogram.data().buckets[0]).toEqual([0, 4]);
    expect(histogram.quantile(0.5)).toBeLessThan(1);
    expect(histogram.quantile(0)).toBe(-5);
  });

  it('keeps apart what is beyond its range from all that is in it', () => {
    const histogram = recorded([2 ** 50, Infinity, 5]);
    expect(histogram.quantile(1)).toBe(Infinity);
    expect(histogram.quantile(0.5)).toBeGreaterThan(2 ** 40);
    expect(histogram.data().buckets).toHaveLength(2);
  });

  it('lies in the bucket of its octave and sixteenth', () => {
    const bucketOf = (value: number): number => recorded([value]).data().buckets[0]![0];
    expect(bucketOf(2 ** -10)).toBe(1);
    expect(bucketOf(1)).toBe(161);
    expect(bucketOf(1 + 1 / 16)).toBe(162);
    expect(bucketOf(1 + 1 / 16 - 1e-9)).toBe(161);
    expect(bucketOf(2)).toBe(177);
    expect(bucketOf(2 ** 40 - 1)).toBe(800);
    expect(bucketOf(2 ** 40)).toBe(801);
  });

  it('takes no more memory for a million values than for one', () => {
    const histogram = new Histogram();
    for (let value = 0; value < 1_000_000; value++) histogram.record(value * 1.37);
    expect(histogram.count).toBe(1_000_000);
    expect(histogram.data().buckets.length).toBeLessThanOrEqual(802);
  });

  it('is summed up as nothing when nothing was recorded', () => {
    const { count, ...others } = new Histogram().summary();
    expect(count).toBe(0);
    for (const value of Object.values(others)) expect(value).toBeNaN();
  });

  it('is summed up with its mean', () => {
    expect(recorded([1, 2, 3, 10]).summary()).toMatchObject({ count: 4, minimum: 1, mean: 4, maximum: 10 });
  });
});

describe('adding histograms up', () => {
  it('is the same as recording all values in one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -10, max: 5000 })),
        fc.array(fc.integer({ min: 0, max: 99 })),
        (a, b) => {
          const together = recorded(a);
          together.add(recorded(b).data());
          expect(together.data()).toEqual(recorded([...a, ...b]).data());
        },
      ),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(1000)), { maxLength: 5 }), (parts) => {
        const forwards = new Histogram();
        const backwards = new Histogram();
        for (const part of parts) forwards.add(recorded(part).data());
        for (const part of parts.toReversed()) backwards.add(recorded(part).data());
        expect(forwards.data()).toEqual(backwards.data());
      }),
    );
  });

  it('leaves a histogram as it is when the other is empty', () => {
    const histogram = recorded([1, 2]);
    histogram.add(new Histogram().data());
    expect(histogram.data()).toEqual(recorded([1, 2]).data());
  });

  it('survives the way through structured clone and JSON', () => {
    const histogram = recorded([0.1, 5, 5, 70_000]);
    expect(Histogram.from(structuredClone(histogram.data())).summary()).toEqual(histogram.summary());
    const parsed = JSON.parse(JSON.stringify(histogram.data())) as ReturnType<Histogram['data']>;
    expect(Histogram.from(parsed).data()).toEqual(histogram.data());
  });

  it('hands out data that later values do not change', () => {
    const histogram = recorded([1]);
    const data = histogram.data();
    histogram.record(2);
    expect(data).toEqual(recorded([1]).data());
  });
});
