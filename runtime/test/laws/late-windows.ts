/** Windows whose results depend on which records come too late, and on when their triggers look at them. */
import fc from 'fast-check';
import {
  boundedOutOfOrderness,
  continuousEventTimeTrigger,
  countEvictor,
  countTrigger,
  countWindow,
  type DataStream,
  type Evictor,
  eventTimeTrigger,
  globalWindow,
  outputTag,
  purging,
  type Source,
  type TriggerSpec,
  timeEvictor,
  type WindowAssigner,
  type WindowedStream,
} from 'millrace';
import type { Item } from './items.ts';
import { keyCase } from './keyed-steps.ts';
import type { World } from './step.ts';
import { windowCase } from './windows.ts';

const late = outputTag<Item>('late');

const assigner: fc.Arbitrary<{ readonly name: string; readonly assigner: WindowAssigner }> = fc.oneof(
  { weight: 4, arbitrary: windowCase },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { name: 'global', assigner: globalWindow() },
      { name: 'count', assigner: countWindow(3) },
      { name: 'sliding count', assigner: countWindow(3, 2) },
    ),
  },
);

/** Triggers that every window can have, those that merge too. */
const triggers: Readonly<Record<string, TriggerSpec>> = {
  eventTime: eventTimeTrigger(),
  'every two': countTrigger(2),
  'every 1.5 s': continuousEventTimeTrigger('1500ms'),
  'every two, purging': purging(countTrigger(2)),
  'every 2 s, purging': purging(continuousEventTimeTrigger('2s')),
};
const evictors: Readonly<Record<string, Evictor<Item>>> = {
  'last two': countEvictor(2),
  'last second': timeEvictor('1s'),
};

export const settings = fc.record({
  key: keyCase,
  window: assigner,
  trigger: fc.option(fc.constantFrom(...Object.keys(triggers))),
  evictor: fc.option(fc.constantFrom(...Object.keys(evictors))),
  latenessMs: fc.constantFrom(0, 0, 1, 2000),
  delayMs: fc.constantFrom(0, 500, 1500),
  made: fc.constantFrom('process', 'reduce', 'aggregate'),
});
export type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

const finished = (windows: WindowedStream<unknown, Item>, made: string): DataStream<Item> => {
  const told = (values: readonly Item[], endMs: number): Item => ({
    n: values.length,
    time: endMs,
    payload: values,
  });
  if (made === 'process') {
    return windows.process<Item>((values, { window }, output) => output.emit(told(values, window.endMs)));
  }
  if (made === 'reduce') return windows.reduce((left, right) => ({ ...right, n: left.n * 3 + right.n }));
  return windows.aggregate<readonly Item[], Item>({
    create: () => [],
    add: (values, value) => [...values, value],
    merge: (left, right) => [...left, ...right],
    result: (values) => told(values, 0),
  });
};

/** The windows and what came too late for them. */
export const lateProgram =
  (given: Source<Item>, { key, window, trigger, evictor, latenessMs, delayMs, made }: Settings) =>
  ({ env }: Pick<World, 'env'>): readonly DataStream<Item>[] => {
    const strategy = boundedOutOfOrderness<Item>(delayMs).withTimestamps('time');
    let windows = key.by(env.fromSource(given, strategy)).window(window.assigner);
    const hasTime = window.assigner.kind !== 'global' && window.assigner.kind !== 'count';
    if (hasTime) windows = windows.allowedLateness(latenessMs).lateOutput(late);
    if (trigger !== null) windows = windows.trigger(triggers[trigger] as TriggerSpec);
    if (evictor !== null) windows = windows.evictor(evictors[evictor] as Evictor<Item>);
    const results = finished(windows, made);
    return hasTime ? [results, results.sideOutput(late)] : [results];
  };
