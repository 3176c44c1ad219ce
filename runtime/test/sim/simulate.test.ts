import { describe, expect, it } from 'vitest';
import { runExhaustive } from '../../sim/exhaustive.ts';
import { traps } from '../../sim/planted/catalogue.ts';
import { catchBug } from '../../sim/planted/planted.ts';
import type { Scenario } from '../../sim/scenario.ts';
import { scenarios } from '../../sim/scenarios/all.ts';
import { logJob } from '../../sim/scenarios/log-job.ts';
import { simulateCrashes, simulateSwarm } from '../../sim/simulate.ts';
import { keepRunning } from '../../sim/supervisor.ts';

interface CounterSeams {
  /** Whether it looks how far it was before it goes on. */
  readonly looks: boolean;
}

/** Counts to five and tells each number to something outside: wrong unless it looks first how far it was. */
const counting: Scenario<CounterSeams> = {
  name: 'counter',
  seams: { looks: true },
  budgetMs: 60_000,
  start: (cluster, { looks }) => {
    let isDone = false;
    const told: number[] = [];
    const failure = (): Error => new Error('no answer');
    keepRunning(cluster, 'counter', async (process) => {
      const call = <T>(what: string, effect: () => T): Promise<T> => process.call(what, '', effect, failure);
      for (;;) {
        try {
          const begun = looks ? await call('look', () => told.length) : 0;
          for (let number = begun; number < 5; number++) await call('tell', () => told.push(number));
          isDone = true;
          return;
        } catch {
          await new Promise<void>((resolve) => void process.system.timers.after(100, resolve));
        }
      }
    });
    return {
      isDone: () => isDone,
      check: () => (told.join() === '0,1,2,3,4' ? [] : [{ checker: 'counter', what: told.join() }]),
    };
  },
};

describe('crashing everywhere', () => {
  it('finds nothing where every crash is survived', async () => {
    const { calls, single, failed } = await runExhaustive(counting);
    expect([calls, single, failed]).toEqual([6, 12, []]);
  });

  it('finds every crash that is not', async () => {
    const { single, failed } = await runExhaustive(counting, { looks: false });
    expect(single).toBe(10);
    // All but the crash before the first call.
    expect(failed.map(({ points }) => points)).toHaveLength(9);
  });

  it('refuses to begin where something is wrong without any crash', async () => {
    const wrong: Scenario<CounterSeams> = {
      ...counting,
      start: (cluster, seams) => ({
        ...counting.start(cluster, seams),
        check: () => [{ checker: 'counter', what: 'always wrong' }],
      }),
    };
    await expect(runExhaustive(wrong)).rejects.toThrow('Without any fault: counter: always wrong');
  });
});

describe('a simulation', () => {
  it('says that what never ends is not alive', async () => {
    const stuck: Scenario<CounterSeams> = {
      ...counting,
      start: () => ({ isDone: () => false, check: () => [] }),
    };
    const { findings } = await simulateCrashes(stuck, 1, []);
    expect(findings).toMatchObject([{ checker: 'liveness' }]);
  });

  it('is the same call by call for the same seed, with all its faults', async () => {
    const [one, again] = [await simulateSwarm(logJob, 17), await simulateSwarm(logJob, 17)];
    expect(again).toEqual(one);
    expect(one.calls.length).toBeGreaterThan(50);
  });
});

describe.each(Object.entries(scenarios))('the scenario %s', (_, scenario) => {
  it('is right under the faults of some seeds', async () => {
    for (let seed = 1; seed <= 3; seed++) expect((await scenario.swarm(seed)).findings).toEqual([]);
  });
});

describe('planted bugs', () => {
  it('have names of their own', () => {
    expect(new Set(traps.map(({ name }) => name)).size).toBe(traps.length);
  });

  it.each(traps)('show nothing in a run without faults: $name', async ({ showsAlone }) => {
    expect(await showsAlone()).toBe(false);
  });

  it('are caught by the first seed that shows them', async () => {
    const bug = { name: 'forgets', pattern: 'none', plant: () => ({ looks: false }) };
    const caught = await catchBug(counting, bug, 100);
    expect(caught.seeds).toBeGreaterThan(0);
    expect(caught.finding).toContain('counter: 0,');
  });

  it('are told to be at large when no seed shows them', async () => {
    const bug = { name: 'none', pattern: 'none', plant: (right: CounterSeams) => right };
    expect(await catchBug(counting, bug, 5)).toEqual({
      name: 'none',
      pattern: 'none',
      seeds: undefined,
      finding: '',
    });
  });
});
