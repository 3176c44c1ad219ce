import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergedRuns, type RunParts } from '../../src/task/merged-runs.ts';
import { arbitraryItems, drain, inModelOrder, partsOf, type SortItem, sortedOf } from './sorting.ts';

/** A run that is given in parts of this size; `taken` counts the parts asked for. */
const runOf = (
  items: readonly SortItem[],
  size: number,
  taken: { count: number } = { count: 0 },
): RunParts => {
  const parts = partsOf(sortedOf(items), size);
  return () => {
    taken.count++;
    return parts.shift();
  };
};

/** The items cut at these places. */
const cut = (items: readonly SortItem[], cuts: readonly number[]): (readonly SortItem[])[] => {
  const places = [0, ...cuts.map((place) => place % (items.length + 1)), items.length];
  const ordered = places.toSorted((a, b) => a - b);
  return ordered.slice(1).map((to, i) => items.slice(ordered[i], to));
};

describe('sorted runs as one', () => {
  it('are in the order of all their records, wherever runs and parts are cut', () => {
    fc.assert(
      fc.property(
        arbitraryItems,
        fc.array(fc.nat(100), { maxLength: 9 }),
        fc.integer({ min: 1, max: 7 }),
        (items, cuts, size) => {
          const merged = new MergedRuns(cut(items, cuts).map((run) => runOf(run, size)));
          expect(drain(merged)).toEqual(inModelOrder(items));
          expect(merged.part).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leave it to arrival which of two equal records comes first', () => {
    const item = (id: number): SortItem => ({ id, key: 'k', timestampMs: 1, port: 0 });
    const runs = [[item(0), item(1)], [item(2)], [item(3), item(4)], [item(5)]];
    expect(drain(new MergedRuns(runs.map((run) => runOf(run, 1)))).map(({ id }) => id)).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it('ask for a part only when the one before it is used up', () => {
    const taken = { count: 0 };
    const items = Array.from({ length: 10 }, (_, id): SortItem => ({ id, key: 1, timestampMs: id, port: 0 }));
    const merged = new MergedRuns([runOf(items, 3, taken)]);
    expect(taken.count).toBe(1);
    merged.advance();
    merged.advance();
    expect(taken.count).toBe(1);
    merged.advance();
    expect(taken.count).toBe(2);
    expect(merged.at).toBe(0);
  });

  it('may be empty, or have empty parts', () => {
    expect(new MergedRuns([]).part).toBeUndefined();
    expect(new MergedRuns([]).at).toBe(0);
    const parts = [sortedOf([]), sortedOf([{ id: 7, key: 1, timestampMs: 0, port: 0 }]), sortedOf([])];
    const merged = new MergedRuns([() => undefined, () => parts.shift()]);
    expect(drain(merged).map(({ id }) => id)).toEqual([7]);
  });
});
