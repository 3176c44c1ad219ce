import { describe, expect, it } from 'vitest';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import { leastMemoryBytes } from '../../src/contract/memory-budget.ts';
import { createSharedThreadJob, type LocalSettings } from '../../src/coordinator/local.ts';
import {
  count,
  type DataStream,
  type Job,
  type KeyedStream,
  monotonousTimestamps,
  session,
  sliding,
  tumbling,
  type ValueState,
  valueState,
} from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import type { DeadLetterPolicy } from '../../src/task/failures.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

interface Reading {
  readonly key: number;
}
type Keyed = KeyedStream<number, Reading>;

/** More keys than the least memory holds, however little a key takes. */
const records = 1_500_000;

const job =
  (use: (stream: Keyed) => DataStream<unknown>, keys = records): Job =>
  (env) => {
    const source = generator<Reading>({
      count: records,
      generate: (i) => ({ key: i % keys }),
      timestamp: (_, i) => i,
    });
    use(env.fromSource(source, monotonousTimestamps()).keyBy('key')).sinkTo(blackhole());
  };

/** A machine on which nobody looks at the heap: it is that of the tests, too. */
const systemWithoutCollections = (): System => {
  const system = createNodeSystem();
  return { ...system, memory: { ...system.memory, afterCollection: () => ({ cancel: () => undefined }) } };
};

const settings = (parallelism: number): LocalSettings => {
  const system = systemWithoutCollections();
  return {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'memory',
    args: {},
    parallelism,
    mode: 'Streaming',
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '.',
    memoryBytes: leastMemoryBytes(parallelism),
  };
};

const run = async (what: Job, deadLetterPolicy: DeadLetterPolicy = 'fail') => {
  let letters = 0;
  const running = createSharedThreadJob(what, {
    ...settings(1),
    deadLetterPolicy,
    deadLetters: () => {
      letters++;
    },
  });
  running.start();
  return { ...(await running.ended), letters };
};

const remembering =
  (caught = false) =>
  (stream: Keyed): DataStream<unknown> => {
    let state: ValueState<number, number>;
    return stream
      .process<never>({
        open: (context) => {
          state = context.state(valueState('last seen', { type: 'number', default: 0 }));
        },
        process: ({ key }) => {
          try {
            state.update(key);
          } catch (error) {
            if (!caught) throw error;
          }
        },
      })
      .name('remember');
  };

describe('a job whose state outgrows its memory', () => {
  it.each(['fail', 'deadLetter', 'drop'] as const)('fails by name under the policy %s', async (policy) => {
    const { state, error, letters } = await run(job(remembering()), policy);
    expect([state, letters]).toEqual(['failed', 0]);
    expect(error).toMatchObject({
      code: 'resource',
      message: expect.stringMatching(
        /^State outgrew the memory of slot 0: “remember” asked for .* are in use/,
      ) as string,
      where: { transform: 'remember', task: expect.any(String) as string, slot: 0 },
    });
  });

  it('fails also when its function catches the error', async () => {
    const { state, error } = await run(job(remembering(true)));
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'resource', where: { transform: 'remember' } });
  });

  const windows = {
    'tumbling windows': tumbling('1d'),
    'hopping windows': sliding('1d', '1h'),
    sessions: session('1h'),
  };
  it.each(Object.entries(windows))('fails by name in %s', async (_name, window) => {
    const { state, error } = await run(
      job((stream) => stream.window(window).aggregate({ n: count() }).name('count')),
    );
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'resource', where: { transform: 'count' } });
  });

  it('fails by name in aggregates that live as long as the job', async () => {
    const { error } = await run(job((stream) => stream.aggregate({ n: count() }).name('count')));
    expect(error).toMatchObject({ code: 'resource', where: { transform: 'count', state: 'aggregates' } });
  });

  it('does not fail when as many keys come one window after the other', async () => {
    const { state } = await run(
      job((stream) => stream.window(tumbling('10s')).aggregate({ n: count() }).name('count')),
    );
    expect(state).toBe('finished');
  });

  it('does not fail when there are few keys', async () => {
    const { state, metrics } = await run(job(remembering(), 1000));
    expect(state).toBe('finished');
    const used = metrics.groups['memory']?.gauges['typedStateBytes']?.value ?? 0;
    expect(used).toBeGreaterThan(1000 * 16);
    expect(used).toBeLessThan(1000 * 200);
  });
});

describe('a key group that moves to a slot without room for it', () => {
  it('fails the job by name', async () => {
    const keys = 240_000;
    let move = (): void => undefined;
    const running = createSharedThreadJob((env) => {
      const source = generator<Reading>({
        generate: (i) => {
          // By now both slots have seen their share of the keys.
          if (i === keys * 2) queueMicrotask(move);
          return { key: i % keys };
        },
      });
      remembering()(env.fromSource(source).keyBy('key')).sinkTo(blackhole());
    }, settings(2));
    move = () =>
      running.moveKeyGroups(
        Array.from({ length: 128 }, (_, keyGroup) => keyGroup),
        1,
      );
    running.start();
    const { state, error } = await running.ended;
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'resource', where: { transform: 'remember', slot: 1 } });
  });
});

describe('a job that is given too little memory', () => {
  it('is refused before anything starts, with the least that works', () => {
    const create = (): unknown =>
      createSharedThreadJob(job(remembering()), { ...settings(4), memoryBytes: leastMemoryBytes(4) - 1 });
    expect(create).toThrow(/^\d+ MiB of memory are too little for 4 slots: at least 273 MiB are needed/);
  });
});
