import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { Wishes } from '../../src/streamjob/wishes.ts';

const suspend = { operation: 'suspend', request: {} } as const;
const rescale = (parallelism: number) => ({ operation: 'setParallelism', request: { parallelism } }) as const;

describe('wishes', () => {
  it('are said once, and again when they have shown no effect', () => {
    const wishes = new Wishes();
    expect(wishes.isDue('a/b', 'r1', suspend, 0)).toBe(true);
    wishes.said('a/b', 'r1', suspend, 0);
    expect(wishes.isDue('a/b', 'r1', suspend, 4999)).toBe(false);
    expect(wishes.againMs('a/b', 1000)).toBe(4000);
    expect(wishes.isDue('a/b', 'r1', suspend, 5000)).toBe(true);
  });

  it('are told apart by job, revision and what is asked', () => {
    const wishes = new Wishes();
    wishes.said('a/b', 'r1', rescale(2), 0);
    expect(wishes.isDue('a/b', 'r1', rescale(2), 0)).toBe(false);
    expect(wishes.isDue('a/b', 'r1', rescale(3), 0)).toBe(true);
    expect(wishes.isDue('a/b', 'r2', rescale(2), 0)).toBe(true);
    expect(wishes.isDue('a/c', 'r1', rescale(2), 0)).toBe(true);
  });

  it('are said sooner when they were refused, and not remembered of jobs that are gone', () => {
    const wishes = new Wishes();
    wishes.said('a/b', 'r1', suspend, 0);
    wishes.refused('a/b', 'r1', suspend, new MillraceError('conflict', 'A switch-over is under way.'));
    expect(wishes.refusals('a/b')).toEqual([]);
    expect(wishes.againMs('a/b', 0)).toBe(1000);
    wishes.forget('a/b');
    expect(wishes.againMs('a/b', 0)).toBeUndefined();
  });

  it('keep why they were refused for good, until they are taken or nobody wishes for it any more', () => {
    const wishes = new Wishes();
    const refused = { revision: 'r1', operation: 'setParallelism', reason: 'Too many slots.' };
    wishes.said('a/b', 'r1', rescale(9), 0);
    wishes.refused('a/b', 'r1', rescale(9), new MillraceError('job-invalid', 'Too many slots.'));
    expect(wishes.refusals('a/b')).toEqual([refused]);
    wishes.said('a/b', 'r1', rescale(9), 5000);
    expect(wishes.refusals('a/b')).toEqual([refused]);
    wishes.taken('a/b', 'r1', rescale(9));
    expect(wishes.refusals('a/b')).toEqual([]);
    wishes.refused('a/b', 'r1', rescale(9), new MillraceError('job-invalid', 'Too many slots.'));
    wishes.said('a/b', 'r1', rescale(2), 10_000);
    expect(wishes.refusals('a/b')).toEqual([]);
  });
});
