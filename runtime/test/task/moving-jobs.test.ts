import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/environment.ts';
import { buildGraph } from '../../src/artifact/load.ts';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import { createJobCode } from '../../src/coordinator/job-code.ts';
import { type LocalSettings, slotSetup, surroundingsOf } from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { allocateAlignment } from '../../src/exchange/alignment-board.ts';
import { boundedOutOfOrderness, count, session, tumbling } from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createLocalSlot } from '../../src/worker/local-slot.ts';
import { SharedThreadChannels } from '../../src/worker/shared-thread.ts';
import { storedSlot } from '../../src/worker/stored-slot.ts';

interface Click {
  readonly user: number;
  readonly clicks: number;
  readonly time: number;
}

const slots = 3;

const settings = (): LocalSettings => {
  const system = createNodeSystem();
  return {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    jobName: 'moving',
    args: {},
    parallelism: slots,
    mode: 'Streaming',
    restart: { strategy: 'None' },
    deadLetterPolicy: 'fail',
    deadLetters: () => undefined,
    baseDirectory: '/',
  };
};

/** A job whose state is long on its way between slots: it is delivered when the test says so. */
const slowJob = (job: Job) => {
  const chosen = settings();
  const plan = () => buildGraph(job, {}, chosen);
  const graph = plan();
  const mail: (() => void)[] = [];
  const running = new LocalJob({
    ...chosen,
    graph,
    deploy: (attempt, slotReports, enumeratorReports) => {
      const channels = new SharedThreadChannels();
      const alignment = allocateAlignment(graph);
      const deployed = Array.from({ length: slots }, (_, slot) => {
        const reports = slotReports(slot);
        return storedSlot(slot, undefined, slotReports(slot), () =>
          createLocalSlot({
            ...slotSetup(chosen, plan(), attempt, slot),
            ...reports,
            sendState: (toSlot, state) => mail.push(() => reports.sendState(toSlot, state)),
            remote: channels.of(slot),
            alignment,
          }),
        );
      });
      return { slots: deployed, jobCode: createJobCode(plan(), surroundingsOf(chosen), enumeratorReports) };
    },
  });
  const turn = (): Promise<void> => new Promise((resolve) => chosen.system.timers.soon(resolve));
  return {
    running,
    mail,
    turn,
    /** Waits, turn by turn, until this is so. */
    until: async (condition: () => boolean): Promise<void> => {
      while (!condition()) {
        if (running.state === 'failed') throw (await running.ended).error;
        await turn();
      }
    },
    /** Delivers a few pieces of state each turn until the job has ended. */
    deliverToEnd: async (): Promise<void> => {
      while (!['finished', 'stopped', 'cancelled', 'failed'].includes(running.state)) {
        for (const deliver of mail.splice(0, 5)) deliver();
        await turn();
      }
    },
  };
};

const every = Array.from({ length: 128 }, (_, keyGroup) => keyGroup);
const some = (turn: number): readonly number[] => every.filter((keyGroup) => (keyGroup + turn) % 3 === 0);

const clicks = (howMany: number | undefined, made: (number: number) => void = () => undefined) =>
  generator<Click>({
    ...(howMany === undefined ? {} : { count: howMany }),
    generate: (number) => {
      made(number);
      return { user: (number * 7919) % 300, clicks: 1, time: number };
    },
  });

/** Out of order by more than the subtasks of the source are ever apart. */
const times = boundedOutOfOrderness<Click>('60s').withTimestamps('time');

describe('a job whose key groups move while their state is slow', () => {
  const results = async (moves: boolean): Promise<readonly unknown[][]> => {
    const windows = new Collected<unknown>();
    const sessions = new Collected<unknown>();
    const totals = new Collected<Click>();
    const job = slowJob((env) => {
      const stream = env.fromSource(clicks(30_000), times).keyBy('user');
      stream.window(tumbling('2s')).aggregate({ n: count() }).sinkTo(collect(windows));
      stream.window(session('250ms')).aggregate({ n: count() }).sinkTo(collect(sessions));
      stream
        .reduce((left, right) => ({ ...right, clicks: left.clicks + right.clicks, time: 0 }))
        .sinkTo(collect(totals));
    });
    job.running.start();
    await job.until(() => job.running.state === 'running');
    for (let turn = 0; moves && turn < 20; turn++) {
      job.running.moveKeyGroups(some(turn), turn % slots);
      for (const deliver of job.mail.splice(0, 20)) deliver();
      await job.turn();
    }
    await job.deliverToEnd();
    const { error } = await job.running.ended;
    if (error !== undefined) throw error;
    const shapes = totals.values.map(({ user, clicks: n }) => `${user} ${n}`);
    return [shapes, windows.values, sessions.values].map((values) =>
      values.map((value) => JSON.stringify(value)).sort(),
    );
  };

  it('gives the results of a run without moves', async () => {
    expect(await results(true)).toEqual(await results(false));
  });

  it('loses and doubles nothing when it is stopped in the middle', async () => {
    const made = new Set<number>();
    const counts = new Collected<Click>();
    const job = slowJob((env) => {
      env
        .fromSource(
          clicks(undefined, (number) => made.add(number)),
          times,
        )
        .keyBy('user')
        .reduce((left, right) => ({ ...right, clicks: left.clicks + right.clicks }))
        .sinkTo(collect(counts));
    });
    job.running.start();
    await job.until(() => counts.values.length > 10_000);
    job.running.moveKeyGroups(some(1), 0);
    await job.until(() => job.mail.length > 0);
    job.running.moveKeyGroups(some(1), 1);
    for (let turn = 0; turn < 10; turn++) await job.turn();
    job.running.stop();
    for (let turn = 0; turn < 10; turn++) await job.turn();
    expect(job.running.state).toBe('stopping');
    await job.deliverToEnd();
    expect((await job.running.ended).state).toBe('stopped');
    expect(counts.values).toHaveLength(made.size);
    const byUser = Map.groupBy(counts.values, ({ user }) => user);
    for (const each of byUser.values()) {
      expect(each.map(({ clicks: n }) => n)).toEqual(each.map((_, i) => i + 1));
    }
  });

  it('can be cancelled while state is on its way, and state that comes later does nothing', async () => {
    const counts = new Collected<Click>();
    const job = slowJob((env) => {
      env
        .fromSource(clicks(undefined), times)
        .keyBy('user')
        .reduce((left, right) => ({ ...right, clicks: left.clicks + right.clicks }))
        .sinkTo(collect(counts));
    });
    job.running.start();
    await job.until(() => counts.values.length > 1000);
    job.running.moveKeyGroups(every, 2);
    await job.until(() => job.mail.length > 0);
    await job.running.cancel();
    const seen = counts.values.length;
    for (const deliver of job.mail.splice(0)) deliver();
    for (let turn = 0; turn < 10; turn++) await job.turn();
    expect((await job.running.ended).state).toBe('cancelled');
    expect(counts.values).toHaveLength(seen);
  });
});
