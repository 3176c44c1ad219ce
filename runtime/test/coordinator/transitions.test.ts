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
  'handedOver',
  'replaced',
];
const ends: readonly JobState[] = ['finished', 'stopped', 'cancelled', 'failed', 'replaced'];

describe('the states of a job', () => {
  it.each<[JobState, readonly JobState[]]>([
    ['created', ['deploying', 'finished', 'stopped', 'cancelled', 'replaced']],
    ['deploying', ['running', 'restarting', 'stopping', 'cancelled', 'failed']],
    ['running', ['restarting', 'stopping', 'handedOver', 'finished', 'stopped', 'cancelled', 'failed']],
    ['restarting', ['deploying', 'handedOver', 'stopped', 'cancelled']],
    ['handedOver', ['deploying', 'stopped', 'cancelled', 'replaced']],
    ['suspended', ['deploying', 'stopped', 'cancelled']],
    ['stopping', ['suspended', 'finished', 'stopped', 'cancelled', 'failed']],
    ['finished', []],
    ['stopped', []],
    ['cancelled', []],
    ['failed', []],
    ['replaced', []],
  ])('go from %s to %j and nowhere else', (from, to) => {
    expect(states.filter((state) => canChange(from, state))).toEqual(
      states.filter((state) => to.includes(state)),
    );
  });

  it('end in five ways, and only in these', () => {
    expect(states.filter(isTerminal)).toEqual(ends);
  });

  it('never stay what they are: a change to itself is a defect', () => {
    expect(states.filter((state) => canChange(state, state))).toEqual([]);
  });

  it.each(states.filter((state) => !isTerminal(state)))('lead from %s to an end by cancelling', (state) => {
    expect(canChange(state, 'cancelled')).toBe(true);
  });
});
