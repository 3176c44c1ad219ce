import type { Finding } from './checkers/finding.ts';
import { checkManifest } from './checkers/manifests.ts';
import { Cluster } from './cluster.ts';
import { type CrashPoint, crashesAt, type IoCall, noFaults } from './faults.ts';
import type { RunningScenario, Scenario } from './scenario.ts';
import { disturb, randomFaults, randomRates } from './swarm.ts';

/** What one run has shown. */
export interface Outcome {
  readonly seed: number;
  readonly findings: readonly Finding[];
  /** Calls to the outside. */
  readonly calls: readonly IoCall[];
  readonly nowMs: number;
  readonly trace: readonly string[];
}

/** How long faults go on at most, in ms of virtual time. */
const faultyMs = 30_000;

/** When all is done, those that were replaced get their chance to do harm: answers and requests that are still on their way come. */
const afterwardsMs = 40_000;

const end = async (
  cluster: Cluster,
  running: RunningScenario,
  budgetMs: number,
  during: readonly Finding[],
): Promise<Outcome> => {
  const { world } = cluster;
  world.note('the faults end');
  world.faults = noFaults;
  const isDone = (): boolean => running.isDone();
  const result = await world.run(isDone, budgetMs);
  const findings = [...during];
  if (result === 'reached') {
    await world.run(() => false, afterwardsMs);
    findings.push(...running.check());
  } else {
    findings.push({
      checker: 'liveness',
      what: `it was not done ${budgetMs / 1000} s after the last fault (${result})`,
    });
  }
  const { nowMs } = world;
  cluster.end();
  return { seed: world.seed, findings, calls: world.calls, nowMs, trace: world.trace };
};

const logKey = /^(.*\/log\/)(\d+)$/;

/**
 * Every manifest is read again the moment that it is written: what it names must be there by then. One that comes so late that its
 * number was given up long ago counts for nobody.
 */
const watchManifests = (cluster: Cluster): Finding[] => {
  const findings: Finding[] = [];
  const { storage } = cluster;
  cluster.storage.onWrite((key) => {
    const [, log = '', number] = logKey.exec(key) ?? [];
    if (number === undefined) return;
    const isNewest = storage
      .list(log)
      .every((other) => Number(logKey.exec(other.key)?.[2]) <= Number(number));
    if (isNewest) findings.push(...checkManifest(storage, key));
  });
  return findings;
};

/** Runs a scenario that crashes at certain calls and meets no other fault. */
export const simulateCrashes = async <Seams>(
  scenario: Scenario<Seams>,
  seed: number,
  [first, second]: readonly CrashPoint[],
  seams: Seams = scenario.seams,
): Promise<Outcome> => {
  const cluster = new Cluster(seed);
  const during = watchManifests(cluster);
  cluster.world.faults = crashesAt(first, second);
  const running = scenario.start(cluster, seams);
  await cluster.world.run(() => running.isDone(), scenario.budgetMs);
  return end(cluster, running, scenario.budgetMs, during);
};

/** Runs a scenario under random faults, and then without any until it is done. */
export const simulateSwarm = async <Seams>(
  scenario: Scenario<Seams>,
  seed: number,
  seams: Seams = scenario.seams,
): Promise<Outcome> => {
  const cluster = new Cluster(seed);
  const during = watchManifests(cluster);
  const random = cluster.world.random.fork('faults');
  const rates = randomRates(random);
  cluster.world.faults = randomFaults(random.fork('calls'), rates);
  const disturbing = disturb(cluster, random.fork('disturbances'), rates);
  const running = scenario.start(cluster, seams);
  await cluster.world.run(() => running.isDone(), faultyMs);
  disturbing.end();
  return end(cluster, running, scenario.budgetMs, during);
};
