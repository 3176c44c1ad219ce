import { describe, expect, it } from 'vitest';
import { canChange, isTerminal, type JobState } from '../../src/coordinator/transitions.ts';

const states: readonly JobState[] = [
  'created',
  'deploying',
  'running',
  'restarting',
  'stopping',
  'suspended',
  'finished',
  'stopped',
  'cancelled',
  'failed',
];
const ends: readonly JobState[] = ['finished', 'stopped', 'cancelled', 'failed'];

describe('the states of a job', () => {
  it.each<[JobState, readonly JobState[]]>([
    ['created', ['deploying', 'stopped', 'cancelled']],
    ['deploying', ['running', 'restarting', 'stopping', 'cancelled', 'failed']],
    ['running', ['restarting', 'stopping', 'finished', 'stopped', 'cancelled', 'failed']],
    ['restarting', ['deploying', 'stopped', 'cancelled']],
    ['suspended', ['deploying', 'stopped', 'cancelled']],
    ['stopping', ['suspended', 'finished', 'stopped', 'cancelled', 'failed']],
    ['finished', []],
    ['stopped', []],
    ['cancelled', []],
    ['failed', []],
  ])('go from %s to %j and nowhere else', (from, to) => {
    expect(states.filter((state) => canChange(from, state))).toEqual(
      states.filter((state) => to.includes(state)),
    );
  });

  it('end in four ways, and only in these', () => {
    expect(states.filter(isTerminal)).toEqual(ends);
  });

  it('never stay what they are: a change to itself is a defect', () => {
    expect(states.filter((state) => canChange(state, state))).toEqual([]);
  });

  it.each(states.filter((state) => !isTerminal(state)))('lead from %s to an end by cancelling', (state) => {
    expect(canChange(state, 'cancelled')).toBe(true);
  });
});
