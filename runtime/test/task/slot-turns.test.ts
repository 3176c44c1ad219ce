import { count, type Job, monotonousTimestamps, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { runJob } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';

interface Reading {
  readonly key: number;
  readonly timeMs: number;
}

/** A machine on which every look at the clock takes a millisecond, and that counts the turns asked for and not yet taken. */
const slowMachine = (): { readonly system: System; readonly mostWaiting: () => number } => {
  const system = createNodeSystem();
  let nowMs = 0;
  let waiting = 0;
  let most = 0;
  return {
    mostWaiting: () => most,
    system: {
      ...system,
      clock: {
        nowMs: () => nowMs,
        monotonicMs: () => {
          nowMs += 1;
          return nowMs;
        },
      },
      timers: {
        after: system.timers.after,
        soon: (callback) => {
          waiting += 1;
          most = Math.max(most, waiting);
          system.timers.soon(() => {
            waiting -= 1;
            callback();
          });
        },
      },
    },
  };
};

describe('the turns of a slot', () => {
  it('are asked for one at a time, so that timers and sockets get theirs however long the job runs', async () => {
    const { system, mostWaiting } = slowMachine();
    const job: Job = (env) => {
      const readings = env.fromSource(
        generator<Reading>({
          count: 200_000,
          generate: (index) => ({ key: index % 10, timeMs: index }),
          timestamp: 'timeMs',
        }),
        monotonousTimestamps(),
      );
      for (const size of ['1s', '2s', '3s'] as const) {
        readings.keyBy('key').window(tumbling(size)).aggregate({ readings: count() }).sinkTo(blackhole());
      }
    };
    const result = await runJob(job, { system });

    expect(result.state).toBe('finished');
    expect(mostWaiting()).toBe(1);
  });
});
