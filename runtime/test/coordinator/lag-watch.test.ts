import { describe, expect, it } from 'vitest';
import { type LagSample, LagWatch, lagGrowth, lagSample } from '../../src/coordinator/lag-watch.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import type { SubtaskReport } from '../../src/worker/slot-handle.ts';

const windowMs = 120_000;

/** Twenty-four samples, five seconds apart: the lag in seconds by the number of the sample. */
const samplesOf = (
  lagS: (at: number) => number,
  isPressed: (at: number) => boolean = () => true,
  count = 24,
): readonly LagSample[] =>
  Array.from({ length: count }, (_, at) => ({
    atMs: at * 5000,
    lagMs: lagS(at) * 1000,
    isPressed: isPressed(at),
  }));

/** Up and down by a second, the same in each run. */
const noise = (at: number): number => ((at * 7919) % 21) / 10 - 1;

describe('a job', () => {
  it.each([
    ['that reads half of what comes', samplesOf((at) => 3 + at * 2.5)],
    ['that reads four fifths of it, with noise', samplesOf((at) => 3 + at + noise(at) * 0.4)],
    ['that stands still', samplesOf((at) => at * 5)],
    [
      'whose sources waited once or twice',
      samplesOf(
        (at) => at * 2,
        (at) => at % 8 !== 3,
      ),
    ],
  ])('%s falls behind', (_, samples) => {
    expect(lagGrowth(samples, windowMs)).toBeDefined();
  });

  it.each([
    ['that keeps up, with noise', samplesOf((at) => 5 + noise(at))],
    ['that catches up', samplesOf((at) => 100 - at * 4)],
    ['that had a burst and goes on', samplesOf((at) => (at < 12 ? at * 5 : 60))],
    ['that falls behind by a twentieth', samplesOf((at) => at * 0.25)],
    ['that falls behind and then catches up', samplesOf((at) => (at < 16 ? at * 5 : 80 - (at - 16) * 5))],
    ['that stands behind from the last look on', samplesOf((at) => (at < 22 ? 2 : 60))],
    [
      'whose input is old and comes slowly, as its source gives it',
      samplesOf(
        (at) => at * 5,
        () => false,
      ),
    ],
    [
      'whose sources wait for input half of the time',
      samplesOf(
        (at) => at * 5,
        (at) => at % 2 === 0,
      ),
    ],
    [
      'that has run for half of the window',
      samplesOf(
        (at) => at * 5,
        () => true,
        12,
      ),
    ],
    [
      'that nobody has looked at often',
      samplesOf(
        (at) => at * 50,
        () => true,
        24,
      ).filter((__, at) => at % 3 === 0),
    ],
  ])('%s does not, or nobody can tell', (_, samples) => {
    expect(lagGrowth(samples, windowMs)).toBeUndefined();
  });

  it('that falls behind is told of from where to where', () => {
    expect(
      lagGrowth(
        samplesOf((at) => at),
        windowMs,
      ),
    ).toEqual({ fromMs: 4000, toMs: 20_000, overMs: 115_000 });
  });
});

const report = (slot: number, part: Partial<SubtaskReport>, source?: { lagMs: number; idleMs?: number }) =>
  ({
    task: source === undefined ? 1 : 0,
    slot,
    busyMs: 0,
    blockedMs: 0,
    ...part,
    flow: {
      elapsedMs: 10_000,
      ...(source === undefined
        ? {}
        : { source: { emitLagMs: source.lagMs, idleMs: source.idleMs ?? 0, watermarkLagMs: 0 } }),
    },
  }) as SubtaskReport;

const earlier = [0, 1].flatMap((slot) =>
  [report(slot, {}, { lagMs: 1 }), report(slot, {})].map((one) => ({
    ...one,
    flow: { ...one.flow, elapsedMs: 0 },
  })),
) as readonly SubtaskReport[];

describe('a look at a job', () => {
  it('takes the source that is furthest behind, as it was when it gave its last record', () => {
    const reports = [report(0, {}, { lagMs: 9000, idleMs: 8000 }), report(1, {}, { lagMs: 3000 })];
    expect(lagSample(reports, [], 5)).toEqual({ atMs: 5, lagMs: 3000, isPressed: false });
  });

  it.each([
    ['its slot works', [report(0, { busyMs: 2000 }, { lagMs: 9 }), report(0, { busyMs: 7000 })], true],
    ['it waits for room', [report(0, { busyMs: 1000, blockedMs: 8000 }, { lagMs: 9 }), report(0, {})], true],
    ['it waits for input', [report(0, { busyMs: 2000 }, { lagMs: 9 }), report(0, { busyMs: 3000 })], false],
    [
      'another slot works',
      [report(0, { busyMs: 2000 }, { lagMs: 9 }), report(1, { busyMs: 9000 }), report(1, {}, { lagMs: 1 })],
      false,
    ],
  ])('says whether the source could have been quicker: %s', (_, reports, isPressed) => {
    expect(lagSample(reports, earlier, 5)?.isPressed).toBe(isPressed);
  });

  it('says nothing of sources that have given no record with a time, and counts no other attempt', () => {
    expect(lagSample([report(0, {}, { lagMs: Number.NaN }), report(0, {})], [], 5)).toBeUndefined();
    const restarted = [report(0, { busyMs: 9000 }, { lagMs: 9 })].map((one) => ({
      ...one,
      flow: { ...one.flow, elapsedMs: -1 },
    })) as readonly SubtaskReport[];
    expect(lagSample(restarted, earlier, 5)?.isPressed).toBe(false);
  });
});

/** Looks at a job that reads so much of what comes, and works all the time. */
const watch = (share: number, ofWindowMs = windowMs) => {
  const machine = createTestSystem();
  const told: string[] = [];
  const { clock } = machine.system;
  const startMs = clock.monotonicMs();
  const lag = new LagWatch({
    system: machine.system,
    windowMs: ofWindowMs,
    report: () => {
      const elapsedMs = clock.monotonicMs() - startMs;
      const source = report(0, { busyMs: elapsedMs }, { lagMs: elapsedMs * (1 - share) });
      return [{ ...source, flow: { ...source.flow, elapsedMs } } as SubtaskReport];
    },
    onBehind: (reason) => void told.push(reason),
  });
  lag.begin();
  const pass = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) machine.advance(500);
  };
  return { lag, told, pass };
};

describe('a watch over the lag', () => {
  it('tells once when the job has fallen behind for the whole window', () => {
    const { told, pass } = watch(0.5);
    pass(100_000);
    expect(told).toEqual([]);
    pass(200_000);
    expect(told).toEqual(['it falls behind its input: from 10 s to 50 s within 110 s']);
  });

  it('tells nothing of one that keeps up, nor where the window is too short to tell', () => {
    for (const { told, pass } of [watch(1), watch(0, 9000)]) {
      pass(300_000);
      expect(told).toEqual([]);
    }
  });

  it('begins anew with each attempt, and ends', () => {
    const { lag, told, pass } = watch(0.5);
    pass(100_000);
    lag.begin();
    pass(100_000);
    expect(told).toEqual([]);
    lag.end();
    pass(100_000);
    expect(told).toEqual([]);
  });
});
