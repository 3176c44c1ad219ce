import { describe, expect, it } from 'vitest';
import { changeOf } from '../../src/contract/stream-job.ts';
import { problemsOfSpec, specOf } from './support.ts';

describe('the backend of state', () => {
  it('is memory where nothing is said', () => {
    expect(specOf({}).stateBackend).toBe(undefined);
    expect(specOf({ stateBackend: {} }).stateBackend).toEqual({ type: 'Memory' });
  });

  it('may be the disk, in a directory', () => {
    const stateBackend = { type: 'Disk', directory: '/var/state' };
    expect(specOf({ stateBackend }).stateBackend).toEqual(stateBackend);
  });

  it('has no directory while it is memory', () => {
    expect(problemsOfSpec({ stateBackend: { directory: 'state' } }).join()).toMatch(
      /^spec\.stateBackend\.directory: expected no directory while the type is Memory, found a directory/,
    );
  });

  it('can be changed by a switch-over', () => {
    expect(changeOf('spec.stateBackend.type')).toBe('switch-over');
    expect(changeOf('spec.stateBackend.directory')).toBe('switch-over');
  });
});
