import { describe, expect, it } from 'vitest';
import { changeOf } from '../../src/contract/stream-job.ts';
import { problemsOfSpec, specOf } from './support.ts';

describe('the backend of state', () => {
  it('is memory where nothing is said', () => {
    expect(specOf({}).state).toBe(undefined);
    expect(specOf({ state: {} }).state).toEqual({ backend: 'Memory' });
  });

  it('may be the disk, in a directory', () => {
    const state = { backend: 'Disk', directory: '/var/state' };
    expect(specOf({ state }).state).toEqual(state);
  });

  it('has no directory while it is memory', () => {
    expect(problemsOfSpec({ state: { directory: 'state' } }).join()).toMatch(
      /^spec\.state\.directory: expected no directory while the backend is Memory, found a directory/,
    );
  });

  it('can be changed by a switch-over', () => {
    expect(changeOf('spec.state.backend')).toBe('switch-over');
    expect(changeOf('spec.state.directory')).toBe('switch-over');
  });
});
