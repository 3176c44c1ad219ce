import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnumeratorContext } from '../../src/api/connectors.ts';
import { createFixedSplits, type FixedSplitsState } from '../../src/api/fixed-splits.ts';

const enumerate = (splits: readonly number[], parallelism: number, restored?: FixedSplitsState<number>) => {
  const assigned: [subtask: number, split: number][] = [];
  const finished: number[] = [];
  const context = {
    parallelism,
    assign: (subtask: number, split: number) => void assigned.push([subtask, split]),
    noMoreSplits: (subtask: number) => void finished.push(subtask),
  } as unknown as EnumeratorContext<number>;
  return { enumerator: createFixedSplits(context, splits, restored), assigned, finished };
};

describe('an enumerator over fixed splits', () => {
  it('gives the same split to the same subtask, whoever asks first', () => {
    const { enumerator, assigned, finished } = enumerate([10, 11, 12], 2);
    for (const subtask of [1, 1, 0, 0, 0]) enumerator.requestSplit(subtask);
    expect(assigned).toEqual([
      [1, 11],
      [0, 10],
      [0, 12],
    ]);
    expect(finished).toEqual([1, 0]);
  });

  it('gives back what a failed reader had before anything else', () => {
    const { enumerator, assigned } = enumerate([10, 11], 1);
    enumerator.requestSplit(0);
    enumerator.addSplitsBack([10], 0);
    enumerator.requestSplit(0);
    enumerator.requestSplit(0);
    expect(assigned.map(([, split]) => split)).toEqual([10, 10, 11]);
  });

  it('gives nothing that readers were given behind the state that it goes on from', () => {
    const restored = { left: [10, 11, 12].map((split, subtask) => ({ split, subtask })) };
    const { enumerator, assigned, finished } = enumerate([], 2, restored);
    enumerator.alreadyAssigned?.([12, 10, 99]);
    for (const subtask of [0, 1, 1]) enumerator.requestSplit(subtask);
    expect(assigned).toEqual([[1, 11]]);
    expect(finished).toEqual([0, 1]);
  });

  it('hands out each split once over any restarts at any parallelism', () => {
    const round = fc.record({
      parallelism: fc.integer({ min: 1, max: 5 }),
      requests: fc.array(fc.nat(4), { maxLength: 6 }),
    });
    const property = fc.property(fc.nat(20), fc.array(round), (count, rounds) => {
      const splits = Array.from({ length: count }, (_, i) => i);
      const given: number[] = [];
      let restored: FixedSplitsState<number> | undefined;
      for (const { parallelism, requests } of [
        ...rounds,
        { parallelism: 1, requests: Array<number>(count + 1).fill(0) },
      ]) {
        const { enumerator, assigned } = enumerate(splits, parallelism, restored);
        for (const request of requests) enumerator.requestSplit(request % parallelism);
        given.push(...assigned.map(([, split]) => split));
        restored = enumerator.snapshot();
      }
      expect(given.sort((a, b) => a - b)).toEqual(splits);
    });
    fc.assert(property, { seed: 6 });
  });
});
