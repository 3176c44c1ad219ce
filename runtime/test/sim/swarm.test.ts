import { describe, expect, it } from 'vitest';
import { Cluster } from '../../sim/cluster.ts';
import { SeededRandom } from '../../sim/random.ts';
import { disturb, type FaultRates, randomFaults, randomRates } from '../../sim/swarm.ts';

const quiet: FaultRates = { perCall: {}, perSecond: {}, delayMs: [1, 2], slowDelayMs: 1000, slowShare: 0 };
const call = { number: 1, process: 'one', what: 'store.put', on: 'a', timeMs: 0 };

describe('random rates', () => {
  it('are the same for the same seed, and leave most faults out', () => {
    const rates = Array.from({ length: 50 }, (_, seed) => randomRates(new SeededRandom(seed)));
    expect(randomRates(new SeededRandom(7))).toEqual(rates[7]);
    const shares = rates.flatMap(({ perCall, perSecond }) => [
      ...Object.values(perCall),
      ...Object.values(perSecond),
    ]);
    const used = shares.filter((rate) => rate > 0).length / shares.length;
    expect(used).toBeGreaterThan(0.3);
    expect(used).toBeLessThan(0.5);
  });
});

describe('random faults of calls', () => {
  it('come as often as their rates say', () => {
    const plan = randomFaults(new SeededRandom(1), { ...quiet, perCall: { fail: 0.2, loseAnswer: 0.1 } });
    const verdicts = Array.from({ length: 10_000 }, () => plan.judge(call));
    const share = (verdict: string): number => verdicts.filter((one) => one === verdict).length / 10_000;
    expect([share('do'), share('fail'), share('loseAnswer')].map((one) => Math.round(one * 20) / 20)).toEqual(
      [0.7, 0.2, 0.1],
    );
  });

  it('are slow as often as is said', () => {
    const plan = randomFaults(new SeededRandom(1), { ...quiet, slowShare: 0.5 });
    const slow = Array.from({ length: 1000 }, () => plan.delayMs(call)).filter((delayMs) => delayMs > 2);
    expect(slow.length / 1000).toBeCloseTo(0.5, 1);
  });
});

describe('disturbances', () => {
  const disturbed = async (perSecond: FaultRates['perSecond'], seconds: number): Promise<Cluster> => {
    const cluster = new Cluster(1);
    for (const name of ['one', 'other', 'third']) cluster.start(name);
    const disturbing = disturb(cluster, new SeededRandom(1), { ...quiet, perSecond });
    await cluster.world.run(() => false, seconds * 1000);
    disturbing.end();
    return cluster;
  };

  it('kill processes until none is left', async () => {
    expect((await disturbed({ kill: 1 }, 60)).living()).toEqual([]);
  });

  it('stop processes for a while, and end with all of them going on', async () => {
    const cluster = await disturbed({ stop: 2 }, 20);
    expect(cluster.world.trace.some((line) => line.includes('is stopped'))).toBe(true);
    expect(cluster.living().map(({ freeAtMs }) => freeAtMs < Infinity)).toEqual([true, true, true]);
  });

  it('cut the network and set clocks, and heal it at the end', async () => {
    const { world } = await disturbed({ cut: 1, clockJump: 1 }, 20);
    for (const what of ['nothing goes from', 'the clock of', 'everything comes through again'])
      expect(world.trace.some((line) => line.includes(what))).toBe(true);
  });
});
