import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  quantiles,
  sum,
  topN,
} from '../../../src/api/aggregates.ts';
import type { IntervalJoinSettings } from '../../../src/api/joins.ts';
import { valueState } from '../../../src/api/state.ts';
import type { WindowFunction, WindowSettings } from '../../../src/api/transform.ts';
import { continuousEventTimeTrigger, countTrigger, purging, timeEvictor } from '../../../src/api/triggers.ts';
import { countWindow, cumulative, session, sliding, tumbling } from '../../../src/api/windows.ts';
import {
  createIntervalJoinProcessor,
  createWindowJoinProcessor,
} from '../../../src/transforms/join/index.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { everyGroup, outputWithMove } from '../moving.ts';
import { drive, type FakeContext, fakeContext, type Input } from '../support.ts';
import { sorted } from './model.ts';
import { type StreamRecord, streams } from './streams.ts';

const windows =
  (rest: Partial<WindowSettings>) =>
  (context: FakeContext): Processor => {
    const window: WindowSettings = {
      assigner: tumbling(20),
      allowedLatenessMs: 0,
      lateOutput: 'late',
      aggregation: { kind: 'builtIn', aggregates: { records: count() } },
      keyed: true,
      ...rest,
    };
    return createWindowProcessor({ kind: 'window', window }, context);
  };

const aggregation: WindowSettings['aggregation'] = {
  kind: 'builtIn',
  aggregates: {
    records: count(),
    total: sum<StreamRecord>('amount'),
    mean: average<StreamRecord>('amount'),
    distinct: countDistinct<StreamRecord>('amount'),
    about: approximateCountDistinct<StreamRecord>('amount'),
    opening: first((value: StreamRecord) => value.amount),
    best: topN(2, (value: StreamRecord) => value.amount),
    middle: quantiles<StreamRecord>('amount', [0.5]),
    all: collectAll((value: StreamRecord) => value.amount),
  },
};

/** Counts the firings of a key over all windows, and those of each window. */
const counting: WindowFunction<unknown, unknown, unknown> = {
  process: (values, context, output) => {
    const ofKey = context.globalState.state(valueState<number>('firings', { default: 0 }));
    const ofWindow = context.windowState.state(valueState<number>('firings', { default: 0 }));
    ofKey.update(ofKey.value() + 1);
    ofWindow.update(ofWindow.value() + 1);
    output.emit([context.key, context.window, values, ofWindow.value()]);
    return undefined;
  },
};

const interval =
  (type: IntervalJoinSettings['type']) =>
  (context: FakeContext): Processor =>
    createIntervalJoinProcessor(
      {
        kind: 'intervalJoin',
        join: {
          type,
          lowerMs: -10,
          upperMs: 15,
          lowerInclusive: true,
          upperInclusive: false,
          join: (left, right) => [left, right],
        },
      },
      context,
    );

const joining = (context: FakeContext): Processor =>
  createWindowJoinProcessor(
    {
      kind: 'windowJoin',
      join: {
        assigner: sliding(20, 10),
        allowedLatenessMs: 10,
        lateOutput: 'late',
        join: (left, right) => [left, right],
      },
    },
    context,
  );

const processors: readonly (readonly [string, (context: FakeContext) => Processor])[] = [
  ['tumbling windows', windows({ aggregation })],
  ['sliding windows', windows({ assigner: sliding(20, 5), aggregation })],
  [
    'sliding windows with lateness',
    windows({ assigner: sliding(20, 5), aggregation, allowedLatenessMs: 15 }),
  ],
  ['cumulative windows', windows({ assigner: cumulative(10, 40), aggregation })],
  [
    'windows with a function',
    windows({ assigner: sliding(20, 10), function: counting, allowedLatenessMs: 20 }),
  ],
  ['sessions', windows({ assigner: session(10), aggregation })],
  ['sessions with lateness', windows({ assigner: session(10), aggregation, allowedLatenessMs: 15 })],
  ['windows with triggers', windows({ aggregation, trigger: continuousEventTimeTrigger(6) })],
  [
    'sessions with triggers',
    windows({ assigner: session(10), aggregation, trigger: purging(countTrigger(3)) }),
  ],
  ['windows with evictors', windows({ aggregation, evictor: timeEvictor(5), allowedLatenessMs: 15 })],
  ['windows with triggers and a function', windows({ trigger: countTrigger(2), function: counting })],
  ['count windows', windows({ assigner: countWindow(3), lateOutput: undefined, aggregation })],
  ['window joins', joining],
  ['inner interval joins', interval('inner')],
  ['full interval joins', interval('full')],
];

describe.each(processors)('%s', (name, create) => {
  it('give the same when their key groups move to another slot on the way', () => {
    const isJoin = name.includes('joins');
    const portOf = (value: unknown): number => (isJoin && (value as StreamRecord).amount < 0 ? 1 : 0);
    const read = (context: FakeContext): unknown[] => [
      ...context.main.take(),
      ...context
        .sideOutput('late')
        .take()
        .map((value) => ({ late: value })),
    ];
    fc.assert(
      fc.property(
        streams(),
        fc.nat(100),
        fc.oneof(fc.constant([...everyGroup]), fc.subarray([...everyGroup])),
        (steps, at, moved) => {
          const inputs = [...steps, { watermarkMs: Infinity }].map(
            (step): Input => ('record' in step ? { ...step.record, port: portOf(step.record.value) } : step),
          );
          const context = fakeContext({ maxParallelism: 16 });
          const alone = create(context);
          const expected = inputs.map((input) => {
            drive(alone, context, [input]);
            return read(context);
          });
          const output = outputWithMove(create, inputs, Math.min(at, inputs.length - 1), moved, read);
          expect(output.map(sorted)).toEqual(expected.map(sorted));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('export nothing when there is nothing', () => {
    const processor = create(fakeContext({ maxParallelism: 16 }));
    expect(everyGroup.map((group) => processor.exportKeyGroup?.(group))).toEqual(
      everyGroup.map(() => undefined),
    );
  });

  it('refuse bytes that are damaged', () => {
    const processor = create(fakeContext({ maxParallelism: 16 }));
    expect(() => processor.importKeyGroup?.(0, Uint8Array.of(99, 1, 2))).toThrow('damaged');
    expect(() => processor.importKeyGroup?.(0, new Uint8Array(0))).toThrow('damaged');
  });
});

describe('a slot whose time has come less far', () => {
  it('does not fire again for a group what it has fired elsewhere', () => {
    const create = windows({ assigner: sliding(20, 10) });
    const [ahead, behind] = [fakeContext({ maxParallelism: 16 }), fakeContext({ maxParallelism: 16 })];
    const from = create(ahead);
    const to = create(behind);
    drive(from, ahead, [{ value: 1, key: 'a', timestampMs: 5 }, { watermarkMs: 9 }]);
    drive(to, behind, [{ value: 1, key: 'b', timestampMs: 5 }]);
    expect(ahead.main.values).toEqual([{ key: 'a', windowStart: -10, windowEnd: 10, records: 1 }]);
    for (const group of everyGroup) {
      const bytes = from.exportKeyGroup?.(group);
      if (bytes !== undefined) to.importKeyGroup?.(group, bytes);
    }
    drive(to, behind, [{ watermarkMs: 9 }]);
    expect(behind.main.take()).toEqual([{ key: 'b', windowStart: -10, windowEnd: 10, records: 1 }]);
    drive(to, behind, [{ watermarkMs: 19 }]);
    expect(behind.main.values).toHaveLength(2);
  });
});

describe('a slot whose time has come further', () => {
  it('fires for a group that came in what the others have fired already', () => {
    const create = windows({ assigner: sliding(20, 10) });
    const [behind, ahead] = [fakeContext({ maxParallelism: 16 }), fakeContext({ maxParallelism: 16 })];
    const from = create(behind);
    const to = create(ahead);
    drive(from, behind, [{ value: 1, key: 'a', timestampMs: 5 }]);
    drive(to, ahead, [{ value: 1, key: 'b', timestampMs: 5 }, { watermarkMs: 9 }]);
    ahead.main.take();
    for (const group of everyGroup) {
      const bytes = from.exportKeyGroup?.(group);
      if (bytes !== undefined) to.importKeyGroup?.(group, bytes);
    }
    drive(to, ahead, [{ watermarkMs: 10 }]);
    expect(ahead.main.take()).toEqual([{ key: 'a', windowStart: -10, windowEnd: 10, records: 1 }]);
    drive(to, ahead, [{ watermarkMs: 19 }]);
    expect(ahead.main.values).toHaveLength(2);
  });
});
