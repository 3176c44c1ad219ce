import type { KeyedProcessContext, KeyedProcessFunction, TimerContext } from '../../src/api/functions.ts';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { type FakeContext, fakeContext, type RecordIn } from './support.ts';

export type Key = string | number;
export type Context = KeyedProcessContext<Key>;
export type Output = { emit(value: unknown, timestampMs?: number): void };

export const open = async (
  user: KeyedProcessFunction<Key, unknown, unknown>,
  context: FakeContext = fakeContext(),
): Promise<Processor> => {
  const processor = createKeyedProcessProcessor(
    { kind: 'keyedProcess', function: user as KeyedProcessFunction<unknown, unknown, unknown> },
    context,
  );
  await processor.open?.();
  return processor;
};

export const record = (key: Key, value: unknown = key, timestampMs?: number): RecordIn =>
  timestampMs === undefined ? { key, value } : { key, value, timestampMs };

/** Counts the records of each key. */
export class Counter implements KeyedProcessFunction<Key, unknown, unknown> {
  private count: ValueState<number, number> | undefined;

  open(runtime: { state(descriptor: unknown): unknown }): void {
    this.count = runtime.state(valueState('count', { default: 0, type: 'number' })) as ValueState<
      number,
      number
    >;
  }

  process(_: unknown, context: Context, output: Output): void {
    const { count } = this;
    if (count === undefined) return;
    count.update(count.value() + 1);
    output.emit([context.key, count.value()]);
  }
}

/** Registers the timers that a record names, and tells what fires. */
export class Alarms implements KeyedProcessFunction<Key, unknown, unknown> {
  process(value: unknown, { timers }: Context): void {
    const {
      event = [],
      processing = [],
      cancel = [],
    } = value as {
      event?: readonly number[];
      processing?: readonly number[];
      cancel?: readonly number[];
    };
    for (const timeMs of event) timers.registerEventTimeTimer(timeMs);
    for (const timeMs of processing) timers.registerProcessingTimeTimer(timeMs);
    for (const timeMs of cancel) {
      timers.deleteEventTimeTimer(timeMs);
      timers.deleteProcessingTimeTimer(timeMs);
    }
  }

  onTimer(timestampMs: number, context: TimerContext<Key>, output: Output): void {
    output.emit([context.key, context.timeDomain, timestampMs]);
  }
}
