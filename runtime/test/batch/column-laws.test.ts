import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { ByteWriter, encodeBatch } from '../../src/batch/codec.ts';
import type { Column, ColumnSet } from '../../src/batch/column.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { hashColumn, hashValue } from '../../src/batch/hash.ts';
import { columnValues, toRows } from '../../src/batch/materialize.ts';
import { concatBatches, selectRows, sliceBatch } from '../../src/batch/slice.ts';
import { allOfThem } from './kinds.ts';
import { overWire, plain } from './trips.ts';

/** Values in whose company a column gets each of the types. */
const companies: readonly (readonly [type: Column['type'], values: readonly [unknown, unknown, unknown]])[] =
  [
    ['number', [1, 2.5, -3]],
    ['string', ['a', 'longer than twelve bytes', 'ü']],
    ['boolean', [true, false, true]],
    ['bigint', [1n, -2n, 3n]],
    ['any', [[1], { a: 1 }, new Date(0)]],
  ];

type Company = (typeof companies)[number][1];

/** The value in the middle of others. */
const inCompany = ([first, second, third]: Company, value: unknown): unknown[] => [
  first,
  value,
  second,
  third,
];

const rowsOf = (company: Company, value: unknown): Record<string, unknown>[] =>
  inCompany(company, value).map((held, i) => ({ id: i, held }));

const setOf = (rows: readonly unknown[]): ColumnSet => {
  const set = toColumns(rows, rows.length);
  if (set === undefined) throw new Error('There are no columns.');
  return set;
};

describe.each(companies)('in a column of type %s, every value', (type, company) => {
  it('comes back as it was, and leaves its neighbours alone', () => {
    for (const [value] of allOfThem()) {
      const set = setOf(rowsOf(company, value));
      expect(set.columns[1]?.type).toBe(type);
      assert.deepStrictEqual(toRows(set, 4), rowsOf(company, value));
      assert.deepStrictEqual(
        Array.from(columnValues(set.columns[1] as Column, 4)),
        inCompany(company, value),
      );
    }
  });

  it('has the hash that it has by itself, from values and from bytes', () => {
    const hashes = new Uint32Array(4);
    for (const [value] of allOfThem()) {
      const expected = inCompany(company, value).map(hashValue);
      const batch = Batch.ofColumns(setOf(rowsOf(company, value)), new Float64Array(4), 4);
      for (const one of [batch, overWire(batch), overWire(overWire(batch))]) {
        hashColumn(one.columns()?.columns[1] as Column, 4, hashes);
        expect([...hashes]).toEqual(expected);
      }
    }
  });

  it('has the same bytes from rows as from columns, and comes over the wire', () => {
    for (const [value] of allOfThem()) {
      const rows = rowsOf(company, value);
      const times = Float64Array.of(1, 2, 4, 8);
      const [byRows, byColumns] = [Batch.ofRows(rows, times), Batch.ofColumns(setOf(rows), times, 4)];
      const [one, two] = [new ByteWriter(), new ByteWriter()];
      encodeBatch(byRows, one);
      encodeBatch(byColumns, two);
      expect(one.toBytes()).toEqual(two.toBytes());
      assert.deepStrictEqual(overWire(byColumns).rows(), plain(rows));
    }
  });
});

describe.each(companies)('beside values of a column of type %s, every value', (_, company) => {
  it('stays itself in slices, selections and sums', () => {
    for (const [value] of allOfThem()) {
      const rows = rowsOf(company, value);
      const batch = Batch.ofColumns(setOf(rows), Float64Array.of(1, 2, 3, 4), 4);
      const [left, right] = [sliceBatch(batch, 0, 2), sliceBatch(batch, 2, 4)];
      assert.deepStrictEqual(left.rows(), rows.slice(0, 2));
      assert.deepStrictEqual(right.rows(), rows.slice(2));
      assert.deepStrictEqual(concatBatches([right, left]).rows(), [...rows.slice(2), ...rows.slice(0, 2)]);
      const picked = selectRows(batch, Int32Array.of(3, 1, 1), 3);
      assert.deepStrictEqual(picked.rows(), [rows[3], rows[1], rows[1]]);
      assert.deepStrictEqual(
        overWire(concatBatches([picked, left])).rows(),
        plain([rows[3], rows[1], rows[1], ...rows.slice(0, 2)]),
      );
    }
  });

  it('is told from a field that is not there', () => {
    for (const [value] of allOfThem()) {
      const rows = [
        { id: 0, held: company[0] },
        { id: 1 },
        { id: 2, held: value },
        { id: 3, held: company[1] },
      ];
      const batch = Batch.ofColumns(setOf(rows), new Float64Array(4), 4);
      assert.deepStrictEqual(batch.rows(), rows);
      assert.deepStrictEqual(overWire(batch).rows(), plain(rows));
      expect(
        overWire(batch)
          .rows()
          .map((row) => Object.hasOwn(row as object, 'held')),
      ).toEqual([true, false, true, true]);
    }
  });
});
