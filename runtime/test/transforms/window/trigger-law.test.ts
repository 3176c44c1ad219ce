import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowSettings } from '../../../src/api/transform.ts';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countEvictor,
  countTrigger,
  deltaEvictor,
  deltaTrigger,
  type Evictor,
  eventTimeTrigger,
  neverTrigger,
  processingTimeTrigger,
  purging,
  type TriggerSpec,
  timeEvictor,
} from '../../../src/api/triggers.ts';
import {
  cumulative,
  customWindow,
  globalWindow,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
} from '../../../src/api/windows.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { drive, fakeContext, type Input } from '../support.ts';
import { type Pane, type Span, type TriggerCase, TriggerModel } from './trigger-model.ts';

const span = (startMs: number, sizeMs: number): Span => ({ startMs, endMs: startMs + sizeMs });
const floorTo = (timeMs: number, stepMs: number): number => Math.floor(timeMs / stepMs) * stepMs;

interface WindowCase {
  readonly assigner: WindowAssigner;
  readonly assign: (timeMs: number) => readonly Span[];
  readonly domain?: 'event' | 'processing';
  readonly merges?: boolean;
}

const windows: Readonly<Record<string, WindowCase>> = {
  tumbling: { assigner: tumbling(20), assign: (timeMs) => [span(floorTo(timeMs, 20), 20)] },
  sliding: {
    assigner: sliding(20, 10),
    assign: (timeMs) => [span(floorTo(timeMs, 10), 20), span(floorTo(timeMs, 10) - 10, 20)],
  },
  cumulative: {
    assigner: cumulative(10, 30),
    assign: (timeMs) =>
      [10, 20, 30].map((size) => span(floorTo(timeMs, 30), size)).filter(({ endMs }) => endMs > timeMs),
  },
  session: { assigner: session(8), assign: (timeMs) => [span(timeMs, 8)], merges: true },
  'merging custom': {
    assigner: customWindow((_value, timeMs) => [span(floorTo(timeMs, 3), 12)], { merging: true }),
    assign: (timeMs) => [span(floorTo(timeMs, 3), 12)],
    merges: true,
  },
  global: { assigner: globalWindow(), assign: () => [{ startMs: -Infinity, endMs: Infinity }] },
  'tumbling, by the clock,': {
    assigner: tumbling(20, { time: 'processing' }),
    assign: (timeMs) => [span(floorTo(timeMs, 20), 20)],
    domain: 'processing',
  },
  'sliding, by the clock,': {
    assigner: sliding(20, 10, { time: 'processing' }),
    assign: (timeMs) => [span(floorTo(timeMs, 10), 20), span(floorTo(timeMs, 10) - 10, 20)],
    domain: 'processing',
  },
  'session, by the clock,': {
    assigner: session(8, { time: 'processing' }),
    assign: (timeMs) => [span(timeMs, 8)],
    domain: 'processing',
    merges: true,
  },
};

const atRest: Pick<TriggerCase, 'onTime' | 'purges'> = { onTime: (pane) => [pane, false], purges: false };

const byEnd: TriggerCase = {
  ...atRest,
  name: 'event time',
  onRecord: (pane, _record, { watermarkMs }) =>
    pane.endMs - 1 <= watermarkMs ? [pane, true] : [{ ...pane, eventMs: pane.endMs - 1 }, false],
  onTime: (pane) => [{ ...pane, eventMs: Infinity }, true],
  onMerge: (pane, { watermarkMs }) =>
    pane.endMs - 1 > watermarkMs ? { ...pane, eventMs: pane.endMs - 1 } : pane,
};

const byClock: TriggerCase = {
  ...atRest,
  name: 'the clock',
  onRecord: (pane) => [{ ...pane, clockMs: pane.endMs }, false],
  onTime: (pane) => [{ ...pane, clockMs: Infinity }, true],
  onMerge: (pane) => ({ ...pane, clockMs: pane.endMs }),
};

const byCount = (size: number): TriggerCase => ({
  ...atRest,
  name: `every ${size} records`,
  onRecord: (pane) =>
    pane.count + 1 < size ? [{ ...pane, count: pane.count + 1 }, false] : [{ ...pane, count: 0 }, true],
  onMerge: (pane) => pane,
});

const everyEventTime = (intervalMs: number): TriggerCase => {
  const expectAfter = (pane: Pane, timeMs: number): Pane => {
    const nextMs = Math.min(timeMs + intervalMs, pane.endMs - 1);
    return { ...pane, nextMs, eventMs: nextMs };
  };
  return {
    ...atRest,
    name: `every ${intervalMs} ms of event time`,
    onRecord: (pane, { timestampMs }, { watermarkMs }) => {
      if (pane.endMs - 1 <= watermarkMs) return [pane, true];
      return [pane.nextMs === undefined ? expectAfter(pane, floorTo(timestampMs, intervalMs)) : pane, false];
    },
    onTime: (pane, _domain, timeMs) => [
      timeMs === pane.endMs - 1 ? { ...pane, eventMs: Infinity } : expectAfter(pane, timeMs),
      true,
    ],
    onMerge: (pane, { watermarkMs }) => ({
      ...pane,
      eventMs: Math.min(pane.nextMs ?? Infinity, pane.endMs - 1 > watermarkMs ? pane.endMs - 1 : Infinity),
    }),
  };
};

const everyClockTime = (intervalMs: number, isByClock: boolean): TriggerCase => {
  const expectAfter = (pane: Pane, timeMs: number): Pane => {
    const nextMs = Math.min(timeMs + intervalMs, isByClock ? pane.endMs : Infinity);
    return { ...pane, nextMs, clockMs: nextMs };
  };
  return {
    ...atRest,
    name: `every ${intervalMs} ms of the clock`,
    onRecord: (pane, _record, { clockMs }) => [
      pane.nextMs === undefined ? expectAfter(pane, floorTo(clockMs, intervalMs)) : pane,
      false,
    ],
    onTime: (pane, _domain, timeMs) => [expectAfter(pane, timeMs), true],
    onMerge: (pane) => ({ ...pane, clockMs: pane.nextMs ?? Infinity }),
  };
};

const byDelta = (threshold: number): TriggerCase => ({
  ...atRest,
  name: `changes above ${threshold}`,
  onRecord: (pane, { value }) => {
    if (pane.last === undefined) return [{ ...pane, last: value }, false];
    const isFar = Math.abs(value - pane.last) > threshold;
    return [isFar ? { ...pane, last: value } : pane, isFar];
  },
});

const nothing: TriggerCase = {
  ...atRest,
  name: 'nothing',
  onRecord: (pane) => [pane, false],
  onMerge: (pane) => pane,
};

type Build = (window: WindowCase) => readonly [TriggerSpec, TriggerCase];
const triggers: readonly Build[] = [
  () => [eventTimeTrigger(), byEnd],
  () => [processingTimeTrigger(), byClock],
  () => [countTrigger(2), byCount(2)],
  () => [continuousEventTimeTrigger(7), everyEventTime(7)],
  ({ domain }) => [continuousProcessingTimeTrigger(7), everyClockTime(7, domain === 'processing')],
  () => [deltaTrigger<number>(3, (last, value) => Math.abs(value - last)), byDelta(3)],
  () => [neverTrigger(), nothing],
];

const withPurging = triggers.flatMap((build): readonly Build[] => [
  build,
  (window) => {
    const [spec, trigger] = build(window);
    return [purging(spec), { ...trigger, name: `${trigger.name}, purging`, purges: true }];
  },
]);

const evictors: readonly (Evictor<number> | undefined)[] = [
  undefined,
  countEvictor(2),
  timeEvictor(5),
  deltaEvictor(4, (value, last) => Math.abs(value - last)),
  { ...countEvictor<number>(2), when: 'after' },
];

/** A record of a key and a value some way behind the newest time, or either clock goes on. */
const steps: fc.Arbitrary<readonly Input[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('record', 'record', 'record', 'record', 'watermark', 'clock'),
      key: fc.constantFrom('a', 'b'),
      value: fc.nat(9),
      aheadMs: fc.constantFrom(0, 1, 3, 5, 20),
      behindMs: fc.constantFrom(0, 0, 2, 10, 40),
    }),
    { maxLength: 40, size: 'max' },
  )
  .map((drawn) => {
    let timeMs = 100;
    let clockMs = 0;
    return drawn.map(({ kind, key, value, aheadMs, behindMs }): Input => {
      if (kind === 'clock') {
        clockMs += aheadMs;
        return { clockMs };
      }
      timeMs += aheadMs;
      if (kind === 'watermark') return { watermarkMs: timeMs - 8 };
      return { key, value, timestampMs: timeMs - behindMs };
    });
  });

const cases = Object.entries(windows).flatMap(([name, window]) =>
  withPurging.flatMap((build) => {
    const [spec, trigger] = build(window);
    return window.merges === true && trigger.onMerge === undefined ? [] : [{ name, window, spec, trigger }];
  }),
);

describe('windows', () => {
  it.each(cases)('$name fire at $trigger.name as a plain model says', ({ window, spec, trigger }) => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom(0, 15),
        fc.constantFrom(...evictors),
        (inputs, latenessMs, evictor) => {
          const domain = window.domain ?? 'event';
          const model = new TriggerModel({
            domain,
            assign: window.assign,
            merges: window.merges ?? false,
            trigger,
            latenessMs: domain === 'event' ? latenessMs : 0,
            evictor,
          });
          const context = fakeContext();
          const settings: WindowSettings = {
            assigner: window.assigner,
            trigger: spec,
            evictor: evictor as Evictor<unknown> | undefined,
            allowedLatenessMs: latenessMs,
            lateOutput: 'late',
            aggregation: { kind: 'collect' },
            function: {
              process: (values, { key, window: { startMs, endMs } }, output) =>
                output.emit(`${String(key)} ${startMs}–${endMs}: ${values.join(' ')}`),
            },
            keyed: true,
          };
          const processor = createWindowProcessor({ kind: 'window', window: settings }, context);
          for (const input of [...inputs, { watermarkMs: 1000 }, { clockMs: 1000 }]) {
            drive(processor, context, [input]);
            if ('value' in input) model.record(input.key, input.value as number, input.timestampMs as number);
            else if ('watermarkMs' in input) model.watermark(input.watermarkMs);
            else model.clock(input.clockMs);
            const expected = model.take().toSorted();
            expect(context.main.take().toSorted()).toEqual(expected);
          }
          expect(context.sideOutput('late').values).toEqual(model.late);
        },
      ),
      { numRuns: 40 },
    );
  });
});
