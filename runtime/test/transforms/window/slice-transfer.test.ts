import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliding } from '../../../src/api/windows.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import type { AccumulatorTable } from '../../../src/state/typed-table.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';
import { encodeRowCounts, SliceTransfer } from '../../../src/transforms/window/slice-transfer.ts';
import { SliceStore } from '../../../src/transforms/window/slices.ts';

const maxParallelism = 8;
const groups = Array.from({ length: maxParallelism }, (_, group) => group);

const start = (): { store: SliceStore; transfer: SliceTransfer } => {
  const layout = createLayout(sliding(20, 5) as AlignedAssigner);
  const store = new SliceStore(layout, true, { initialNumbers: [0, Number.NaN], heapCount: 1 }, 0);
  return { store, transfer: new SliceTransfer(store, maxParallelism) };
};

type Row = readonly [timeMs: number, key: unknown, number: number, heap: unknown];

const put = (store: SliceStore, [timeMs, key, number, heap]: Row): void => {
  const { table } = store.cellAt(timeMs, -Infinity).slices[0]!;
  const row = table.rowFor(key, hashValue(key));
  table.numbers[0]![row] = number;
  table.heaps[0]![row] = heap;
};

const contents = (store: SliceStore): string[] =>
  store.slices
    .flatMap(({ startMs, endMs, lastEndMs, table }) => {
      const rows: string[] = [];
      table.forEachRow((row) => {
        const { numbers, heaps } = table;
        const values = [table.keyAt(row), numbers[0]![row], Number.isNaN(numbers[1]![row]), heaps[0]![row]];
        rows.push(`${startMs} ${endMs} ${lastEndMs} ${JSON.stringify(values)}`);
      });
      return rows;
    })
    .sort();

const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.oneof(fc.nat(20), fc.constantFrom('a', 'b', 'c')),
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom<unknown>('x', [1, 2], { n: 1 }, null),
  ),
  { maxLength: 40 },
);

describe('rows of slices on their way to another slot', () => {
  it('are all there afterwards, and no longer where they were', () => {
    fc.assert(
      fc.property(rows, fc.subarray(groups), (drawn, moved) => {
        const from = start();
        for (const row of drawn) put(from.store, row);
        const all = contents(from.store);
        const to = start();
        for (const group of moved) {
          const bytes = from.transfer.export(group, 15);
          from.transfer.drop(group);
          expect(from.transfer.export(group, 15)).toBeUndefined();
          if (bytes !== undefined) expect(to.transfer.import(bytes)).toBe(15);
        }
        expect([...contents(from.store), ...contents(to.store)].sort()).toEqual(all);
        const isMoved = ([, key]: Row): boolean => moved.includes(keyGroupOf(hashValue(key), maxParallelism));
        expect(contents(to.store).length > 0).toBe(drawn.some(isMoved));
        expect(contents(from.store).length > 0).toBe(drawn.some((row) => !isMoved(row)));
      }),
    );
  });

  it('join what is there already', () => {
    const [from, to] = [start(), start()];
    put(from.store, [3, 'a', 1, 'x']);
    put(from.store, [8, 'a', 2, 'y']);
    put(to.store, [3, 'b', 3, 'z']);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    to.transfer.import(from.transfer.export(group, 5)!);
    expect(contents(to.store)).toEqual([
      '0 5 20 ["a",1,true,"x"]',
      '0 5 20 ["b",3,true,"z"]',
      '5 10 25 ["a",2,true,"y"]',
    ]);
  });

  it('are those of now when records came in between', () => {
    const { store, transfer } = start();
    put(store, [3, 'a', 1, 'x']);
    const group = keyGroupOf(hashValue('a'), maxParallelism);
    const before = transfer.export(group, 5);
    put(store, [4, 'a', 9, 'x']);
    transfer.invalidate();
    const to = start();
    to.transfer.import(transfer.export(group, 5)!);
    expect(transfer.export(group, 5)).not.toEqual(before);
    expect(contents(to.store)).toEqual(contents(store));
  });
});

describe('tables that are restored', () => {
  it('grow to their size at once, when it is large and they are told', () => {
    const from = start();
    for (let key = 0; key < 70_000; key++) put(from.store, [3, key, key, null]);
    put(from.store, [13, 'small', 1, null]);
    const counts = encodeRowCounts(from.store.slices, maxParallelism);
    const restore = (isTold: boolean): AccumulatorTable => {
      const { store, transfer } = start();
      for (const group of groups) {
        if (isTold) transfer.expectRows(counts!);
        if (group === 0) continue;
        transfer.import(from.transfer.export(group, -Infinity)!);
      }
      transfer.import(from.transfer.export(0, -Infinity)!);
      expect(contents(store)).toEqual(contents(from.store));
      return store.slices[0]!.table;
    };
    expect(restore(true).capacity).toBe(70_000);
    expect(restore(false).capacity).toBeGreaterThan(72_000);
  });

  it('are told nothing of small ones', () => {
    const { store } = start();
    put(store, [3, 'small', 1, null]);
    expect(encodeRowCounts(store.slices, maxParallelism)).toBe(undefined);
  });
});
