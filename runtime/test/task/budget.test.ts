import { describe, expect, it } from 'vitest';
import { TimeBudget } from '../../src/task/budget.ts';
import { ManualSystem } from '../transforms/manual-system.ts';

const unitsUntilStop = (budget: TimeBudget, most = 100_000): number => {
  for (let units = 1; units <= most; units++) if (!budget.take()) return units;
  return Infinity;
};

describe('a budget of time', () => {
  it('never ends while the clock stands still', () => {
    const { system } = new ManualSystem();
    expect(unitsUntilStop(new TimeBudget(system.clock).renew())).toBe(Infinity);
  });

  it('ends at the next look at the clock after five milliseconds', () => {
    const machine = new ManualSystem();
    const budget = new TimeBudget(machine.system.clock).renew();
    for (let i = 0; i < 100; i++) expect(budget.take()).toBe(true);
    machine.advance(5);
    expect(unitsUntilStop(budget)).toBeLessThanOrEqual(128);
  });

  it('reads the clock only now and then', () => {
    const machine = new ManualSystem();
    let readings = 0;
    const clock = {
      ...machine.system.clock,
      monotonicMs: () => {
        readings++;
        return 0;
      },
    };
    const budget = new TimeBudget(clock).renew();
    unitsUntilStop(budget, 1280);
    expect(readings).toBeLessThan(20);
  });

  it('has five milliseconds again when it is renewed', () => {
    const machine = new ManualSystem();
    const budget = new TimeBudget(machine.system.clock).renew();
    machine.advance(6);
    expect(unitsUntilStop(budget)).toBeLessThanOrEqual(128);
    expect(unitsUntilStop(budget.renew(), 10_000)).toBe(Infinity);
  });
});
