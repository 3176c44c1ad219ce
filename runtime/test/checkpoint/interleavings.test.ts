import { describe, expect, it } from 'vitest';
import { rightParts } from './coordinators.ts';
import type { Fate, Process } from './interleaving.ts';
import { planted } from './planted-log.ts';
import { runPair, runSwarm, type Schedule } from './runs.ts';

/** One goes on until its turn ends; at these steps it is the turn of another, at one of them it dies. */
const turns = (switchAt: readonly number[], dieAt = -1, death: Fate = 'done'): Schedule => {
  let turn = 0;
  return (step, waiting) => {
    if (switchAt.includes(step)) turn++;
    const process = waiting[turn % waiting.length] as Process;
    return { process, fate: step === dieAt ? death : 'done' };
  };
};

/** More steps than two coordinators take. */
const steps = 60;

describe('coordinators of one job', () => {
  it('lose nothing and show nothing twice, whichever calls two of them take turns at', async () => {
    for (let first = 0; first < steps; first++)
      for (let second = first + 1; second < steps; second++)
        expect(await runPair(rightParts, turns([first, second])), `${first}, ${second}`).toEqual([]);
  });

  it('nor when one dies before or after any call, and another takes a turn before', async () => {
    for (const death of ['dies before', 'dies after'] as const)
      for (let dieAt = 0; dieAt < steps; dieAt++)
        for (let first = 0; first <= dieAt; first += 2)
          expect(
            await runPair(rightParts, turns([first], dieAt, death)),
            `${first}, ${dieAt} ${death}`,
          ).toEqual([]);
  });

  it('nor by chance, with hand-overs, rollbacks and gc', async () => {
    for (let seed = 1; seed <= 400; seed++)
      expect(await runSwarm(rightParts, seed), `seed ${seed}`).toEqual([]);
  });
});

describe('a wrong protocol is noticed where', () => {
  it.each(Object.entries(planted))('%s', async (_what, parts) => {
    for (let seed = 1; seed <= 3000; seed++) if ((await runSwarm(parts, seed)).length > 0) return;
    expect.fail('nobody noticed');
  });
});
