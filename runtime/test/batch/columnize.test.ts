import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, type ColumnSet, Mark } from '../../src/batch/column.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { toRows } from '../../src/batch/materialize.ts';
import * as arbitrary from './arbitrary.ts';

const columnsOf = (rows: readonly unknown[]): ColumnSet => {
  const set = toColumns(rows, rows.length);
  if (set === undefined) throw new Error('There are no columns.');
  return set;
};

const columnOf = (values: readonly unknown[]): Column =>
  columnsOf(values.map((value) => ({ value }))).columns[0] as Column;

const marksOf = (column: Column): number[] => [...(column.marks ?? [])];

describe('rows as columns', () => {
  it('give back the same rows: missing, undefined, null, −0 and all', () => {
    fc.assert(
      fc.property(arbitrary.records, (rows) => {
        const set = toColumns(rows, rows.length);
        if (set === undefined) return;
        assert.deepStrictEqual(toRows(set, rows.length), rows);
      }),
      { numRuns: 500 },
    );
  });

  it('give back the fields of every row in their order', () => {
    fc.assert(
      fc.property(arbitrary.records, (rows) => {
        const set = toColumns(rows, rows.length);
        if (set === undefined) return;
        const names = (list: readonly unknown[]): string[][] => list.map((row) => Object.keys(row as object));
        expect(names(toRows(set, rows.length))).toEqual(names(rows));
      }),
      { numRuns: 300 },
    );
  });

  it('exist for all records whose fields have a common order', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.record, { maxLength: 20 }), (rows) => {
        expect(toColumns(rows, rows.length)).toBeDefined();
      }),
    );
  });

  it('take only the first rows when the list is longer', () => {
    const rows = [{ a: 1 }, { a: 2 }, { a: 'x', b: 1 }];
    const set = toColumns(rows, 2);
    expect(set?.names).toEqual(['a']);
    expect(set?.columns).toEqual([{ type: 'number', values: Float64Array.of(1, 2) }]);
  });

  it('are empty for no rows and for rows without fields', () => {
    expect(columnsOf([])).toEqual({ names: [], columns: [] });
    expect(toRows(columnsOf([{}, {}]), 2)).toEqual([{}, {}]);
  });
});

describe('a column', () => {
  it.each([
    ['number', [1, -0, Number.NaN]],
    ['string', ['a', '', '\uD800']],
    ['boolean', [true, false]],
    ['bigint', [0n, -(2n ** 63n), 2n ** 63n - 1n]],
    ['any', [[1], [2]]],
    ['any', [new Date(0), { a: 1 }]],
    ['any', [null, undefined]],
  ])('is of type %s while the values are', (type, values) => {
    const column = columnOf(values);
    expect(column.type).toBe(type);
    expect(column.marks).toBeUndefined();
    expect(column.odd).toBeUndefined();
  });

  it('marks what is null, undefined and missing', () => {
    const { names, columns } = columnsOf([{ a: 1 }, { a: null }, { a: undefined }, {}, { a: 2 }]);
    expect(names).toEqual(['a']);
    const [column] = columns as [Column];
    expect(column.type).toBe('number');
    expect(marksOf(column)).toEqual([Mark.value, Mark.null, Mark.undefined, Mark.missing, Mark.value]);
    expect(column.odd).toBeUndefined();
  });

  it('keeps its type beside an odd value, which lies aside', () => {
    const column = columnOf([1, 2, 'three', 4]);
    expect(column.type).toBe('number');
    expect(marksOf(column)).toEqual([0, 0, Mark.odd, 0]);
    expect([...(column.odd ?? [])]).toEqual([[2, 'three']]);
  });

  it('takes the type of the first value that is there', () => {
    expect(columnOf([null, undefined, 'a', 'b']).type).toBe('string');
  });

  it('gives up its type when most values are odd', () => {
    const column = columnOf([1, 'a', 'b', null]);
    expect(column).toEqual({ type: 'any', values: [1, 'a', 'b', null] });
  });

  it('holds bigints beyond 64 bits as odd values', () => {
    const column = columnOf([1n, 2n, 2n ** 63n]);
    expect(column.type).toBe('bigint');
    expect([...(column.odd ?? [])]).toEqual([[2, 2n ** 63n]]);
  });

  it('of any type marks only what is missing', () => {
    const [column] = columnsOf([{ a: [1] }, {}, { a: null }]).columns as [Column];
    expect(column.type).toBe('any');
    expect(marksOf(column)).toEqual([Mark.value, Mark.missing, Mark.value]);
  });

  it('is not misled by names that every object inherits', () => {
    const rows: unknown[] = [{ id: 1, constructor: 'x' }, { id: 2 }, { id: 3, toString: null }];
    const set = columnsOf(rows);
    expect(set.names).toEqual(['id', 'constructor', 'toString']);
    assert.deepStrictEqual(toRows(set, 3), rows);
  });
});

describe('the order of the fields', () => {
  it('puts a later field where its row has it', () => {
    expect(
      columnsOf([
        { a: 1, c: 1 },
        { a: 1, b: 1, c: 1 },
        { z: 1, a: 1 },
      ]).names,
    ).toEqual(['z', 'a', 'b', 'c']);
  });

  it('is found although no row has all fields', () => {
    const rows = [
      { id: 1, price: 1 },
      { user: 1, price: 1 },
      { id: 1, user: 1 },
    ];
    expect(columnsOf(rows).names).toEqual(['id', 'user', 'price']);
  });

  it('leaves rows as rows when two of them contradict each other', () => {
    expect(
      toColumns(
        [
          { a: 1, b: 2 },
          { b: 1, a: 2 },
        ],
        2,
      ),
    ).toBeUndefined();
  });
});

describe('rows that stay rows', () => {
  it.each([
    ['a number', [{ a: 1 }, 5]],
    ['null', [null]],
    ['an array', [[1]]],
    ['a Map', [{ a: 1 }, new Map()]],
    ['a date', [new Date(0)]],
    [
      'an instance of a class',
      [
        { a: 1 },
        new (class Money {
          a = 1;
        })(),
      ],
    ],
  ])('are those with %s among them', (_, rows) => {
    expect(toColumns(rows, rows.length)).toBeUndefined();
  });

  it('are those that have hardly a field in common', () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ [`field${i}`]: i }));
    expect(toColumns(rows, rows.length)).toBeUndefined();
  });

  it('are not those with many fields that all have', () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field${i}`, i]));
    const rows = Array.from({ length: 5 }, () => ({ ...wide }));
    assert.deepStrictEqual(toRows(columnsOf(rows), 5), rows);
  });
});
