import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  average,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  minimum,
  sum,
} from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { cumulative, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { advanceClock, advanceWatermark, batchOf, drive, fakeContext, finish } from '../support.ts';
import { type ModelWindow, sorted, WindowModel } from './model.ts';
import { batchSizes, modelOutput, processorOutput, type StreamRecord, streams } from './streams.ts';

const windowOf = (assigner: WindowAssigner, rest: Partial<WindowSettings> = {}) => ({
  kind: 'window' as const,
  window: {
    assigner,
    allowedLatenessMs: 0,
    aggregation: { kind: 'builtIn' as const, aggregates: { records: count() } },
    keyed: true,
    ...rest,
  },
});

const aggregates = {
  records: count(),
  total: sum<StreamRecord>('amount'),
  mean: average<StreamRecord>('amount'),
  least: minimum<StreamRecord>('amount'),
  most: maximum<StreamRecord>('amount'),
  distinct: countDistinct<StreamRecord>('amount'),
  opening: first((value: StreamRecord) => value.amount),
  closing: last((value: StreamRecord) => value.amount),
  amounts: collectAll((value: StreamRecord) => value.amount),
};

const modelResult = (key: unknown, window: ModelWindow, values: readonly unknown[]): unknown => {
  const amounts = (values as StreamRecord[]).map(({ amount }) => amount);
  const total = amounts.reduce((left, right) => left + right, 0);
  return {
    key,
    windowStart: window.startMs,
    windowEnd: window.endMs,
    records: amounts.length,
    total,
    mean: total / amounts.length,
    least: Math.min(...amounts),
    most: Math.max(...amounts),
    distinct: new Set(amounts).size,
    opening: amounts[0],
    closing: amounts.at(-1),
    amounts,
  };
};

/** The windows of an instant, found by looking at all that could be: slow and obviously right. */
const windowsBySearch = (assigner: WindowAssigner, timeMs: number): ModelWindow[] => {
  if (assigner.kind !== 'tumbling' && assigner.kind !== 'sliding' && assigner.kind !== 'cumulative')
    return [];
  const { sizeMs, slideMs, offsetMs } = assigner;
  const found: ModelWindow[] = [];
  const firstMs = Math.floor((timeMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
  if (assigner.kind === 'cumulative') {
    for (let endMs = firstMs + slideMs; endMs <= firstMs + sizeMs; endMs += slideMs) {
      if (timeMs < endMs) found.push({ startMs: firstMs, endMs });
    }
    return found;
  }
  const earliest = Math.floor((timeMs - sizeMs - offsetMs) / slideMs) * slideMs + offsetMs;
  for (let startMs = earliest; startMs <= timeMs; startMs += slideMs) {
    if (timeMs < startMs + sizeMs) found.push({ startMs, endMs: startMs + sizeMs });
  }
  return found;
};

const assigners: readonly (readonly [string, WindowAssigner])[] = [
  ['tumbling', tumbling(20)],
  ['tumbling with an offset', tumbling(20, { offset: 7 })],
  ['sliding', sliding(20, 5)],
  ['sliding with a size that is no multiple of the slide', sliding(20, 8, { offset: 3 })],
  ['sliding with gaps', sliding(5, 12)],
  ['cumulative', cumulative(10, 40, { offset: 4 })],
];

describe.each(assigners)('built-in aggregates over %s windows', (_, assigner) => {
  it.each([0, 15])(
    'give what a plain model gives, however batches are cut, with a lateness of %i ms',
    (latenessMs) => {
      fc.assert(
        fc.property(
          streams(),
          fc.constantFrom(...batchSizes),
          fc.constantFrom(1, 3, Infinity),
          (steps, size, units) => {
            const model = new WindowModel({
              assign: (timeMs) => windowsBySearch(assigner, timeMs),
              latenessMs,
              result: modelResult,
            });
            const expected = modelOutput(model, steps);
            const context = fakeContext();
            const processor = createWindowProcessor(
              windowOf(assigner, {
                allowedLatenessMs: latenessMs,
                lateOutput: 'late',
                aggregation: { kind: 'builtIn', aggregates },
              }),
              context,
            );
            const output = processorOutput(processor, context, steps, size, units);
            expect(output.map(sorted)).toEqual(expected.map(sorted));
            expect(context.sideOutput('late').values).toEqual(model.late);
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('reduce in order of arrival, each window for itself', () => {
    fc.assert(
      fc.property(streams('numbers'), fc.constantFrom(...batchSizes), (steps, size) => {
        const join = (left: unknown, right: unknown): unknown => ({
          key: (left as StreamRecord).key,
          amount: `${(left as StreamRecord).amount} ${(right as StreamRecord).amount}`,
        });
        const model = new WindowModel({
          assign: (timeMs) => windowsBySearch(assigner, timeMs),
          result: (_key, _window, values) => values.reduce(join),
        });
        const context = fakeContext();
        const processor = createWindowProcessor(
          windowOf(assigner, { aggregation: { kind: 'reduce', reduce: join } }),
          context,
        );
        const output = processorOutput(processor, context, steps, size);
        expect(output.map(sorted)).toEqual(modelOutput(model, steps).map(sorted));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a tumbling count', () => {
  const start = (rest: Partial<WindowSettings> = {}, policy: 'fail' | 'drop' = 'fail') => {
    const context = fakeContext({ policy });
    return { context, processor: createWindowProcessor(windowOf(tumbling(10), rest), context) };
  };

  it('fires when the watermark reaches the last instant of the window, stamped with it', () => {
    const { context, processor } = start();
    drive(processor, context, [{ value: 'a', key: 1, timestampMs: 3 }, { watermarkMs: 8 }]);
    expect(context.main.records).toEqual([]);
    advanceWatermark(processor, 9);
    expect(context.main.records).toEqual([
      { value: { key: 1, windowStart: 0, windowEnd: 10, records: 1 }, timestampMs: 9 },
    ]);
  });

  it('fires windows in order of their end, and keys in order of their first record', () => {
    const { context, processor } = start();
    const records = [25, 4, 14, 5, 13].map((timestampMs, i) => ({ value: i, key: `k${i}`, timestampMs }));
    drive(processor, context, [...records, { watermarkMs: 100 }]);
    const ends = context.main.values.map((value) => value as { windowEnd: number; key: string });
    expect(ends.map(({ windowEnd, key }) => `${windowEnd} ${key}`)).toEqual([
      '10 k1',
      '10 k3',
      '20 k2',
      '20 k4',
      '30 k0',
    ]);
  });

  it('takes windows before 1970', () => {
    const { context, processor } = start();
    drive(processor, context, [{ value: 'a', key: 1, timestampMs: -1 }, { watermarkMs: -1 }]);
    expect(context.main.values).toEqual([{ key: 1, windowStart: -10, windowEnd: 0, records: 1 }]);
  });

  it('drops and counts a record whose window is over', () => {
    const { context, processor } = start();
    drive(processor, context, [
      { watermarkMs: 9 },
      { value: 'a', key: 1, timestampMs: 9 },
      { watermarkMs: 100 },
    ]);
    expect(context.main.values).toEqual([]);
  });

  it('refuses a record without event time', () => {
    const { processor } = start();
    expect(() => processor.process(batchOf([{ value: 'a', key: 1 }]), 0)).toThrow('without event time');
  });

  it('leaves a record without event time to the policy and counts the others', () => {
    const { context, processor } = start({}, 'drop');
    processor.process(
      batchOf([
        { value: 'a', key: 1 },
        { value: 'b', key: 1, timestampMs: 2 },
      ]),
      0,
    );
    advanceWatermark(processor, Infinity);
    expect(context.failed.map(({ record }) => record)).toEqual(['a']);
    expect(context.main.values).toEqual([{ key: 1, windowStart: 0, windowEnd: 10, records: 1 }]);
  });

  it('has no key in its results without keys', () => {
    const { context, processor } = start({ keyed: false });
    drive(processor, context, [
      { value: 'a', timestampMs: 3 },
      { value: 'b', timestampMs: 4 },
    ]);
    advanceWatermark(processor, Infinity);
    expect(context.main.values).toEqual([{ windowStart: 0, windowEnd: 10, records: 2 }]);
  });

  it('keeps keys of different kinds apart', () => {
    const { context, processor } = start();
    const keys = [1, '1', 1n, null, [1], 1];
    drive(processor, context, [
      ...keys.map((key) => ({ value: 0, key, timestampMs: 1 })),
      { watermarkMs: 10 },
    ]);
    const results = context.main.values as { key: unknown; records: number }[];
    expect(results.map(({ key, records }) => [key, records])).toEqual([
      [1, 2],
      ['1', 1],
      [1n, 1],
      [null, 1],
      [[1], 1],
    ]);
  });
});

describe('a processing-time window', () => {
  it('fires when the clock reaches its end', () => {
    const context = fakeContext({ nowMs: 1003 });
    const processor = createWindowProcessor(windowOf(tumbling(10, { time: 'processing' })), context);
    processor.process(
      batchOf([
        { value: 'a', key: 1 },
        { value: 'b', key: 1 },
      ]),
      0,
    );
    expect(processor.nextTimeMs?.()).toBe(1010);
    advanceClock(processor, context, 1009);
    expect(context.main.values).toEqual([]);
    advanceClock(processor, context, 1010);
    expect(context.main.values).toEqual([{ key: 1, windowStart: 1000, windowEnd: 1010, records: 2 }]);
    expect(processor.nextTimeMs?.()).toBe(Infinity);
  });

  it('takes no window up again when the clock is set back', () => {
    const context = fakeContext({ nowMs: 1003 });
    const processor = createWindowProcessor(windowOf(tumbling(10, { time: 'processing' })), context);
    processor.process(batchOf([{ value: 'a', key: 1 }]), 0);
    advanceClock(processor, context, 1012);
    context.machine.nowMs = 1001;
    processor.process(batchOf([{ value: 'b', key: 1 }]), 0);
    finish(processor);
    expect(context.main.values).toEqual([
      { key: 1, windowStart: 1000, windowEnd: 1010, records: 1 },
      { key: 1, windowStart: 1010, windowEnd: 1020, records: 1 },
    ]);
  });

  it('fires all that is left at the end of the input, in order', () => {
    const context = fakeContext({ nowMs: 1003 });
    const processor = createWindowProcessor(windowOf(sliding(10, 5, { time: 'processing' })), context);
    processor.process(batchOf([{ value: 'a', key: 1 }]), 0);
    finish(processor, 1);
    const ends = context.main.values.map((value) => (value as { windowEnd: number }).windowEnd);
    expect(ends).toEqual([1005, 1010]);
  });
});
