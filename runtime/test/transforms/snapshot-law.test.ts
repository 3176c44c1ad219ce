import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  sum,
  topN,
} from '../../src/api/aggregates.ts';
import { valueState } from '../../src/api/state.ts';
import type { WindowFunction, WindowSettings } from '../../src/api/transform.ts';
import { continuousEventTimeTrigger, countTrigger, purging, timeEvictor } from '../../src/api/triggers.ts';
import { countWindow, cumulative, session, sliding, tumbling } from '../../src/api/windows.ts';
import { createAggregateProcessor } from '../../src/transforms/aggregate.ts';
import { createIntervalJoinProcessor, createWindowJoinProcessor } from '../../src/transforms/join/index.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { createReduceProcessor } from '../../src/transforms/reduce.ts';
import { createWindowProcessor } from '../../src/transforms/window/index.ts';
import { befores, expectSameFromSnapshots } from './snapshotted.ts';
import type { FakeContext, Input } from './support.ts';
import { sorted } from './window/model.ts';
import { type StreamRecord, streams } from './window/streams.ts';

const aggregates = {
  records: count(),
  total: sum<StreamRecord>('amount'),
  mean: average<StreamRecord>('amount'),
  distinct: countDistinct<StreamRecord>('amount'),
  about: approximateCountDistinct<StreamRecord>('amount'),
  opening: first((value: StreamRecord) => value.amount),
  best: topN(2, (value: StreamRecord) => value.amount),
  all: collectAll((value: StreamRecord) => value.amount),
};

const windows =
  (rest: Partial<WindowSettings>) =>
  (context: FakeContext): Processor => {
    const window: WindowSettings = {
      assigner: tumbling(20),
      allowedLatenessMs: 0,
      lateOutput: 'late',
      aggregation: { kind: 'builtIn', aggregates },
      keyed: true,
      ...rest,
    };
    return createWindowProcessor({ kind: 'window', window }, context);
  };

/** Counts the firings of a key over all windows, and those of each window. */
const counting: WindowFunction<unknown, unknown, unknown> = {
  process: (values, context, output) => {
    const ofKey = context.globalState.state(valueState<number>('firings', { default: 0 }));
    const ofWindow = context.windowState.state(valueState<number>('firings', { default: 0 }));
    ofKey.update(ofKey.value() + 1);
    ofWindow.update(ofWindow.value() + 1);
    output.emit([context.key, context.window, values, ofKey.value(), ofWindow.value()]);
    return undefined;
  },
};

/** Counts the firings of a key. */
const ofKeys: WindowFunction<unknown, unknown, unknown> = {
  process: (values, context, output) => {
    const firings = context.globalState.state(valueState<number>('firings', { default: 0 }));
    firings.update(firings.value() + 1);
    output.emit([context.key, context.window, values, firings.value()]);
    return undefined;
  },
};

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

const near =
  (type: 'inner' | 'left' | 'full') =>
  (context: FakeContext): Processor =>
    createIntervalJoinProcessor(
      {
        kind: 'intervalJoin',
        join: {
          type,
          lowerMs: -7,
          upperMs: 12,
          lowerInclusive: true,
          upperInclusive: false,
          lateLeftOutput: 'late',
          join: (left, right) => [left, right],
        },
      },
      context,
    );

const reducing = (context: FakeContext): Processor =>
  createReduceProcessor(
    {
      kind: 'reduce',
      function: (left, right) => {
        const [one, two] = [left as StreamRecord, right as StreamRecord];
        return { key: one.key, amount: one.amount + two.amount };
      },
    },
    context,
  );

const processors: readonly (readonly [string, (context: FakeContext) => Processor])[] = [
  ['aggregates', (context) => createAggregateProcessor({ kind: 'aggregate', aggregates }, context)],
  ['reduces', reducing],
  ['tumbling windows', windows({})],
  ['sliding windows', windows({ assigner: sliding(20, 5) })],
  ['sliding windows with lateness', windows({ assigner: sliding(20, 5), allowedLatenessMs: 15 })],
  ['cumulative windows', windows({ assigner: cumulative(10, 40) })],
  [
    'windows with a function',
    windows({ assigner: sliding(20, 10), function: counting, allowedLatenessMs: 20 }),
  ],
  ['sessions', windows({ assigner: session(10) })],
  ['sessions with lateness', windows({ assigner: session(10), allowedLatenessMs: 15 })],
  ['sessions with a function', windows({ assigner: session(10), function: ofKeys, allowedLatenessMs: 15 })],
  ['windows with triggers', windows({ trigger: continuousEventTimeTrigger(6) })],
  ['sessions with triggers', windows({ assigner: session(10), trigger: purging(countTrigger(3)) })],
  ['windows with evictors', windows({ evictor: timeEvictor(5), allowedLatenessMs: 15 })],
  ['windows with triggers and a function', windows({ trigger: countTrigger(2), function: counting })],
  ['count windows', windows({ assigner: countWindow(3), lateOutput: undefined })],
  ['window joins', joining],
  ['interval joins', near('inner')],
  ['left interval joins', near('left')],
  ['full interval joins', near('full')],
];

describe.each(processors)('%s', (name, create) => {
  it('go on from a snapshot that was read while they went on', () => {
    const isJoin = name.includes('joins');
    const read = (context: FakeContext): unknown[] =>
      sorted([
        ...context.main.take(),
        ...context
          .sideOutput('late')
          .take()
          .map((value) => ({ late: value })),
      ]);
    fc.assert(
      fc.property(streams(), befores, (drawn, steps) => {
        const inputs = [...drawn, { watermarkMs: Infinity }].map((step): Input => {
          if (!('record' in step)) return step;
          const isRight = isJoin && (step.record.value as StreamRecord).amount < 0;
          return { ...step.record, port: isRight ? 1 : 0 };
        });
        // A timer that a trigger sets for a time that has passed fires with the next watermark, and that is the restored one.
        const orders = name.includes('triggers') ? (['time first'] as const) : undefined;
        expectSameFromSnapshots(create, inputs, steps, read, orders);
      }),
      { numRuns: 150 },
    );
  });
});
