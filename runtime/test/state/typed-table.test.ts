import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashNumber, hashValue } from '../../src/batch/hash.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';
import { anyKey } from './values.ts';

const create = (): AccumulatorTable =>
  new AccumulatorTable({ columns: [0, Number.POSITIVE_INFINITY], heapColumns: 1 });

const add = (table: AccumulatorTable, key: unknown, value: number): void => {
  const row = table.rowFor(key, hashValue(key));
  table.column(0)[row]! += 1;
  table.column(1)[row] = Math.min(table.column(1)[row]!, value);
  const heap = table.heapColumn(0);
  heap[row] ??= [];
  (heap[row] as number[]).push(value);
};

const contents = (table: AccumulatorTable): Map<string, unknown> => {
  const found = new Map<string, unknown>();
  table.forEachRow((row) => {
    const values = [table.column(0)[row], table.column(1)[row], table.heapColumn(0)[row]];
    found.set(String(hashValue(table.keyAt(row))), values);
  });
  return found;
};

describe('an accumulator table', () => {
  it('aggregates as a map of accumulators does, through removals and clears', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.constant('add' as const), anyKey, fc.nat(9)) },
      { weight: 6, arbitrary: fc.tuple(fc.constant('remove' as const), anyKey, fc.nat(9)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('clear' as const), anyKey, fc.nat(9)) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const table = create();
        const model = new Map<string, [number, number, number[]]>();
        for (const [kind, key, value] of steps) {
          const name = String(hashValue(key));
          if (kind === 'add') {
            add(table, key, value);
            const [count, least, all] = model.get(name) ?? [0, Number.POSITIVE_INFINITY, []];
            model.set(name, [count + 1, Math.min(least, value), [...all, value]]);
          } else if (kind === 'clear') {
            table.clear();
            model.clear();
          } else {
            const row = table.find(key, hashValue(key));
            expect(row >= 0).toBe(model.has(name));
            if (row >= 0) table.remove(row);
            model.delete(name);
          }
        }
        expect(table.size).toBe(model.size);
        expect(contents(table)).toEqual(model);
      }),
    );
  });

  it('gives a whole batch its rows, with initial values where a key is new', () => {
    const table = create();
    const keys = Float64Array.from({ length: 3000 }, (_, i) => i % 1000);
    const hashes = Uint32Array.from(keys, hashNumber);
    const rows = new Int32Array(keys.length);
    table.lookup(keys, hashes, 0, keys.length, rows);
    const counts = table.column(0);
    for (const row of rows) counts[row]! += 1;
    expect(table.size).toBe(1000);
    table.forEachRow((row) => {
      expect(counts[row]).toBe(3);
      expect(table.column(1)[row]).toBe(Number.POSITIVE_INFINITY);
      expect(table.heapColumn(0)[row]).toBe(undefined);
    });
  });

  it('uses its memory again after a clear', () => {
    const table = create();
    for (let i = 0; i < 2000; i++) add(table, i, i);
    const before = table.memoryBytes();
    const column = table.column(0);
    table.clear();
    expect(table.size).toBe(0);
    for (let i = 0; i < 2000; i++) add(table, -i, i);
    expect(table.memoryBytes()).toBe(before);
    expect(table.column(0)).toBe(column);
    expect(table.column(1)[table.find(-5, hashNumber(-5))]).toBe(5);
  });

  it('takes at most 40 bytes for a number as key and one accumulator', () => {
    const table = new AccumulatorTable({ columns: [0] });
    for (let i = 1; i <= 200_000; i++) {
      table.rowFor(i, hashNumber(i));
      if (i > 50_000 && i % 25_000 === 0) expect(table.memoryBytes() / i).toBeLessThanOrEqual(40);
    }
  });
});
