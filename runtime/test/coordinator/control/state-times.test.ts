import { expect, it } from 'vitest';
import { StateTimes } from '../../../src/coordinator/control/state-times.ts';

it('adds up how long a job was in each state, the stay that goes on included', () => {
  const times = new StateTimes('created', 100);
  times.change('deploying', 150);
  times.change('running', 200);
  times.change('restarting', 1200);
  times.change('running', 1300);
  const timeIn = times.until(1350);
  expect(timeIn('created')).toEqual({ nowMs: 0, totalMs: 50 });
  expect(timeIn('running')).toEqual({ nowMs: 50, totalMs: 1050 });
  expect(timeIn('restarting')).toEqual({ nowMs: 0, totalMs: 100 });
  expect(timeIn('failed')).toEqual({ nowMs: 0, totalMs: 0 });
});
