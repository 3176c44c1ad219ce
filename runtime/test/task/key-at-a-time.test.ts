import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction } from '../../src/api/functions.ts';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { KeyAtATimeProcessor } from '../../src/task/key-at-a-time.ts';
import { KeySorter, type KeySorterLimits, usualLimits } from '../../src/task/key-sorter.ts';
import { createKeyedBroadcastProcessor } from '../../src/transforms/broadcast.ts';
import { createKeyedCoProcessProcessor } from '../../src/transforms/keyed-co-process.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import type { KeyedRecordProcessor } from '../../src/transforms/keyed-record-processor.ts';
import type { Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { createReduceProcessor } from '../../src/transforms/reduce.ts';
import { MemoryFiles } from '../connectors/support/memory-files.ts';
import {
  budgetOf,
  drive,
  type FakeContext,
  fakeContext,
  finish,
  type RecordIn,
} from '../transforms/support.ts';

type Key = string | number;

const around = (
  create: (context: ProcessorContext) => Processor,
  context: FakeContext,
  limits: KeySorterLimits = usualLimits,
) => {
  const files = new MemoryFiles();
  const inner = create(context) as KeyedRecordProcessor;
  const processor = new KeyAtATimeProcessor(inner, new KeySorter(files, limits), context.maxParallelism);
  return { processor, inner, files };
};

const open = async (
  user: KeyedProcessFunction<Key, unknown, unknown>,
  context: FakeContext = fakeContext(),
  limits?: KeySorterLimits,
) => {
  const create = (own: ProcessorContext): Processor =>
    createKeyedProcessProcessor(
      { kind: 'keyedProcess', function: user as KeyedProcessFunction<unknown, unknown, unknown> },
      own,
    );
  const parts = around(create, context, limits);
  await parts.processor.open();
  return { context, ...parts };
};

const record = (key: Key, timestampMs: number, value: unknown = key): RecordIn => ({
  key,
  value,
  timestampMs,
});

/** Tells everything it sees, and counts the records of a key in state. */
const witness = (
  more: (
    timestampMs: number,
    timers: {
      registerEventTimeTimer(timeMs: number): void;
      registerProcessingTimeTimer(timeMs: number): void;
    },
  ) => void = () => undefined,
): KeyedProcessFunction<Key, unknown, string> => {
  let seen: ValueState<number, number>;
  return {
    open: (runtime) => {
      seen = runtime.state(valueState('seen', { default: 0, type: 'number' })) as typeof seen;
    },
    process: (_, { key, timestampMs = NaN, watermarkMs, timers }, output) => {
      seen.update(seen.value() + 1);
      output.emit(`${key} ${timestampMs} #${seen.value()} w${watermarkMs}`);
      more(timestampMs, timers);
    },
    onTimer: (timeMs, { key, timeDomain, watermarkMs }, output) => {
      output.emit(`${key} ${timeDomain} ${timeMs} #${seen.value()} w${watermarkMs}`);
    },
  };
};

/** Texts by key, each key's own in their order; fails when a key comes back after another one. */
const byKey = (texts: readonly unknown[]): Record<string, string[]> => {
  const result: Record<string, string[]> = {};
  let last = '';
  for (const text of texts.map(String)) {
    const [key = '', ...rest] = text.split(' ');
    if (key !== last && result[key] !== undefined) throw new Error(`The key ${key} has come back.`);
    last = key;
    result[key] = [...(result[key] ?? []), rest.join(' ')];
  }
  return result;
};

describe('the batch-mode loop', () => {
  it('gives each key its records in order of time, one key after the other, when the input has ended', async () => {
    const { processor, context } = await open(witness());
    drive(
      processor,
      context,
      [record('a', 3), record('b', 9), record('a', 1), record('b', 2), record('a', 2)],
      2,
    );
    drive(processor, context, [{ watermarkMs: 100 }]);
    expect(context.main.values).toEqual([]);
    finish(processor);
    expect(byKey(context.main.take())).toEqual({
      a: ['1 #1 w-Infinity', '2 #2 w-Infinity', '3 #3 w-Infinity'],
      b: ['2 #1 w-Infinity', '9 #2 w-Infinity'],
    });
  });

  it('hands on no watermark but the last', async () => {
    const { processor } = await open(witness());
    expect(processor.outputWatermark(5)).toBe(-Infinity);
    expect(processor.outputWatermark(Infinity)).toBe(Infinity);
  });

  it('fires the timers of a key when its records are over, those of event time first, and then drops its state', async () => {
    const { processor, context, inner } = await open(
      witness((timestampMs, timers) => {
        timers.registerEventTimeTimer(timestampMs + 5);
        timers.registerProcessingTimeTimer(timestampMs);
      }),
      fakeContext({ nowMs: 1000 }),
    );
    drive(processor, context, [record('a', 20), record('b', 7), record('a', 10)]);
    finish(processor);
    expect(byKey(context.main.take())).toEqual({
      a: [
        '10 #1 w-Infinity',
        '20 #2 w-Infinity',
        'event 15 #2 wInfinity',
        'event 25 #2 wInfinity',
        'processing 10 #2 wInfinity',
        'processing 20 #2 wInfinity',
      ],
      b: ['7 #1 w-Infinity', 'event 12 #1 wInfinity', 'processing 7 #1 wInfinity'],
    });
    expect(inner.store.keyCount).toBe(0);
  });

  it('keeps the state of one key alive at a time', async () => {
    const sizes = new Set<number>();
    const user = witness();
    const { processor, context, inner } = await open({
      ...user,
      process: (value, own, output) => {
        user.process(value, own, output);
        sizes.add(inner.store.keyCount);
      },
    });
    drive(
      processor,
      context,
      Array.from({ length: 500 }, (_, i) => record(i % 50, i)),
    );
    finish(processor);
    expect([...sizes]).toEqual([1]);
    expect(context.main.values).toHaveLength(500);
  });

  it('does not let timers registered at the end of one key count against the next', async () => {
    const { processor, context } = await open({
      process: (_, { timers }) => timers.registerProcessingTimeTimer(5),
      onTimer: (timeMs, { key, timers, timeDomain }, output) => {
        output.emit(`${key} ${timeDomain} ${timeMs}`);
        // The clock of a key that is over stands still: this one is not kept.
        timers.registerProcessingTimeTimer(6);
        if (timeDomain === 'processing') timers.registerEventTimeTimer(7);
      },
    });
    drive(processor, context, [record('a', 1), record('b', 1)]);
    finish(processor);
    const both = ['processing 5', 'event 7'];
    expect(byKey(context.main.take())).toEqual({ a: both, b: both });
  });

  it('works in slices, and leaves a key in the middle when one is over', async () => {
    const { processor, context } = await open(
      witness((timestampMs, timers) => timers.registerEventTimeTimer(timestampMs)),
    );
    const inputs = Array.from({ length: 600 }, (_, i) => record(i % 2, i));
    drive(processor, context, inputs);
    let slices = 1;
    const sizes: number[] = [];
    while (!processor.advanceWatermark(Infinity, budgetOf(50))) {
      sizes.push(context.main.values.length);
      slices++;
    }
    expect(slices).toBeGreaterThan(10);
    // What is given at once is bounded too.
    for (const [i, size] of sizes.entries()) {
      expect(size - (sizes[i - 1] ?? 0)).toBeLessThanOrEqual(180);
    }
    expect(byKey(context.main.take())['0']).toHaveLength(600);
    const plain = await open(witness((timestampMs, timers) => timers.registerEventTimeTimer(timestampMs)));
    drive(plain.processor, plain.context, inputs);
    finish(plain.processor);
    expect(Object.keys(byKey(plain.context.main.take()))).toHaveLength(2);
  });

  it('gives the same with little memory, and leaves no file open', async () => {
    const inputs = Array.from({ length: 400 }, (_, i) => record(i % 13, (i * 31) % 50, i));
    const texts: unknown[][] = [];
    for (const limits of [usualLimits, { memoryBytes: 500, sortedAtOnce: 7, partRecords: 5 }]) {
      const { processor, context, files } = await open(witness(), fakeContext(), limits);
      for (let from = 0; from < inputs.length; from += 10) {
        drive(processor, context, inputs.slice(from, from + 10));
        if (limits === usualLimits) expect(processor.nextTimeMs()).toBe(Infinity);
        while (processor.nextTimeMs() === -Infinity) processor.advanceTime(0, budgetOf(3));
      }
      expect(files.openCount).toBe(limits === usualLimits ? 0 : 1);
      finish(processor);
      expect(files.openCount).toBe(0);
      texts.push(context.main.take());
    }
    expect(texts[1]).toEqual(texts[0]);
  });

  it('closes its file and the function when it is closed in the middle', async () => {
    let closed = 0;
    const { processor, context, files } = await open(
      { process: () => undefined, close: () => void closed++ },
      fakeContext(),
      { memoryBytes: 1, sortedAtOnce: 1, partRecords: 1 },
    );
    drive(processor, context, [record('a', 1)]);
    processor.advanceTime(0, budgetOf(100));
    expect(files.openCount).toBe(1);
    await processor.close();
    expect(files.openCount).toBe(0);
    expect(closed).toBe(1);
  });

  it('processes the records in hand when the job is stopped, and fires nothing', async () => {
    const { processor, context, inner } = await open(
      witness((timestampMs, timers) => timers.registerEventTimeTimer(timestampMs)),
    );
    drive(processor, context, [record('a', 2), record('b', 1), record('a', 1)]);
    while (!processor.stop(budgetOf(1)));
    expect(byKey(context.main.take())).toEqual({
      a: ['1 #1 w-Infinity', '2 #2 w-Infinity'],
      b: ['1 #1 w-Infinity'],
    });
    expect(inner.store.keyCount).toBe(0);
    expect(inner.store.eventTimers.size).toBe(0);
  });

  it('leaves a record and a timer that fail to the policy, and goes on', async () => {
    const user = witness((timestampMs, timers) => timers.registerEventTimeTimer(timestampMs + 100));
    const context = fakeContext({ policy: 'drop' });
    const { processor } = await open(
      {
        ...user,
        process: (value, own, output) => {
          user.process(value, own, output);
          if (value === 'bad') throw new Error('bad record');
        },
        onTimer: (timeMs, own, output) => {
          if (timeMs === 103) throw new Error('bad timer');
          user.onTimer?.(timeMs, own, output);
        },
      },
      context,
    );
    drive(processor, context, [record('a', 3), record('a', 2, 'bad'), record('a', 1)]);
    finish(processor);
    expect(context.main.take()).toEqual([
      'a 1 #1 w-Infinity',
      'a 3 #2 w-Infinity',
      'a event 101 #2 wInfinity',
    ]);
    expect(context.failed.map(({ error }) => (error as Error).message)).toEqual(['bad record', 'bad timer']);
  });
});

describe('transforms in the batch-mode loop', () => {
  it('merge both inputs of a connected function by time', async () => {
    const context = fakeContext();
    const tell =
      (name: string) =>
      (
        value: unknown,
        { timestampMs }: { timestampMs: number | undefined },
        output: { emit(text: string): void },
      ) =>
        output.emit(`${name}${String(value)} ${timestampMs}`);
    const { processor } = around(
      (own) =>
        createKeyedCoProcessProcessor(
          { kind: 'keyedCoProcess', function: { process1: tell('l'), process2: tell('r') } as never },
          own,
        ),
      context,
    );
    await processor.open();
    const on = (port: number, timestampMs: number): RecordIn => ({ key: 'k', value: '', timestampMs, port });
    drive(processor, context, [on(1, 5), on(0, 4), on(0, 1), on(1, 2), on(1, 4), on(0, 5)]);
    finish(processor);
    expect(context.main.take()).toEqual(['l 1', 'r 2', 'l 4', 'r 4', 'r 5', 'l 5']);
  });

  it('reduce in order of time, with the result so far for every record', async () => {
    const context = fakeContext();
    const { processor } = around(
      (own) =>
        createReduceProcessor(
          { kind: 'reduce', function: (left, right) => `${String(left)}${String(right)}` },
          own,
        ),
      context,
    );
    await processor.open();
    drive(processor, context, [record('k', 3, 'c'), record('k', 1, 'a'), record('k', 2, 'b')]);
    finish(processor);
    expect(context.main.records).toEqual([
      { value: 'a', timestampMs: 1 },
      { value: 'ab', timestampMs: 2 },
      { value: 'abc', timestampMs: 3 },
    ]);
  });

  it('see everything that is broadcast before the first keyed record', async () => {
    const context = fakeContext();
    const rules: unknown[] = [];
    const { processor } = around(
      (own) =>
        createKeyedBroadcastProcessor(
          {
            kind: 'keyedBroadcast',
            function: {
              process: (value, _, output) => output.emit(`${String(value)} by ${rules.join(' ')}`),
              processBroadcast: (rule) => void rules.push(rule),
            },
          },
          own,
        ),
      context,
    );
    await processor.open();
    drive(processor, context, [
      { value: 'r1', port: 1 },
      { key: 'k', value: 'v', timestampMs: 1 },
      { value: 'r2', port: 1 },
    ]);
    finish(processor);
    expect(context.main.take()).toEqual(['v by r1 r2']);
  });
});
