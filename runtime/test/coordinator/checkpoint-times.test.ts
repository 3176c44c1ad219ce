import { expect, it } from 'vitest';
import { nextCheckpointDelayMs } from '../../src/coordinator/checkpoint-times.ts';

const policy = { intervalMs: 1000, minPauseMs: 300, timeoutMs: 1, tolerableFailures: 0 };

it.each([
  ['an interval after the start of the last', { startedMs: 0, endedMs: 100 }, 200, 800],
  ['at once when the interval is over', { startedMs: 0, endedMs: 100 }, 1500, 0],
  ['a pause after the end of one that took long', { startedMs: 0, endedMs: 950 }, 960, 290],
])('takes the next checkpoint %s', (_, times, nowMs, delayMs) => {
  expect(nextCheckpointDelayMs(policy, times, nowMs)).toBe(delayMs);
});
