import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import { createSharedThreadJob, type LocalSettings } from '../../src/coordinator/local.ts';
import type { KeyedProcessFunction, ValueState } from '../../src/index.ts';
import { boundedOutOfOrderness, count, type Job, session, tumbling, valueState } from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

interface Click {
  readonly user: number;
  readonly time: number;
}

const clicks = 60_000;
const users = 500;
const mostMoves = 25;

/** Counts in state, and tells the count of a user once it was silent for a while of event time. */
const countUntilSilent = (): KeyedProcessFunction<number, Click, string> => {
  let seen: ValueState<number, number>;
  let last: ValueState<number, number>;
  return {
    open: (context) => {
      seen = context.state(valueState('seen', { default: 0 }));
      last = context.state(valueState('last', { default: 0 }));
    },
    process: (click, context) => {
      seen.update(seen.value() + 1);
      last.update(Math.max(last.value(), click.time));
      context.timers.registerEventTimeTimer(click.time + 30_000);
    },
    onTimer: (timestampMs, context, output) => {
      if (timestampMs === last.value() + 30_000) output.emit(`${context.key}:${seen.value()}`);
    },
  };
};

const settings = (parallelism: number): LocalSettings => {
  const system = createNodeSystem();
  return {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'moving',
    args: {},
    parallelism,
    mode: 'Streaming',
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '/',
  };
};

/** Runs the job; `moves` is called again and again while it runs. */
const run = async (
  parallelism: number,
  move: ((turn: number) => readonly [number[], number]) | undefined,
) => {
  const silences = new Collected<string>();
  const windows = new Collected<unknown>();
  const sessions = new Collected<unknown>();
  const job: Job = (env) => {
    const stream = env
      .fromSource(
        generator<Click>({ count: clicks, generate: (i) => ({ user: (i * 7919) % users, time: i }) }),
        // The two subtasks of the source are never a whole block apart.
        boundedOutOfOrderness<Click>('60s').withTimestamps('time'),
      )
      .keyBy('user');
    stream.process(countUntilSilent()).sinkTo(collect(silences));
    stream.window(tumbling('10s')).aggregate({ clicks: count() }).sinkTo(collect(windows));
    stream.window(session('450ms')).aggregate({ clicks: count() }).sinkTo(collect(sessions));
  };
  const chosen = settings(parallelism);
  const running = createSharedThreadJob(job, chosen);
  running.start();
  let moved = 0;
  const moveSoon = (): void => {
    if (
      move === undefined ||
      moved === mostMoves ||
      running.state === 'finished' ||
      running.state === 'failed'
    )
      return;
    if (running.state === 'running') running.moveKeyGroups(...move(moved++));
    chosen.system.timers.soon(moveSoon);
  };
  moveSoon();
  const result = await running.ended;
  if (result.error !== undefined) throw result.error;
  return {
    moved,
    results: [silences, windows, sessions].map(({ values }) =>
      values.map((value) => JSON.stringify(value)).sort(),
    ),
  };
};

describe('moving key groups between running slots', () => {
  it('gives the results of a run without moves', async () => {
    const still = await run(2, undefined);
    const moving = await run(2, (turn) => [
      Array.from({ length: 40 }, (_, i) => (turn * 13 + i * 3) % 128),
      turn % 2,
    ]);
    expect(moving.moved).toBeGreaterThan(5);
    expect(moving.results).toEqual(still.results);
  });

  it('gives them when one slot takes everything and gives it back', async () => {
    const still = await run(3, undefined);
    const all = Array.from({ length: 128 }, (_, keyGroup) => keyGroup);
    const moving = await run(3, (turn) => [all, turn % 3]);
    expect(moving.results).toEqual(still.results);
  });
});
