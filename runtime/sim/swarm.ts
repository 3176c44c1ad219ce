import type { Cluster } from './cluster.ts';
import type { FaultPlan, IoCall, Verdict } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import type { SeededRandom } from './random.ts';

/** How likely each fault is: of one call, or within one second of virtual time. */
export interface FaultRates {
  readonly perCall: Readonly<Partial<Record<Verdict, number>>>;
  readonly perSecond: Readonly<Partial<Record<DisturbanceName, number>>>;
  /** How long calls take each way, in ms: usually, and at times. */
  readonly delayMs: readonly [number, number];
  readonly slowDelayMs: number;
  readonly slowShare: number;
}

type DisturbanceName = 'kill' | 'vanish' | 'stop' | 'clockJump' | 'cut' | 'reset' | 'poison';

/** What is done to the world from outside, and not at a call. */
const disturbances: Readonly<Record<DisturbanceName, (cluster: Cluster, random: SeededRandom) => void>> = {
  kill: (cluster, random) => withOne(cluster, random, (process) => process.kill('a fault')),
  vanish: (cluster, random) => withOne(cluster, random, (process) => process.vanish('its machine is gone')),
  stop: (cluster, random) =>
    withOne(cluster, random, (process) => {
      process.stop();
      cluster.world.after(random.between(100, 15_000), () => process.continue());
    }),
  clockJump: (cluster, random) =>
    withOne(cluster, random, (process) => process.jumpClock(random.between(-3_600_000, 3_600_000))),
  cut: (cluster, random) => {
    const hosts = [...new Set(cluster.living().map(({ host }) => host))];
    if (hosts.length < 2) return;
    const [from, to] = [random.pick(hosts), random.pick(hosts)];
    cluster.network.cut(from, to);
    // Every second one is a partition, the others lose one way only.
    if (random.chance(0.5)) cluster.network.cut(to, from);
    cluster.world.after(random.between(100, 10_000), () => cluster.network.heal());
  },
  reset: (cluster) => cluster.network.resetOne(),
  poison: (cluster) => {
    cluster.poison++;
  },
};

const withOne = (cluster: Cluster, random: SeededRandom, act: (process: SimulatedProcess) => void): void => {
  const living = cluster.living();
  if (living.length > 0) act(random.pick(living));
};

/** What may go wrong at a call, and how often at most. */
const mostPerCall: Readonly<Partial<Record<Verdict, number>>> = {
  fail: 0.05,
  loseAnswer: 0.05,
  late: 0.03,
  tear: 0.03,
  silent: 0.005,
  crashBefore: 0.01,
  crashAfter: 0.01,
};

const mostPerSecond: Readonly<Record<DisturbanceName, number>> = {
  kill: 0.2,
  vanish: 0.05,
  stop: 0.1,
  clockJump: 0.2,
  cut: 0.2,
  reset: 0.3,
  poison: 0.5,
};

/** A random subset of the faults, each at a random rate: most seeds meet few kinds, so that one does not hide another. */
export const randomRates = (random: SeededRandom): FaultRates => {
  const some = <Name extends string>(most: Readonly<Partial<Record<Name, number>>>) =>
    Object.fromEntries(
      Object.entries<number | undefined>(most).map(([name, rate = 0]) => [
        name,
        random.chance(0.4) ? rate * random.next() : 0,
      ]),
    ) as Partial<Record<Name, number>>;
  return {
    perCall: some(mostPerCall),
    perSecond: some(mostPerSecond),
    delayMs: [random.between(0, 2), random.between(2, 20)],
    slowDelayMs: random.between(100, 3000),
    slowShare: random.chance(0.5) ? random.next() * 0.1 : 0,
  };
};

/** The faults of calls under these rates. */
export const randomFaults = (random: SeededRandom, rates: FaultRates): FaultPlan => ({
  judge: () => {
    let draw = random.next();
    for (const [verdict, rate = 0] of Object.entries(rates.perCall)) {
      if (draw < rate) return verdict as Verdict;
      draw -= rate;
    }
    return 'do';
  },
  delayMs: (_call: IoCall) =>
    random.chance(rates.slowShare) ? random.next() * rates.slowDelayMs : random.between(...rates.delayMs),
});

/** Disturbs the world at random moments, until it is told to leave it alone. */
export const disturb = (cluster: Cluster, random: SeededRandom, rates: FaultRates): { end(): void } => {
  let isOver = false;
  const next = (name: DisturbanceName, rate: number): void => {
    const waitMs = (-Math.log(1 - random.next()) / rate) * 1000;
    cluster.world.after(waitMs, () => {
      if (isOver) return;
      disturbances[name](cluster, random);
      next(name, rate);
    });
  };
  for (const [name, rate = 0] of Object.entries(rates.perSecond)) {
    if (rate > 0) next(name as DisturbanceName, rate);
  }
  return {
    end: () => {
      isOver = true;
      cluster.network.heal();
      cluster.poison = 0;
      for (const process of cluster.living()) process.continue();
    },
  };
};
