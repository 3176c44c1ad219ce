import { describe, expect, it } from 'vitest';
import { sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { hashNumber } from '../../../src/batch/hash.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import { FiredGroups } from '../../../src/transforms/window/fired-groups.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';
import { SliceStore } from '../../../src/transforms/window/slices.ts';

const storeOf = (assigner: WindowAssigner, shared: boolean = true, heapCount: number = 0): SliceStore =>
  new SliceStore(createLayout(assigner as AlignedAssigner), shared, { initialNumbers: [0], heapCount }, 0);

const fill = (store: SliceStore, timeMs: number, keys: number): void => {
  const { table } = store.cellAt(timeMs, -Infinity).slices[0]!;
  for (let key = 0; key < keys; key++) {
    const row = table.rowFor(key, hashNumber(key));
    table.numbers[0]![row]! += 1;
  }
};

const spans = (store: SliceStore): string[] =>
  store.slices.map(({ startMs, endMs }) => `${startMs}–${endMs}`);

describe('slices', () => {
  it('are shared by the windows of their cell', () => {
    const store = storeOf(sliding(20, 10));
    for (const timeMs of [25, 3, 14, 26]) store.cellAt(timeMs, -Infinity);
    expect(spans(store)).toEqual(['0–10', '10–20', '20–30']);
    expect(store.slicesIn({ startMs: 0, endMs: 20 })).toHaveLength(2);
    expect(store.firstWindows(-Infinity)).toEqual([{ startMs: -10, endMs: 10 }]);
    expect(store.firstWindows(30)).toEqual([{ startMs: 20, endMs: 40 }]);
    expect(store.firstWindows(40)).toEqual([]);
  });

  it('are whole windows where they cannot be shared', () => {
    const store = storeOf(sliding(20, 10), false);
    store.cellAt(25, -Infinity);
    expect(spans(store)).toEqual(['10–30', '20–40']);
    expect(store.slicesIn({ startMs: 10, endMs: 30 })).toHaveLength(1);
    expect(store.firstWindows(30)).toEqual([expect.objectContaining({ startMs: 20, endMs: 40 })]);
  });

  it('go when the last window that needs them is over', () => {
    const store = storeOf(sliding(20, 10));
    for (const timeMs of [3, 14]) store.cellAt(timeMs, -Infinity);
    expect(store.nextReleaseMs()).toBe(19);
    store.release(18);
    expect(store.slices).toHaveLength(2);
    store.release(19);
    expect(spans(store)).toEqual(['10–20']);
    expect(store.cellAt(3, 19)).toMatchObject({ late: true, slices: [] });
    expect(store.cellAt(13, 19).slices).toHaveLength(1);
  });
});

describe('memory of slices', () => {
  it('is that of one window where windows follow each other, whatever their keys', () => {
    const store = storeOf(tumbling(10));
    const tables = new Set<unknown>();
    for (let n = 0; n < 6; n++) {
      fill(store, n * 10, 20_000);
      // The next window has begun when this one ends.
      fill(store, n * 10 + 10, 50);
      store.release(n * 10 + 9);
      const { table } = store.slices[0]!;
      tables.add(table);
      expect(table.size).toBe(50);
      expect(table.numbers[0]?.slice(0, 50).every((n) => n === 1)).toBe(true);
    }
    expect(tables.size).toBe(1);
  });

  it('is kept for the next slice, and given back when it was much too large', () => {
    const store = storeOf(tumbling(10));
    fill(store, 0, 20_000);
    const large = store.slices[0]!.table;
    store.release(9);
    fill(store, 10, 10);
    expect(store.slices[0]!.table).toBe(large);
    store.release(19);
    fill(store, 20, 10);
    expect(store.slices[0]!.table).not.toBe(large);
  });

  it('is not moved where heap values would have to be', () => {
    const store = storeOf(tumbling(10), true, 1);
    fill(store, 0, 20_000);
    fill(store, 10, 5);
    const { table } = store.slices[1]!;
    store.release(9);
    expect(store.slices[0]!.table).toBe(table);
  });
});

describe('what has fired by key group', () => {
  it('is one time as long as all groups agree', () => {
    const fired = new FiredGroups(4);
    fired.settle(10);
    fired.admit(2, 10);
    expect(fired.firedBefore(20)).toBeUndefined();
    fired.settle(5);
    expect(fired.endMs).toBe(10);
  });

  it('is asked for by group after one came in from where time had come further, until all are even', () => {
    const fired = new FiredGroups(4);
    fired.settle(10);
    fired.admit(2, 30);
    expect(fired.endMs).toBe(10);
    expect([0, 2].map((group) => fired.firedBefore(20)?.(group))).toEqual([false, true]);
    expect([0, 2].map((group) => fired.firedBefore(40)?.(group))).toEqual([false, false]);
    expect(fired.endOf(2)).toBe(30);
    fired.settle(30);
    expect(fired.firedBefore(40)).toBeUndefined();
  });

  it('goes back for a group that comes from where time had come less far', () => {
    const fired = new FiredGroups(4);
    fired.settle(30);
    fired.admit(1, 10);
    expect(fired.endMs).toBe(10);
    expect([0, 1].map((group) => fired.firedBefore(20)?.(group))).toEqual([true, false]);
    fired.admit(3, 20);
    expect([0, 1, 3].map((group) => fired.endOf(group))).toEqual([30, 10, 20]);
  });
});
