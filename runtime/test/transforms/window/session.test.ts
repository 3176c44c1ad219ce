import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAll, count, first, last, sum } from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { session } from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import {
  advanceClock,
  advanceWatermark,
  batchOf,
  drive,
  type FakeContext,
  fakeContext,
  finish,
  type RecordIn,
} from '../support.ts';
import { type ModelWindow, sorted, WindowModel } from './model.ts';
import { batchSizes, modelOutput, processorOutput, type StreamRecord, streams } from './streams.ts';

const start = (
  rest: Partial<WindowSettings> = {},
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy, nowMs: 1000 });
  const window: WindowSettings = {
    assigner: session(10),
    allowedLatenessMs: 0,
    aggregation: { kind: 'builtIn', aggregates: { records: count() } },
    keyed: true,
    ...rest,
  };
  return { context, processor: createWindowProcessor({ kind: 'window', window }, context) };
};

const at = (timestampMs: number, value: unknown = timestampMs, key: unknown = 'k'): RecordIn => ({
  value,
  key,
  timestampMs,
});

const spans = (values: readonly unknown[]): string[] =>
  values.map((value) => {
    const { windowStart, windowEnd, records } = value as {
      windowStart: number;
      windowEnd: number;
      records: number;
    };
    return `${windowStart}–${windowEnd}: ${records}`;
  });

const aggregates = {
  records: count(),
  total: sum<StreamRecord>('amount'),
  opening: first((value: StreamRecord) => value.amount),
  closing: last((value: StreamRecord) => value.amount),
  amounts: collectAll((value: StreamRecord) => value.amount),
};

const modelResult = (key: unknown, window: ModelWindow, values: readonly unknown[]): unknown => {
  const amounts = (values as StreamRecord[]).map(({ amount }) => amount);
  return {
    key,
    windowStart: window.startMs,
    windowEnd: window.endMs,
    records: amounts.length,
    total: amounts.reduce((left, right) => left + right, 0),
    opening: amounts[0],
    closing: amounts.at(-1),
    amounts,
  };
};

/** A gap between 5 and 15 ms, by the record. */
const gapOf = (value: unknown): number => 10 + ((value as StreamRecord).amount % 5);

describe('sessions', () => {
  it.each([
    [0, 'fixed'],
    [15, 'fixed'],
    [0, 'dynamic'],
    [15, 'dynamic'],
  ])(
    'give what a plain model gives, however batches are cut, with a lateness of %i ms and a %s gap',
    (latenessMs, gap) => {
      fc.assert(
        fc.property(
          streams(),
          fc.constantFrom(...batchSizes),
          fc.constantFrom(1, 3, Infinity),
          (steps, size, units) => {
            const model = new WindowModel({
              assign: (timeMs, value) => [
                { startMs: timeMs, endMs: timeMs + (gap === 'fixed' ? 10 : gapOf(value)) },
              ],
              merging: true,
              latenessMs,
              result: modelResult,
            });
            const expected = modelOutput(model, steps);
            const { context, processor } = start({
              assigner: session(gap === 'fixed' ? 10 : gapOf),
              allowedLatenessMs: latenessMs,
              lateOutput: 'late',
              aggregation: { kind: 'builtIn', aggregates },
            });
            const output = processorOutput(processor, context, steps, size, units);
            expect(output.map(sorted)).toEqual(expected.map(sorted));
            expect(context.sideOutput('late').values).toEqual(model.late);
          },
        ),
        { numRuns: 80 },
      );
    },
  );

  it('reduce what they hold, with the same result when records fail in between', () => {
    const reduce = (left: unknown, right: unknown): unknown => {
      const [a, b] = [left as StreamRecord, right as StreamRecord];
      if (b.amount < 0) throw new Error('below zero');
      return { key: a.key, amount: a.amount + b.amount };
    };
    fc.assert(
      fc.property(streams(), fc.constantFrom(...batchSizes), (steps, size) => {
        const good = steps.filter(
          (step) => !('record' in step) || (step.record.value as StreamRecord).amount >= 0,
        );
        const failing = start(
          {
            aggregation: {
              kind: 'aggregate',
              aggregate: {
                create: () => ({ amounts: [] as number[] }),
                add: (accumulator, value) => {
                  (accumulator as { amounts: number[] }).amounts.push((value as StreamRecord).amount);
                  if ((value as StreamRecord).amount < 0) throw new Error('below zero');
                  return accumulator;
                },
                merge: (left, right) => ({
                  amounts: [
                    ...(left as { amounts: number[] }).amounts,
                    ...(right as { amounts: number[] }).amounts,
                  ],
                }),
                result: (accumulator) =>
                  (accumulator as { amounts: number[] }).amounts.toSorted((a, b) => a - b),
              },
            },
          },
          'drop',
        );
        const model = new WindowModel({
          assign: (timeMs) => [{ startMs: timeMs, endMs: timeMs + 10 }],
          merging: true,
          result: (_key, _window, values) =>
            (values as StreamRecord[]).map(({ amount }) => amount).toSorted((a, b) => a - b),
        });
        const output = processorOutput(failing.processor, failing.context, steps, size);
        expect(output.map(sorted)).toEqual(modelOutput(model, good).map(sorted));
        const reducing = start({ aggregation: { kind: 'reduce', reduce } });
        expect(() => processorOutput(reducing.processor, reducing.context, good, size)).not.toThrow();
      }),
    );
  });
});

describe('a session', () => {
  it('is extended by each record and ends a gap after the last', () => {
    const { context, processor } = start();
    drive(processor, context, [at(0), at(9), at(15), { watermarkMs: 23 }]);
    expect(context.main.records).toEqual([]);
    advanceWatermark(processor, 24);
    expect(context.main.records).toEqual([
      { value: { key: 'k', windowStart: 0, windowEnd: 25, records: 3 }, timestampMs: 24 },
    ]);
  });

  it('takes a record a millisecond before its end, and none at its end', () => {
    const { context, processor } = start();
    drive(processor, context, [at(0, 0, 'a'), at(9, 0, 'a'), at(0, 0, 'b'), at(10, 0, 'b')]);
    finish(processor);
    expect(spans(context.main.values).sort()).toEqual(['0–10: 1', '0–19: 2', '10–20: 1']);
  });

  it('joins two others when a record comes between them', () => {
    const { context, processor } = start();
    drive(processor, context, [at(0), at(18), at(9)]);
    finish(processor);
    expect(spans(context.main.values)).toEqual(['0–28: 3']);
  });

  it('takes in several at once', () => {
    const { context, processor } = start({ assigner: session((value: number) => value) });
    drive(processor, context, [at(0, 2), at(10, 2), at(20, 2), at(40, 2), at(1, 30)]);
    finish(processor);
    expect(spans(context.main.values)).toEqual(['0–31: 4', '40–42: 1']);
  });

  it('does not take a late record that would be a session of its own, but one that an open session reaches', () => {
    const { context, processor } = start({ lateOutput: 'late' });
    drive(processor, context, [at(20), { watermarkMs: 19 }, at(5), at(12), { watermarkMs: 100 }]);
    expect(context.sideOutput('late').values).toEqual([5]);
    expect(spans(context.main.values)).toEqual(['12–30: 2']);
  });

  it('fires again for each late record within the allowed lateness', () => {
    const { context, processor } = start({ allowedLatenessMs: 20, lateOutput: 'late' });
    drive(processor, context, [at(0), { watermarkMs: 15 }, at(1), at(3), { watermarkMs: 40 }, at(2)]);
    expect(spans(context.main.values)).toEqual(['0–10: 1', '0–11: 2', '0–13: 3']);
    expect(context.sideOutput('late').values).toEqual([2]);
  });

  it('that has fired is reopened by a late record and fires at its new end', () => {
    const { context, processor } = start({ allowedLatenessMs: 50 });
    drive(processor, context, [at(0), { watermarkMs: 9 }, at(8), { watermarkMs: 17 }]);
    expect(spans(context.main.values)).toEqual(['0–10: 1', '0–18: 2']);
  });

  it('goes by the clock in processing time', () => {
    const { context, processor } = start({ assigner: session(10, { time: 'processing' }) });
    processor.process(batchOf([{ value: 1, key: 'k' }]), 0);
    advanceClock(processor, context, 1006);
    processor.process(batchOf([{ value: 1, key: 'k' }]), 0);
    advanceClock(processor, context, 1015);
    expect(context.main.values).toEqual([]);
    advanceClock(processor, context, 1016);
    expect(spans(context.main.values)).toEqual(['1000–1016: 2']);
    processor.process(batchOf([{ value: 1, key: 'k' }]), 0);
    finish(processor);
    expect(spans(context.main.values)).toEqual(['1000–1016: 2', '1016–1026: 1']);
  });

  it('needs no keys', () => {
    const { context, processor } = start({ keyed: false });
    processor.process(
      batchOf([
        { value: 1, timestampMs: 0 },
        { value: 1, timestampMs: 5 },
      ]),
      0,
    );
    finish(processor);
    expect(context.main.values).toEqual([{ windowStart: 0, windowEnd: 15, records: 2 }]);
  });

  it.each([0, -1, Number.NaN, Infinity, 'ten'])('refuses %j as the gap of a record', (gap) => {
    const { processor } = start({ assigner: session(() => gap as number) });
    expect(() => processor.process(batchOf([at(1)]), 0)).toThrow('The gap of a session is');
  });

  it('leaves a record without a gap to the policy', () => {
    const { context, processor } = start({ assigner: session((value: number) => value) }, 'drop');
    processor.process(batchOf([at(1, 5), at(2, -5), { value: 5, key: 'k' }]), 0);
    finish(processor);
    expect(context.failed.map(({ record }) => record)).toEqual([5, -5]);
    expect(spans(context.main.values)).toEqual(['1–6: 1']);
  });
});

describe('memory of sessions', () => {
  it('is given back when they end: a stream of keys that each come once needs room for those open only', () => {
    const { context, processor } = start();
    for (let i = 0; i < 200; i++) {
      processor.process(batchOf(Array.from({ length: 50 }, (_, j) => at(i * 10, 0, i * 50 + j))), 0);
      advanceWatermark(processor, i * 10);
      expect(context.main.take().length).toBe(i === 0 ? 0 : 50);
    }
    const { table } = processor as unknown as {
      table: { numbers: Float64Array[]; index: { rowLimit: number } };
    };
    expect(table.index.rowLimit).toBeLessThanOrEqual(128);
    expect(table.numbers[0]?.length).toBeLessThanOrEqual(256);
  });
});
