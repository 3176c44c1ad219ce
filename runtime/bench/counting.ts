import { type KeyedProcessFunction, type ValueState, valueState } from 'millrace';

export interface Reading {
  readonly key: number;
  readonly value: number;
}

interface Total {
  readonly key: number;
  readonly readings: number;
}

/** Counts the readings of a key until ten seconds after its first one: a value and a timer for each key. */
export const createCounting = (): KeyedProcessFunction<number, Reading, Total> => {
  let readingsSoFar: ValueState<number, number>;
  return {
    open(context) {
      readingsSoFar = context.state(valueState<number>('readings', { default: 0 }));
    },
    process(_reading, context) {
      const before = readingsSoFar.value();
      if (before === 0) context.timers.registerEventTimeTimer((context.timestampMs ?? 0) + 10_000);
      readingsSoFar.update(before + 1);
    },
    onTimer(_timeMs, context, output) {
      output.emit({ key: context.key, readings: readingsSoFar.value() });
      readingsSoFar.clear();
    },
  };
};
