import { describe, expect, it } from 'vitest';
import type { KeyedProcessFunction } from '../../src/api/functions.ts';
import { valueState } from '../../src/api/state.ts';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import {
  boundedOutOfOrderness,
  type DataStream,
  type StreamEnvironment,
  type ValueState,
} from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import { executeAndCollect, type RunOptions, startJob } from '../../src/testing/execute.ts';

interface Event {
  readonly key: number;
  readonly value: number;
  readonly time: number;
}

const texts = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

describe('a batch that does not fit into memory', () => {
  const bytesEach = 2000;
  const records = 80_000;

  /** The real machine, which counts the temporary files that are open. */
  const countingSystem = () => {
    const system = createNodeSystem();
    const open = { now: 0, ever: 0, whenOpened: (): void => undefined };
    const files: System['files'] = {
      ...system.files,
      openTemporary: () => {
        const file = system.files.openTemporary();
        open.now++;
        open.ever++;
        system.timers.soon(() => open.whenOpened());
        return {
          ...file,
          close: () => {
            open.now--;
            file.close();
          },
        };
      },
    };
    return { system: { ...system, files }, open };
  };

  interface Large extends Event {
    readonly text: string;
  }

  const large = (env: StreamEnvironment, howMany: number | undefined): DataStream<Large> =>
    env.fromSource(
      generator<Large>({
        ...(howMany === undefined ? {} : { count: howMany }),
        generate: (i) => ({ key: i % 500, value: 1, time: (i * 7919) % 1000, text: 'x'.repeat(bytesEach) }),
      }),
      boundedOutOfOrderness<Large>('1h').withTimestamps('time'),
    );

  /** Tells how many records of a key came, and whether they came in order. */
  const inOrder = (failing?: number): KeyedProcessFunction<number, Large, string> => {
    let last: ValueState<number, number>;
    let seen: ValueState<number, number>;
    return {
      open: (runtime) => {
        last = runtime.state(valueState('last', { default: -1 })) as typeof last;
        seen = runtime.state(valueState('seen', { default: 0 })) as typeof seen;
      },
      process: ({ time, text }, { key, timers }) => {
        if (time < last.value() || text.length !== bytesEach) throw new Error('out of order');
        if (key === failing) throw new Error('as it was told');
        last.update(time);
        seen.update(seen.value() + 1);
        timers.registerEventTimeTimer(10 ** 6);
      },
      onTimer: (_, { key }, output) => output.emit(`${key}:${seen.value()}`),
    };
  };

  const run = async (
    build: (env: StreamEnvironment) => DataStream<string>,
    howMuch: Partial<RunOptions> = {},
  ) => {
    const { system, open } = countingSystem();
    const result = await executeAndCollect(build, { mode: 'Batch', system, ...howMuch }).catch(
      (error: unknown) => String(error),
    );
    return { result, open };
  };

  it('is sorted on disk and leaves nothing there', async () => {
    const { result, open } = await run((env) => large(env, records).keyBy('key').process(inOrder()));
    expect(open.ever).toBe(1);
    expect(open.now).toBe(0);
    expect(texts(result as readonly unknown[])).toEqual(
      texts(Array.from({ length: 500 }, (_, key) => `${key}:${records / 500}`)),
    );
  });

  it('leaves nothing there either when a function fails', async () => {
    const { result, open } = await run((env) => large(env, records).keyBy('key').process(inOrder(7)));
    expect(result).toMatch(/as it was told/);
    expect(open.ever).toBe(1);
    expect(open.now).toBe(0);
  });

  it.each(['cancel', 'stop'] as const)('leaves nothing there after a %s in the middle', async (how) => {
    const { system, open } = countingSystem();
    const values = new Collected<string>();
    const job = (env: StreamEnvironment): void => {
      large(env, undefined).keyBy('key').process(inOrder()).sinkTo(collect(values));
    };
    const running = startJob(job, { mode: 'Batch', system });
    await new Promise<void>((resolve) => {
      open.whenOpened = resolve;
    });
    if (how === 'cancel') await running.cancel();
    else running.stop();
    const { state, error } = await running.ended;
    expect(error).toBeUndefined();
    expect(state).toBe(how === 'cancel' ? 'cancelled' : 'stopped');
    expect(open.ever).toBe(1);
    expect(open.now).toBe(0);
    // A stop fires no timer.
    expect(values.values).toEqual([]);
  });
});
