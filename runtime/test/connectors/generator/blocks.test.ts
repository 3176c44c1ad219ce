import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceReaderContext } from '../../../src/api/connectors.ts';
import { Batch } from '../../../src/batch/batch.ts';
import {
  createBlockReader,
  createRowMaker,
  type GeneratorSplit,
  indexOf,
} from '../../../src/connectors/generator/blocks.ts';
import { Pace } from '../../../src/connectors/generator/pace.ts';
import { TestSystem } from '../support/test-system.ts';

const splitOf = (
  first: number,
  step: number,
  blockRecords: number,
  position: number = 0,
): GeneratorSplit => ({
  id: `blocks-${first}`,
  first,
  step,
  blockRecords,
  position,
});

describe('the numbers of a split', () => {
  it('are dealt in blocks, so that all splits together have each number once', () => {
    const sizes = {
      step: fc.integer({ min: 1, max: 6 }),
      blockRecords: fc.integer({ min: 1, max: 9 }),
      rounds: fc.integer({ min: 1, max: 5 }),
    };
    const property = fc.property(fc.record(sizes), ({ step, blockRecords, rounds }) => {
      const numbers: number[] = [];
      for (let first = 0; first < step; first++) {
        const split = splitOf(first, step, blockRecords);
        for (let position = 0; position < rounds * blockRecords; position++)
          numbers.push(indexOf(split, position));
      }
      expect(numbers.sort((a, b) => a - b)).toEqual(
        Array.from({ length: step * rounds * blockRecords }, (_, i) => i),
      );
    });
    fc.assert(property, { seed: 1 });
  });

  it('only grow while it is read', () => {
    const split = splitOf(2, 3, 4);
    const numbers = Array.from({ length: 12 }, (_, position) => indexOf(split, position));
    expect(numbers).toEqual([8, 9, 10, 11, 20, 21, 22, 23, 32, 33, 34, 35]);
  });

  it('stay exact far beyond 2^32', () => {
    const split = splitOf(1, 2, 2048);
    expect(indexOf(split, 2 ** 45 + 5)).toBe(2 ** 46 + 2048 + 5);
  });
});

describe('reading a split of a generator', () => {
  const read = (split: GeneratorSplit, limits: { count?: number; recordsPerSecond?: number }) => {
    const test = new TestSystem();
    const ranges: [from: number, count: number][] = [];
    let released = false;
    let wakes = 0;
    const context = {
      system: test.system,
      wake: () => wakes++,
      split: () => ({ emitBatch: () => {}, release: () => (released = true) }),
    } as unknown as SourceReaderContext<unknown>;
    const make = (from: number, count: number): Batch => {
      ranges.push([from, count]);
      return Batch.ofRows(new Array(count).fill(0), new Float64Array(count));
    };
    const reader = createBlockReader(split, limits, make, context);
    return { test, reader, ranges, released: () => released, wakes: () => wakes };
  };

  it('makes a block a poll and ends at the count, in the middle of a block or between', () => {
    for (const [count, expected] of [
      [
        10,
        [
          [0, 4],
          [8, 2],
        ],
      ],
      [8, [[0, 4]]],
      [3, [[0, 3]]],
      [0, []],
    ] as const) {
      const { reader, ranges } = read(splitOf(0, 2, 4), { count });
      for (let i = 0; i < 5 && reader.poll() !== 'end'; i++);
      expect(ranges).toEqual(expected);
    }
  });

  it('goes on from its position', () => {
    const { reader, ranges } = read(splitOf(0, 2, 4, 6), { count: 20 });
    expect(reader.snapshot()).toEqual(splitOf(0, 2, 4, 6));
    reader.poll();
    expect(ranges).toEqual([[10, 2]]);
    expect(reader.snapshot()).toEqual(splitOf(0, 2, 4, 8));
  });

  it('waits with one timer, which wakes it when a record is due and is gone when it is closed', () => {
    const { test, reader, ranges, wakes, released } = read(splitOf(0, 1, 1), { recordsPerSecond: 10 });
    expect([reader.poll(), reader.poll()]).toEqual(['waiting', 'waiting']);
    expect(test.manual.pendingTimers).toBe(1);
    test.manual.advance(99);
    expect(wakes()).toBe(0);
    test.manual.advance(1);
    expect(wakes()).toBe(1);
    expect(reader.poll()).toBe('more');
    expect(reader.poll()).toBe('waiting');
    expect(ranges).toEqual([[0, 1]]);
    reader.close();
    expect([test.manual.pendingTimers, released()]).toEqual([0, true]);
  });
});

describe('the maker of rows', () => {
  it('calls the function once a record, with its number', () => {
    const calls: number[] = [];
    const make = createRowMaker({ generate: (index) => calls.push(index) });
    expect(make(5, 3).rows()).toEqual([1, 2, 3]);
    expect(calls).toEqual([5, 6, 7]);
  });

  it('makes the same records whatever the blocks', () => {
    const make = createRowMaker({ seed: 9, generate: (_, random) => [random.next(), random.next()] });
    const whole = make(100, 20).rows();
    expect([...make(100, 7).rows(), ...make(107, 13).rows()]).toEqual(whole);
  });
});

describe('the pace', () => {
  it('has a record due at its time and not before, at any rate', () => {
    const property = fc.property(
      fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      fc.nat(1e6),
      fc.nat(1e9),
      (rate, records, startMs) => {
        const pace = new Pace(rate, 0, startMs);
        const dueMs = pace.timeOf(records);
        expect(pace.dueAt(dueMs + 1e-3)).toBeGreaterThanOrEqual(records);
        if (rate < 100) expect(pace.dueAt(dueMs - 1)).toBeLessThan(records);
      },
    );
    fc.assert(property, { seed: 2 });
  });

  it('counts what was produced before', () => {
    const pace = new Pace(1000, 500, 10_000);
    expect([pace.dueAt(10_000), pace.dueAt(10_250)]).toEqual([500, 750]);
  });
});
