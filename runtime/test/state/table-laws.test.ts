import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { equalValues } from '../../src/batch/values.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';
import { anyKey } from './values.ts';

const create = (): AccumulatorTable => new AccumulatorTable({ columns: [0, -1], heapColumns: 1 });

type Keys = Float64Array | readonly unknown[];

const hashesOf = (keys: Keys): Uint32Array => Uint32Array.from(keys as ArrayLike<unknown>, hashValue);

/** The ways in which a table finds the rows of many keys. Each gives the rows of all of them, in order. */
const ways: readonly (readonly [name: string, rowsOf: (table: AccumulatorTable, keys: Keys) => number[]])[] =
  [
    [
      'one by one',
      (table, keys) => Array.from(keys as ArrayLike<unknown>, (key) => table.rowFor(key, hashValue(key))),
    ],
    [
      'as a batch',
      (table, keys) => {
        const rows = new Int32Array(keys.length);
        table.lookup(keys, hashesOf(keys), 0, keys.length, rows);
        return [...rows];
      },
    ],
    [
      'as two parts of a batch',
      (table, keys) => {
        const cut = keys.length >> 1;
        const [first, second] = [new Int32Array(cut), new Int32Array(keys.length - cut)];
        table.lookup(keys, hashesOf(keys), 0, cut, first);
        table.lookup(keys, hashesOf(keys), cut, keys.length - cut, second);
        return [...first, ...second];
      },
    ],
    [
      'by position',
      (table, keys) => {
        const rows = new Int32Array(keys.length + 2).fill(-7);
        const positions = Int32Array.from(rows, (_, j) => j - 1);
        table.lookupAt(keys, hashesOf(keys), positions, 1, keys.length + 1, rows);
        expect([rows[0], rows.at(-1)]).toEqual([-7, -7]);
        return [...rows.subarray(1, -1)];
      },
    ],
    [
      'from another table',
      (table, keys) => {
        const other = create();
        const rows = Int32Array.from(keys as ArrayLike<unknown>, (key) => other.rowFor(key, hashValue(key)));
        const target = new Int32Array(keys.length);
        table.lookupRows(other, rows, keys.length, target);
        return [...target];
      },
    ],
  ];

const batches: fc.Arbitrary<readonly Keys[]> = fc.array(
  fc.oneof(
    fc.array(anyKey, { maxLength: 40 }),
    fc.array(fc.nat(60), { maxLength: 40 }).map((keys) => Float64Array.from(keys)),
    fc.array(fc.nat(60), { maxLength: 40 }),
    fc
      .array(fc.constantFrom(Number.NaN, -0, 0, 0.5, Infinity), { maxLength: 8 })
      .map((keys) => Float64Array.from(keys)),
  ),
  { maxLength: 6 },
);

describe('a table of accumulators', () => {
  it.each(ways)('gives every key its row, looked up %s', (_, rowsOf) => {
    fc.assert(
      fc.property(batches, (all) => {
        const table = create();
        const model: unknown[] = [];
        for (const keys of all) {
          const expected = Array.from(keys as ArrayLike<unknown>, (key) => {
            const known = model.findIndex((held) => equalValues(held, key));
            return known >= 0 ? known : model.push(key) - 1;
          });
          expect(rowsOf(table, keys)).toEqual(expected);
        }
        expect(table.size).toBe(model.length);
        model.forEach((key, row) => {
          expect(equalValues(table.keyAt(row), key)).toBe(true);
          expect(table.hashAt(row)).toBe(hashValue(key));
          expect(table.find(key, hashValue(key))).toBe(row);
        });
      }),
    );
  });

  it.each(ways)(
    'starts each new row with the initial values, also one that was used before, looked up %s',
    (_, rowsOf) => {
      fc.assert(
        fc.property(batches, fc.array(fc.nat(60)), (all, removed) => {
          const table = create();
          const counts = new Map<number, number>();
          for (const keys of all) {
            for (const row of rowsOf(table, keys)) {
              expect(table.column(0)[row]).toBe(counts.get(row) ?? 0);
              expect(table.column(1)[row]).toBe(-1 - (counts.get(row) ?? 0));
              expect(table.heapColumn(0)[row]).toBe(counts.has(row) ? 'seen' : undefined);
              table.column(0)[row]! += 1;
              table.column(1)[row]! -= 1;
              table.heapColumn(0)[row] = 'seen';
              counts.set(row, (counts.get(row) ?? 0) + 1);
            }
            for (const key of removed) {
              const row = table.find(key, hashValue(key));
              if (row < 0) continue;
              table.remove(row);
              counts.delete(row);
            }
            expect(table.size).toBe(counts.size);
          }
        }),
      );
    },
  );

  it.each(ways)('notes the rows that were looked up, and no others: %s', (_, rowsOf) => {
    const lookups = fc.array(fc.array(fc.nat(1599), { maxLength: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lookups, (epochs) => {
        const table = create();
        for (let key = 0; key < 1600; key++) table.rowFor(key, hashValue(key));
        const written = new Map<number, number>();
        for (const keys of epochs) {
          table.epoch += 1;
          rowsOf(table, keys);
          for (const key of keys) written.set(key, table.epoch);
        }
        for (let epoch = 0; epoch <= table.epoch; epoch++) {
          const dirty: number[] = [];
          for (let row = table.nextDirtyRow(-1, epoch); row >= 0; row = table.nextDirtyRow(row, epoch))
            dirty.push(row);
          const expected = Array.from({ length: 1600 }, (__, row) => row).filter(
            (row) => (written.get(row) ?? 1) > epoch,
          );
          expect(dirty).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has no dirty rows when it is empty, new or cleared', () => {
    const table = create();
    expect(table.nextDirtyRow(-1, 0)).toBe(-1);
    for (let key = 0; key < 700; key++) table.rowFor(key, hashValue(key));
    table.clear();
    expect(table.nextDirtyRow(-1, 0)).toBe(-1);
    table.epoch = 2;
    expect(table.rowFor('first', hashValue('first'))).toBe(0);
    expect([table.nextDirtyRow(-1, 1), table.nextDirtyRow(0, 1)]).toEqual([0, -1]);
  });

  it('visits all rows in use, once each, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(200)), { maxLength: 300, size: 'max' }), (steps) => {
        const table = create();
        for (const [adds, key] of steps) {
          const row = table.find(key, hashValue(key));
          if (adds) table.rowFor(key, hashValue(key));
          else if (row >= 0) table.remove(row);
        }
        const visited: number[] = [];
        table.forEachRow((row) => void visited.push(row));
        const walked: number[] = [];
        for (let row = table.nextRow(-1); row >= 0; row = table.nextRow(row)) walked.push(row);
        expect(visited).toEqual(walked);
        expect(visited).toEqual([...new Set(visited)].sort((one, two) => one - two));
        expect(visited).toHaveLength(table.size);
      }),
    );
  });
});
