import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAll, count, sum } from '../../../src/api/aggregates.ts';
import type { WindowAggregation, WindowSettings } from '../../../src/api/transform.ts';
import { session, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, type FakeContext, fakeContext } from '../support.ts';
import { sorted } from './model.ts';
import { batchSizes, processorOutput, type Step, type StreamRecord, streams } from './streams.ts';

const start = (
  rest: Partial<WindowSettings>,
  policy: 'fail' | 'drop',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy });
  const window: WindowSettings = {
    assigner: tumbling(20),
    allowedLatenessMs: 0,
    aggregation: { kind: 'builtIn', aggregates: { records: count() } },
    keyed: true,
    ...rest,
  };
  return { context, processor: createWindowProcessor({ kind: 'window', window }, context) };
};

const isBad = (value: unknown): boolean => (value as StreamRecord).amount < -5;

/** Gives the amount of a record that is not bad. */
const amountOf = (value: StreamRecord): number => {
  if (isBad(value)) throw new Error('bad');
  return value.amount;
};

const aggregations: readonly (readonly [string, WindowAggregation])[] = [
  [
    'built-in aggregates that read by a function',
    {
      kind: 'builtIn',
      aggregates: {
        records: count(),
        total: sum(amountOf),
        all: collectAll((value: StreamRecord) => value.amount),
      },
    },
  ],
  [
    'an aggregate that changes its accumulator before it fails',
    {
      kind: 'aggregate',
      aggregate: {
        create: () => ({ amounts: [] }),
        add: (accumulator, value) => {
          const { amounts } = accumulator as { amounts: number[] };
          amounts.push((value as StreamRecord).amount);
          amountOf(value as StreamRecord);
          return accumulator;
        },
        merge: (left, right) => ({
          amounts: [...(left as { amounts: number[] }).amounts, ...(right as { amounts: number[] }).amounts],
        }),
        result: (accumulator) => (accumulator as { amounts: number[] }).amounts.toSorted((a, b) => a - b),
      },
    },
  ],
  [
    'a reduce',
    {
      kind: 'reduce',
      reduce: (left, right) => ({
        key: (left as StreamRecord).key,
        amount: (left as StreamRecord).amount + amountOf(right as StreamRecord),
      }),
    },
  ],
];

const assigners: readonly (readonly [string, WindowAssigner])[] = [
  ['tumbling', tumbling(20)],
  ['sliding', sliding(20, 5)],
  ['session', session(10)],
];

describe.each(assigners)('%s windows', (_, assigner) => {
  it.each(aggregations)('leave nothing of records that fail in %s', (name, aggregation) => {
    fc.assert(
      fc.property(
        streams(),
        fc.constantFrom(...batchSizes),
        fc.constantFrom(0, 10),
        (steps, size, allowedLatenessMs) => {
          // A reduce is not called for the first record of a window, so a bad one would be its accumulator.
          const fit = name === 'a reduce' ? withGoodFirst(steps) : steps;
          const good = fit.filter((step) => !('record' in step) || !isBad(step.record.value));
          const settings = { assigner, aggregation, allowedLatenessMs };
          const dropping = start(settings, 'drop');
          const output = processorOutput(dropping.processor, dropping.context, fit, size);
          const clean = start(settings, 'fail');
          expect(output.map(sorted)).toEqual(
            processorOutput(clean.processor, clean.context, good, size).map(sorted),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Puts a good record just before each bad one, at the same time and of the same key. */
const withGoodFirst = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => {
    if (!('record' in step) || !isBad(step.record.value)) return [step];
    return [
      { record: { ...step.record, value: { ...(step.record.value as StreamRecord), amount: 1 } } },
      step,
    ];
  });

describe('a record that fails', () => {
  it('fails the job by default, with the error of the function', () => {
    for (const [, aggregation] of aggregations.slice(0, 2)) {
      const { context, processor } = start({ aggregation }, 'fail');
      const value: StreamRecord = { key: 'k', amount: -10 };
      expect(() => drive(processor, context, [{ value, key: 'k', timestampMs: 1 }])).toThrow('bad');
    }
  });

  it('in the result of an aggregate is that window alone', () => {
    const aggregation: WindowAggregation = {
      kind: 'aggregate',
      aggregate: {
        create: () => 0,
        add: (total, value) => (total as number) + (value as number),
        result: (total) => {
          if (total === 3) throw new Error('three');
          return total;
        },
      },
    };
    const { context, processor } = start({ aggregation }, 'drop');
    const at = (timestampMs: number, value: number) => ({ value, key: 'k', timestampMs });
    drive(processor, context, [at(1, 1), at(2, 2), at(21, 5), { watermarkMs: 100 }]);
    expect(context.main.values).toEqual([5]);
    expect(context.failed.map(({ record }) => record)).toEqual([3]);
  });

  it('without a merge in sessions that become one says what is missing', () => {
    const aggregation: WindowAggregation = {
      kind: 'aggregate',
      aggregate: {
        create: () => 0,
        add: (total, value) => (total as number) + (value as number),
        result: (total) => total,
      },
    };
    const { context, processor } = start({ assigner: session(10), aggregation }, 'fail');
    const at = (timestampMs: number) => ({ value: 1, key: 'k', timestampMs });
    expect(() => drive(processor, context, [at(1), at(19), at(10)])).toThrow('has no merge');
    const dropping = start({ assigner: session(10), aggregation }, 'drop');
    drive(dropping.processor, dropping.context, [at(1), at(19), at(10), { watermarkMs: 100 }]);
    expect(dropping.context.main.values).toEqual([1, 1]);
  });
});
