import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyedProcessContext, KeyedProcessFunction, TimerContext } from '../../src/api/functions.ts';
import { type ValueState, valueState } from '../../src/api/state.ts';
import type { WindowSettings } from '../../src/api/transform.ts';
import {
  continuousEventTimeTrigger,
  count,
  countWindow,
  session,
  sliding,
  tumbling,
} from '../../src/index.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { createReduceProcessor } from '../../src/transforms/reduce.ts';
import { createWindowProcessor } from '../../src/transforms/window/index.ts';
import { batchOf } from '../transforms/support.ts';
import { keyGroups, MovingRig } from './moving-rig.ts';
import { end, stopped, watermark } from './rig.ts';

interface Item {
  readonly key: number;
  readonly id: number;
  readonly time: number;
}

type Operation =
  | { readonly kind: 'records'; readonly items: readonly Item[] }
  | { readonly kind: 'watermark'; readonly timeMs: number }
  | { readonly kind: 'move'; readonly groups: readonly number[]; readonly to: number };

/** Remembers everything that happened to a key, and tells it with each record and timer: the order is there to be seen. */
const history = (): KeyedProcessFunction<number, Item, unknown> => {
  let past: ValueState<string, string>;
  const note = (text: string, context: KeyedProcessContext<number>): string => {
    past.update(`${past.value()} ${text}`);
    return `${context.key}:${past.value()}`;
  };
  return {
    open: (runtime) => {
      past = runtime.state(valueState('past', { default: '' })) as typeof past;
    },
    process: ({ id, time }, context, output) => {
      output.emit(note(`r${id}`, context));
      if (id % 11 === 10) throw new Error('poison');
      context.timers.registerEventTimeTimer(time + (id % 7));
      if (id % 5 === 0) context.timers.deleteEventTimeTimer(time + 3);
      if (id % 3 === 0) context.timers.registerEventTimeTimer(time + 20);
    },
    onTimer: (timestampMs, context: TimerContext<number>, output) => {
      output.emit(note(`t${timestampMs}`, context));
    },
  };
};

const windows = (settings: Partial<WindowSettings> & Pick<WindowSettings, 'assigner'>) => {
  const window: WindowSettings = {
    allowedLatenessMs: 0,
    keyed: true,
    aggregation: { kind: 'builtIn', aggregates: { n: count() } },
    ...settings,
  };
  return (context: ProcessorContext): Processor => createWindowProcessor({ kind: 'window', window }, context);
};

const transforms: readonly (readonly [string, (context: ProcessorContext) => Processor])[] = [
  [
    'a function with timers',
    (context) =>
      createKeyedProcessProcessor(
        { kind: 'keyedProcess', function: history() as KeyedProcessFunction<unknown, unknown, unknown> },
        context,
      ),
  ],
  [
    'a reduce',
    (context) =>
      createReduceProcessor(
        {
          kind: 'reduce',
          function: (left, right) => {
            const [a, b] = [left as Item, right as Item];
            if (b.id % 11 === 10) throw new Error('poison');
            return { ...b, id: a.id * 31 + b.id };
          },
        },
        context,
      ),
  ],
  ['tumbling windows', windows({ assigner: tumbling('10ms') })],
  ['sliding windows with late firings', windows({ assigner: sliding('10ms', '5ms'), allowedLatenessMs: 5 })],
  ['session windows', windows({ assigner: session('4ms') })],
  ['count windows', windows({ assigner: countWindow(3) })],
  [
    'windows that fire early',
    windows({ assigner: tumbling('20ms'), trigger: continuousEventTimeTrigger('4ms') }),
  ],
];

/** Records up to 25 ms apart, watermarks in between that make some of them late, and moves. */
const operations = (slots: number): fc.Arbitrary<readonly Operation[]> => {
  const item = fc.record({ key: fc.nat(9), back: fc.nat(25) });
  const step = fc.oneof(
    { arbitrary: fc.array(item, { minLength: 1, maxLength: 6 }), weight: 4 },
    { arbitrary: fc.constant('watermark' as const), weight: 3 },
    {
      arbitrary: fc.record({
        groups: fc.uniqueArray(fc.nat(keyGroups - 1), { minLength: 1 }),
        to: fc.nat(slots - 1),
      }),
      weight: 2,
    },
  );
  return fc.array(fc.tuple(step, fc.nat(15)), { maxLength: 30 }).map((steps) => {
    let timeMs = 20;
    let watermarkMs = 0;
    let id = 0;
    return steps.map(([each, advance]): Operation => {
      timeMs += advance;
      if (each === 'watermark') {
        watermarkMs = Math.max(watermarkMs, timeMs - 15);
        return { kind: 'watermark', timeMs: watermarkMs };
      }
      if ('groups' in each) return { kind: 'move', ...each };
      return {
        kind: 'records',
        items: each.map(({ key, back }) => ({ key, id: id++, time: timeMs - back })),
      };
    });
  });
};

const perform = (rig: MovingRig, operation: Operation): void => {
  switch (operation.kind) {
    case 'records':
      return rig.send(batchOf(operation.items.map((value) => ({ value, timestampMs: value.time }))));
    case 'watermark':
      return rig.send(watermark(operation.timeMs));
    case 'move':
      return rig.move(operation.groups, operation.to);
  }
};

/**
 * What came out by key. What functions and reduces give for a key has an order; windows of a key that fire at one watermark
 * have none.
 */
const byKey = (rig: MovingRig): ReadonlyMap<unknown, readonly string[]> => {
  const result = new Map<unknown, string[]>();
  for (const { value, timestampMs } of rig.outputs) {
    const key = typeof value === 'string' ? Number.parseInt(value, 10) : (value as { key: number }).key;
    result.set(key, [...(result.get(key) ?? []), `${JSON.stringify(value)} at ${timestampMs}`]);
  }
  for (const texts of result.values()) if (texts[0]?.includes('windowStart') === true) texts.sort();
  return result;
};

const failures = (rig: MovingRig): string[] =>
  rig.slots.flatMap(({ failed }) => failed.map(({ record }) => JSON.stringify(record))).sort();

describe.each(transforms)('key groups of %s', (_, create) => {
  it.each([2, 3, 4])(
    'give the results of a run without moves, over %i slots and whatever comes first',
    async (slots) => {
      await fc.assert(
        fc.asyncProperty(
          operations(slots),
          fc.infiniteStream(fc.nat(1000)),
          fc.boolean(),
          fc.constantFrom(1, 500, 1_000_000),
          async (program, picks, drained, mostHeldBytes) => {
            const still = new MovingRig({ slots: 1, create, policy: 'drop' });
            const moving = new MovingRig({ slots, create, policy: 'drop', mostHeldBytes });
            for (const rig of [still, moving]) await rig.open();
            const pick = (below: number): number => (picks.next().value as number) % below;
            const last = drained ? [watermark(Infinity), end] : [stopped];
            for (const operation of program) {
              if (operation.kind !== 'move') perform(still, operation);
              still.settle();
              perform(moving, operation);
              for (let turns = pick(4); turns > 0; turns--) {
                const state = pick(2 * moving.mail.length + 1);
                if (state < moving.mail.length) moving.deliver(state);
                else moving.run(pick(slots));
              }
            }
            for (const rig of [still, moving]) {
              for (const element of last) rig.send(element);
              rig.settle();
            }
            expect(moving.ended).toBe(slots);
            expect(byKey(moving)).toEqual(byKey(still));
            expect(failures(moving)).toEqual(failures(still));
            for (const { signals } of moving.slots) {
              expect(signals.filter((text) => !text.startsWith('b'))).toEqual(still.slots[0]?.signals);
            }
          },
        ),
        { numRuns: 150 },
      );
    },
  );
});
