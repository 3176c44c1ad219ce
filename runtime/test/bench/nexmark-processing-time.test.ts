import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Job } from 'millrace';
import { Collected, collect } from 'millrace/connectors/collect';
import { createTestSystem, runJob } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { goldenClock } from '../../bench/nexmark/hashes.ts';
import { queries } from '../../bench/nexmark/queries.ts';
import { isoTime } from '../../bench/nexmark/query.ts';
import { bids } from '../../bench/nexmark/source.ts';

const windowMs = 10_000;
const startMs = 1_700_000_003_000;
/** 24 s of the clock, in three windows. */
const stream = { events: 12_000, clock: goldenClock, eventsPerSecond: 500 };

/** Runs a job on a machine whose clock moves by a millisecond as soon as there is nothing left to do. */
const runOnClock = async (create: (nowMs: () => number) => Job): Promise<void> => {
  const machine = createTestSystem({ startMs });
  const ended = runJob(
    create(() => machine.nowMs),
    { system: machine.system },
  );
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (let steps = 0; !over; steps++) {
    await nextTurn();
    for (let i = 0; i < 50; i++) machine.advance(steps < 10 ? 0 : 1);
  }
  expect((await ended).state).toBe('finished');
};

/** When each bid came in, by a job that does nothing but look at the clock. */
const arrivals = async (): Promise<readonly (readonly [bidder: number, atMs: number])[]> => {
  const seen: [number, number][] = [];
  await runOnClock((nowMs) => (env) => {
    env
      .fromSource(bids(stream))
      .map((bid) => {
        seen.push([bid.bidder, nowMs()]);
        return bid.bidder;
      })
      .sinkTo(collect(new Collected<number>()));
  });
  return seen;
};

const model = async (): Promise<readonly string[]> => {
  const counts = new Map<string, number>();
  for (const [bidder, atMs] of await arrivals()) {
    const window = `${bidder} ${Math.floor(atMs / windowMs) * windowMs}`;
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return [...counts]
    .map(([window, bidCount]) => {
      const [bidder = 0, windowStart = 0] = window.split(' ').map(Number);
      return JSON.stringify([bidder, bidCount, isoTime(windowStart), isoTime(windowStart + windowMs)]);
    })
    .toSorted();
};

const answer = async (): Promise<readonly string[]> => {
  const query = queries.find(({ name }) => name === 'q12');
  if (query === undefined) throw new Error('There is no q12.');
  const collected = new Collected<unknown>();
  await runOnClock(() => query.job(stream, collect(collected)));
  return collected.values.map((result) => JSON.stringify(query.rowOf(result))).toSorted();
};

describe('Nexmark q12 on a simulated clock', () => {
  it('counts the bids of each bidder in the windows of the clock in which they came in', async () => {
    const expected = await model();

    expect(new Set(expected.map((line) => (JSON.parse(line) as unknown[])[2])).size).toBe(3);
    expect(await answer()).toEqual(expected);
  });
});
