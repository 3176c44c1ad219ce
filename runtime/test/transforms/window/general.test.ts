import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAll, count, first, last, sum } from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { customTrigger, type Evictor } from '../../../src/api/triggers.ts';
import {
  countWindow,
  cumulative,
  customWindow,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
} from '../../../src/api/windows.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { createTrigger } from '../../../src/transforms/window/triggers.ts';
import { drive, type FakeContext, fakeContext, finish, type RecordIn } from '../support.ts';
import { type ModelWindow, sorted, WindowModel } from './model.ts';
import { batchSizes, modelOutput, processorOutput, type StreamRecord, streams } from './streams.ts';

const start = (
  rest: Partial<WindowSettings>,
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy, nowMs: 1000 });
  const window: WindowSettings = {
    assigner: tumbling(10),
    allowedLatenessMs: 0,
    aggregation: { kind: 'collect' },
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

/** The default trigger in the guise of one of the author's own: takes windows off the fast path. */
const defaultTrigger = customTrigger(() => createTrigger({ kind: 'eventTime' }, 'event'));

const keepAll: Evictor<unknown> = { when: 'before', keep: (records) => records };

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

const span = (startMs: number, sizeMs: number): ModelWindow => ({ startMs, endMs: startMs + sizeMs });

const assigners: readonly (readonly [string, WindowAssigner, (timeMs: number) => ModelWindow[]])[] = [
  ['tumbling', tumbling(20), (timeMs) => [span(Math.floor(timeMs / 20) * 20, 20)]],
  [
    'sliding',
    sliding(20, 5),
    (timeMs) => [0, 5, 10, 15].map((backMs) => span(Math.floor(timeMs / 5) * 5 - backMs, 20)),
  ],
  [
    'cumulative',
    cumulative(10, 30),
    (timeMs) =>
      [10, 20, 30]
        .map((size) => span(Math.floor(timeMs / 30) * 30, size))
        .filter(({ endMs }) => timeMs < endMs),
  ],
  ['session', session(10), (timeMs) => [span(timeMs, 10)]],
  [
    'custom',
    customWindow((_value, timeMs) => [span(0, 40), span(40 * Math.floor(timeMs / 40), 40)]),
    (timeMs) =>
      [span(0, 40), span(40 * Math.floor(timeMs / 40), 40)].slice(Math.floor(timeMs / 40) === 0 ? 1 : 0),
  ],
  [
    'merging custom',
    customWindow((_value, timeMs) => [span(timeMs, 10)], { merging: true }),
    (timeMs) => [span(timeMs, 10)],
  ],
];

describe.each(assigners)('the general path of %s windows', (name, assigner, assign) => {
  it.each([
    [0, 'accumulators', 'fail'],
    [15, 'accumulators', 'fail'],
    [0, 'kept records', 'fail'],
    [15, 'kept records', 'drop'],
    [15, 'accumulators', 'drop'],
  ] as const)(
    'gives what a plain model gives, with a lateness of %i ms and %s (policy: %s)',
    (latenessMs, kept, policy) => {
      fc.assert(
        fc.property(
          streams(),
          fc.constantFrom(...batchSizes),
          fc.constantFrom(1, 3, Infinity),
          (steps, size, units) => {
            // The custom assigner names one window twice for early records, which counts a record twice.
            fc.pre(
              name !== 'custom' ||
                steps.every((step) => !('record' in step) || Number(step.record.timestampMs) >= 40),
            );
            const model = new WindowModel({
              assign,
              merging: name === 'session' || name === 'merging custom',
              latenessMs,
              result: modelResult,
            });
            const expected = modelOutput(model, steps);
            const { context, processor } = start(
              {
                assigner,
                allowedLatenessMs: latenessMs,
                lateOutput: 'late',
                aggregation: { kind: 'builtIn', aggregates },
                ...(kept === 'accumulators' ? { trigger: defaultTrigger } : { evictor: keepAll }),
              },
              policy,
            );
            const output = processorOutput(processor, context, steps, size, units);
            expect(output.map(sorted)).toEqual(expected.map(sorted));
            expect(context.sideOutput('late').values).toEqual(model.late);
            expect((processor as unknown as { store: { keyCount: number } }).store.keyCount).toBe(0);
          },
        ),
        { numRuns: 40 },
      );
    },
  );
});

describe('count windows', () => {
  const lists = (values: readonly unknown[]): unknown => values;
  const listing: Partial<WindowSettings> = {
    function: {
      process: (values, context, output) => {
        output.emit([context.key, ...values]);
        return undefined;
      },
    },
  };

  it('fire and start anew when they are full, a key alone, and leave what is not full', () => {
    const { context, processor } = start({ assigner: countWindow(3), ...listing });
    drive(processor, context, [at(1), at(2), at(3, 3, 'other'), at(4), at(5), at(6), at(7)]);
    finish(processor);
    expect(lists(context.main.values)).toEqual([
      ['k', 1, 2, 4],
      ['k', 5, 6, 7],
    ]);
  });

  it('slide: every so many records with the last so many', () => {
    const { context, processor } = start({ assigner: countWindow(4, 2), ...listing });
    drive(
      processor,
      context,
      [1, 2, 3, 4, 5, 6, 7].map((timestampMs) => at(timestampMs)),
    );
    expect(context.main.values).toEqual([
      ['k', 1, 2],
      ['k', 1, 2, 3, 4],
      ['k', 3, 4, 5, 6],
    ]);
  });

  it('stamp results with the time of the record that filled them, and need no time at all', () => {
    const { context, processor } = start({ assigner: countWindow(2), ...listing });
    drive(processor, context, [at(1), at(7), { value: 'a', key: 'k' }, { value: 'b', key: 'k' }]);
    expect(context.main.records).toEqual([
      { value: ['k', 1, 7], timestampMs: 7 },
      { value: ['k', 'a', 'b'], timestampMs: Number.NaN },
    ]);
  });

  it('aggregate, also where they slide', () => {
    const aggregation: WindowSettings['aggregation'] = {
      kind: 'builtIn',
      aggregates: { total: sum((n: number) => n) },
    };
    for (const [assigner, expected] of [
      [countWindow(2), [3, 7]],
      [countWindow(3, 2), [3, 9]],
    ] as const) {
      const { context, processor } = start({ assigner, aggregation });
      drive(
        processor,
        context,
        [1, 2, 3, 4, 5].map((timestampMs) => at(timestampMs)),
      );
      expect(context.main.values.map((value) => (value as { total: number }).total)).toEqual(expected);
    }
  });

  it('reduce the records that fill them', () => {
    const reduce = (left: unknown, right: unknown): string => `${String(left)}${String(right)}`;
    const { context, processor } = start({
      assigner: countWindow(3),
      aggregation: { kind: 'reduce', reduce },
    });
    drive(
      processor,
      context,
      [...'abcdefg'].map((letter, i) => at(i, letter)),
    );
    expect(context.main.values).toEqual(['abc', 'def']);
  });
});

describe('custom windows', () => {
  it('may assign none: the record is neither in a window nor late', () => {
    const { context, processor } = start({ assigner: customWindow(() => []), lateOutput: 'late' });
    drive(processor, context, [at(1), { watermarkMs: Infinity }]);
    expect(context.main.values).toEqual([]);
    expect(context.sideOutput('late').values).toEqual([]);
  });

  it.each([[[{ startMs: 5, endMs: 5 }]], [[{ startMs: 5 }]], ['window'], [[undefined]]])(
    'refuse %j',
    (windows) => {
      const assigner = customWindow(() => windows as never);
      const { context, processor } = start({ assigner });
      expect(() => drive(processor, context, [at(1)])).toThrow('is no window');
    },
  );

  it('merge only with a trigger that can', () => {
    const trigger = { kind: 'delta', threshold: 1, delta: () => 0 } as const;
    expect(() => start({ assigner: session(10), trigger })).toThrow('their trigger (delta) cannot');
    expect(() => start({ assigner: session(10), trigger: { kind: 'purging', inner: trigger } })).toThrow(
      'cannot',
    );
    expect(() => start({ assigner: tumbling(10), trigger })).not.toThrow();
  });
});

describe('a record that fails in the general path', () => {
  it('leaves no trace in any of its windows', () => {
    const reduce = (left: unknown, right: unknown): string => {
      if (right === 'bad') throw new Error('no');
      return `${String(left)}${String(right)}`;
    };
    const { context, processor } = start(
      { assigner: sliding(10, 5), trigger: defaultTrigger, aggregation: { kind: 'reduce', reduce } },
      'drop',
    );
    drive(processor, context, [
      at(7, 'a'),
      at(7, 'bad'),
      at(12, 'b'),
      at(12, 'bad'),
      at(13, 'c'),
      { watermarkMs: 100 },
    ]);
    expect(context.failed.map(({ record }) => record)).toEqual(['bad', 'bad']);
    expect(context.main.values).toEqual(['a', 'abc', 'bc']);
  });

  it('joins no sessions', () => {
    const assigner = customWindow(
      (value, timeMs) => {
        if (value === 'bad') return [span(timeMs, 30), { startMs: 9, endMs: 9 }];
        return [span(timeMs, 5)];
      },
      { merging: true },
    );
    const { context, processor } = start(
      { assigner, aggregation: { kind: 'builtIn', aggregates: { records: count() } } },
      'drop',
    );
    drive(processor, context, [at(0), at(20), at(1, 'bad'), { watermarkMs: 100 }]);
    expect(context.main.values).toEqual([
      { key: 'k', windowStart: 0, windowEnd: 5, records: 1 },
      { key: 'k', windowStart: 20, windowEnd: 25, records: 1 },
    ]);
  });
});
