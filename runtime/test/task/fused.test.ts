import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/batch/batch.ts';
import type { BatchSizes } from '../../src/batch/batch-limit.ts';
import type { FusedStep } from '../../src/batch/plan.ts';
import { FusedProcessor } from '../../src/task/fused.ts';
import { fakeContext } from '../transforms/support.ts';
import { records } from './rig.ts';

/** Runs one step over a batch, and gives the batches that come out. */
const run = (step: FusedStep, batch: Batch, sizes?: BatchSizes, policy: 'fail' | 'drop' = 'fail') => {
  const context = fakeContext({ policy });
  const processor = new FusedProcessor([{ step, lifecycle: undefined, context }], sizes);
  processor.process(batch);
  const made = context.main.batches;
  return { values: context.main.values, lengths: made.map(({ length }) => length), failed: context.failed };
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const map = (mapper: (value: number) => unknown): FusedStep => ({
  kind: 'map',
  function: mapper as (value: unknown) => unknown,
});
const repeat = (times: number): FusedStep => ({
  kind: 'flatMap',
  function: (value, emit) => {
    for (let n = 0; n < times; n++) emit(value);
  },
});

describe('a fused run', () => {
  it('makes one batch of a batch', () => {
    const { values, lengths } = run(
      map((n) => n * 2),
      records(...numbers(2048)),
    );
    expect(lengths).toEqual([2048]);
    expect(values).toEqual(numbers(2048).map((n) => n * 2));
  });

  it('hands on its results when there are many, not only at the end', () => {
    const { values, lengths } = run(repeat(100), records(...numbers(200)));
    expect(values).toEqual(numbers(200).flatMap((n) => new Array<number>(100).fill(n)));
    expect(Math.max(...lengths)).toBeLessThan(2048 + 128 * 100);
    expect(lengths.length).toBeGreaterThan(1);
  });

  it('hands on its results when they are large', () => {
    const { values, lengths } = run(
      map((n) => String(n).repeat(100_000)),
      records(...numbers(500)),
      {
        bytes: 1_000_000,
      },
    );
    expect(values).toHaveLength(500);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40);
  });

  it('gives the same records whatever the sizes of its batches, failing records left out', () => {
    const odd = map((n) => {
      if (n % 7 === 3) throw new Error(`no ${n}`);
      return n;
    });
    const expected = numbers(300).filter((n) => n % 7 !== 3);
    for (const sizes of [{}, { records: 1 }, { records: 10 }, { bytes: 1 }]) {
      const { values, failed } = run(odd, records(...numbers(300)), sizes, 'drop');
      expect(values).toEqual(expected);
      expect(failed.map(({ record }) => record)).toEqual(numbers(300).filter((n) => n % 7 === 3));
    }
  });
});
