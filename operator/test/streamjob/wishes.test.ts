import { describe, expect, it } from 'vitest';
import { Wishes } from '../../src/streamjob/wishes.ts';

const suspend = { operation: 'suspend', request: {} } as const;
const rescale = (parallelism: number) => ({ operation: 'setParallelism', request: { parallelism } }) as const;

describe('wishes', () => {
  it('are said once, and again when they have shown no effect', () => {
    const wishes = new Wishes();
    expect(wishes.isDue('a/b', 'r1', suspend, 0)).toBe(true);
    expect(wishes.isDue('a/b', 'r1', suspend, 4999)).toBe(false);
    expect(wishes.againMs('a/b', 1000)).toBe(4000);
    expect(wishes.isDue('a/b', 'r1', suspend, 5000)).toBe(true);
  });

  it('are told apart by job, revision and what is asked', () => {
    const wishes = new Wishes();
    expect(wishes.isDue('a/b', 'r1', rescale(2), 0)).toBe(true);
    expect(wishes.isDue('a/b', 'r1', rescale(3), 0)).toBe(true);
    expect(wishes.isDue('a/b', 'r2', rescale(2), 0)).toBe(true);
    expect(wishes.isDue('a/c', 'r1', rescale(2), 0)).toBe(true);
  });

  it('are said sooner when they were refused, and not remembered of jobs that are gone', () => {
    const wishes = new Wishes();
    wishes.isDue('a/b', 'r1', suspend, 0);
    wishes.refused('a/b', 'r1', suspend);
    expect(wishes.againMs('a/b', 0)).toBe(1000);
    wishes.forget('a/b');
    expect(wishes.againMs('a/b', 0)).toBeUndefined();
  });
});
