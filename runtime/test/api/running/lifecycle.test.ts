import {
  type DataStream,
  type KeyedProcessFunction,
  type Lifecycle,
  listState,
  type RuntimeContext,
  type StreamEnvironment,
  type SubtaskListState,
  tumbling,
} from 'millrace';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { createHarness, executeAndCollect, runJob } from '../../../src/testing/index.ts';

/** A life that is written down. */
const life = (name: string, log: string[]): Lifecycle => ({
  open: async ({ transformName }) => {
    await Promise.resolve();
    log.push(`${name} opens as ${transformName}`);
  },
  close: () => void log.push(`${name} closes`),
  checkpointComplete: (id) => void log.push(`${name} has ${id}`),
  checkpointAborted: (id) => void log.push(`${name} lost ${id}`),
});

type Build = (numbers: DataStream<number>, life: Lifecycle) => DataStream<unknown>;

/** Every kind of function with a life. */
const functions: Readonly<Record<string, Build>> = {
  map: (numbers, own) => numbers.map({ ...own, map: (n: number) => n }),
  filter: (numbers, own) => numbers.filter({ ...own, filter: () => true }),
  flatMap: (numbers, own) => numbers.flatMap<number>({ ...own, flatMap: (n, output) => output.emit(n) }),
  process: (numbers, own) =>
    numbers.process<number>({ ...own, process: (n, _context, output) => output.emit(n) }),
  'keyed process': (numbers, own) =>
    numbers.keyBy((n) => n).process<number>({ ...own, process: (n, _context, output) => output.emit(n) }),
  reduce: (numbers, own) => numbers.keyBy((n) => n).reduce({ ...own, reduce: (left, right) => left + right }),
  'window function': (numbers, own) =>
    numbers
      .keyBy((n) => n)
      .window(tumbling('1s'))
      .process<number>({ ...own, process: (values, _context, output) => output.emit(values.length) }),
  'window function behind a fold': (numbers, own) =>
    numbers.windowAll(tumbling('1s')).reduce<number>((left, right) => left + right, {
      ...own,
      process: ([total], _context, output) => output.emit(total as number),
    }),
  coMap: (numbers, own) => numbers.connect(numbers).map({ ...own, map1: (n) => n, map2: (n) => n }),
  coFlatMap: (numbers, own) =>
    numbers
      .connect(numbers)
      .flatMap<number>({ ...own, flatMap1: () => undefined, flatMap2: () => undefined }),
  coProcess: (numbers, own) =>
    numbers
      .connect(numbers)
      .process<number>({ ...own, process1: () => undefined, process2: () => undefined }),
  'keyed coProcess': (numbers, own) =>
    numbers
      .keyBy((n) => n)
      .connect(numbers.keyBy((n) => n))
      .process<number>({ ...own, process1: () => undefined, process2: () => undefined }),
  mapAsync: (numbers, own) => numbers.mapAsync({ ...own, call: (n: number) => Promise.resolve(n) }),
  flatMapAsync: (numbers, own) => numbers.flatMapAsync({ ...own, call: (n: number) => Promise.resolve([n]) }),
};

describe.each(Object.entries(functions))('the life of a %s', (_kind, build) => {
  it('opens under its name, hears of checkpoints, and closes when the input has ended', async () => {
    const log: string[] = [];
    const harness = await createHarness((numbers: DataStream<number>) =>
      build(numbers, life('it', log)).name('worker'),
    );
    await harness.push(1, 1);
    await harness.completeCheckpoint(7);
    await harness.abortCheckpoint(8);
    await harness.finish();
    await harness.waitFor(() => harness.ended);
    expect(log).toEqual(['it opens as worker', 'it has 7', 'it lost 8', 'it closes']);
  });

  it('closes also when the job is given up, and when another function fails', async () => {
    const log: string[] = [];
    const harness = await createHarness((numbers: DataStream<number>) =>
      build(numbers, life('it', log)).name('worker'),
    );
    await harness.close();
    expect(log).toEqual(['it opens as worker', 'it closes']);
    const failing = executeAndCollect((env) =>
      build(
        env.fromSource(collection([1])).map((n): number => {
          throw new Error(`no ${n}`);
        }),
        life('other', log),
      ),
    );
    await expect(failing).rejects.toThrow('no 1');
    expect(log.slice(2).map((line) => line.replace(/ as .*/, ''))).toEqual(['other opens', 'other closes']);
  });
});

describe('what a function knows of its place', () => {
  const places = (parallelism: number) => (env: StreamEnvironment) => {
    let place: RuntimeContext | undefined;
    return env
      .fromSource(collection(Array.from({ length: 40 }, (_, n) => n)))
      .map((n) => n)
      .setParallelism(1)
      .rebalance()
      .map({
        open: (context) => {
          place = context;
        },
        map: (n: number) => {
          place?.metrics.counter('seen').increment();
          return [place?.subtask, place?.parallelism, place?.maxParallelism, n % parallelism] as const;
        },
      })
      .name('placed');
  };

  it('are the number of its subtask and how many there are', async () => {
    const seen = await executeAndCollect(places(4), { parallelism: 4, maxParallelism: 64 });
    expect(new Set(seen.map(([subtask]) => subtask))).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set(seen.map(([, parallelism, most]) => `${parallelism} ${most}`))).toEqual(new Set(['4 64']));
  });

  it('sums up its counters over all subtasks: an accumulator of the job', async () => {
    const result = await runJob(
      (env) => {
        places(3)(env).sinkTo({
          kind: 'nowhere',
          delivery: 'none',
          createWriter: () => ({ write: () => undefined, flush: () => undefined, close: () => undefined }),
        });
      },
      { parallelism: 3 },
    );
    expect(result.metrics.groups['placed']?.counters).toMatchObject({ seen: 40 });
  });

  it('is the attempt, which goes up when the job starts anew', async () => {
    const attempts: number[] = [];
    const result = await runJob(
      (env) => {
        let attempt = 0;
        env
          .fromSource(collection([1]))
          .map({
            open: (context) => {
              attempt = context.attempt;
              attempts.push(attempt);
            },
            map: (n: number) => {
              if (attempt < 3) throw new Error('not yet');
              return n;
            },
          })
          .sinkTo({
            kind: 'nowhere',
            delivery: 'none',
            createWriter: () => ({ write: () => undefined, flush: () => undefined, close: () => undefined }),
          });
      },
      { restart: { strategy: 'FixedDelay', attempts: 5, delayMs: 1 } },
    );
    expect(result.state).toBe('finished');
    expect(attempts).toEqual([1, 2, 3]);
  });
});

describe('state without a key', () => {
  it('is there for every function with a life, by its name', async () => {
    let own: SubtaskListState<number> | undefined;
    const harness = await createHarness((numbers: DataStream<number>) =>
      numbers.map({
        open: (context) => {
          own = context.listState(listState<number>('seen'));
        },
        map: (n: number) => {
          own?.add(n);
          return [...(own?.get() ?? [])];
        },
      }),
    );
    await harness.push(1);
    await harness.push(2);
    expect(harness.values).toEqual([[1], [1, 2]]);
  });

  it('is not keyed state, which only a function behind a keyBy has', async () => {
    const asking: KeyedProcessFunction<unknown, number, number> = {
      open: (context) => void context.state(listState<number>('seen')),
      process: () => undefined,
    };
    const job = (env: StreamEnvironment): DataStream<number> =>
      env.fromSource(collection([1])).process<number>(asking as never);
    await expect(executeAndCollect(job)).rejects.toThrow('its input has no keys');
  });
});
