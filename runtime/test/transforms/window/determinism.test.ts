import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAll, count, sum } from '../../../src/api/aggregates.ts';
import type { IntervalJoinSettings } from '../../../src/api/joins.ts';
import type { WindowFunction, WindowSettings } from '../../../src/api/transform.ts';
import { continuousEventTimeTrigger, countTrigger, timeEvictor } from '../../../src/api/triggers.ts';
import { countWindow, cumulative, session, sliding, tumbling } from '../../../src/api/windows.ts';
import {
  createIntervalJoinProcessor,
  createWindowJoinProcessor,
} from '../../../src/transforms/join/index.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, type Emitted, type FakeContext, fakeContext, type Input } from '../support.ts';
import { type StreamRecord, streams } from './streams.ts';

const windows =
  (rest: Partial<WindowSettings>) =>
  (context: FakeContext): Processor => {
    const window: WindowSettings = {
      assigner: tumbling(20),
      allowedLatenessMs: 0,
      lateOutput: 'late',
      aggregation: {
        kind: 'builtIn',
        aggregates: {
          records: count(),
          total: sum<StreamRecord>('amount'),
          all: collectAll((value: StreamRecord) => value.amount),
        },
      },
      keyed: true,
      ...rest,
    };
    return createWindowProcessor({ kind: 'window', window }, context);
  };

const listing: WindowFunction<unknown, unknown, unknown> = {
  process: (values, { key, window }, output) => {
    for (const value of values) output.emit([key, window.startMs, value]);
    return undefined;
  },
};

const interval = (context: FakeContext): Processor => {
  const join: IntervalJoinSettings = {
    type: 'full',
    lowerMs: -10,
    upperMs: 15,
    lowerInclusive: true,
    upperInclusive: true,
    join: (left, right) => [left, right],
    lateLeftOutput: 'late',
    lateRightOutput: 'late',
  };
  return createIntervalJoinProcessor({ kind: 'intervalJoin', join }, context);
};

const joining = (context: FakeContext): Processor =>
  createWindowJoinProcessor(
    {
      kind: 'windowJoin',
      join: {
        assigner: session(8),
        allowedLatenessMs: 5,
        lateOutput: 'late',
        join: (left, right) => [left, right],
      },
    },
    context,
  );

const processors: readonly (readonly [string, (context: FakeContext) => Processor])[] = [
  ['tumbling windows', windows({})],
  ['tumbling windows with lateness', windows({ allowedLatenessMs: 15 })],
  ['sliding windows', windows({ assigner: sliding(20, 6) })],
  ['sliding windows with lateness', windows({ assigner: sliding(20, 5), allowedLatenessMs: 15 })],
  ['cumulative windows', windows({ assigner: cumulative(10, 40) })],
  ['windows without keys', windows({ keyed: false, assigner: sliding(20, 10) })],
  ['windows with a function', windows({ aggregation: { kind: 'collect' }, function: listing })],
  [
    'sliding windows with a reduce',
    windows({
      assigner: sliding(20, 5),
      aggregation: { kind: 'reduce', reduce: (left, right) => [left, right] },
    }),
  ],
  ['sessions', windows({ assigner: session(6) })],
  ['sessions with lateness', windows({ assigner: session(6), allowedLatenessMs: 15 })],
  ['windows with a trigger', windows({ trigger: continuousEventTimeTrigger(7) })],
  ['sessions with a trigger', windows({ assigner: session(6), trigger: countTrigger(2) })],
  ['windows with an evictor', windows({ evictor: timeEvictor(4), allowedLatenessMs: 10 })],
  ['count windows', windows({ assigner: countWindow(3, 2), lateOutput: undefined })],
  ['window joins', joining],
  ['interval joins', interval],
];

const run = (
  create: (context: FakeContext) => Processor,
  inputs: readonly Input[],
  batchSize: number,
  units: number,
): { readonly main: readonly Emitted[]; readonly late: readonly Emitted[] } => {
  const context = fakeContext();
  drive(create(context), context, inputs, batchSize, units);
  return { main: context.main.records, late: context.sideOutput('late').records };
};

describe.each(processors)('%s', (name, create) => {
  it('give the same records in the same order, however input is cut in batches and firing in slices', () => {
    const portOf = (value: unknown): number =>
      name.includes('joins') && (value as StreamRecord).amount < 0 ? 1 : 0;
    fc.assert(
      fc.property(
        streams(),
        fc.constantFrom(2, 7, 2048),
        fc.constantFrom(1, 5, 100),
        (steps, size, units) => {
          const inputs = [...steps, { watermarkMs: Infinity }].map(
            (step): Input => ('record' in step ? { ...step.record, port: portOf(step.record.value) } : step),
          );
          expect(run(create, inputs, size, units)).toEqual(run(create, inputs, 1, Infinity));
        },
      ),
      { numRuns: 80 },
    );
  });
});
