import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, type ColumnSet, Mark } from '../../src/batch/column.ts';
import { columnOfValues, toColumns } from '../../src/batch/columnize.ts';
import { columnValues, toRows } from '../../src/batch/materialize.ts';
import * as arbitrary from './arbitrary.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

/** Rows with some of a few fields, each in an order of its own. */
const shuffledRows = fc.array(
  fc.shuffledSubarray(names).map((order) => Object.fromEntries(order.map((name, i) => [name, i]))),
  { minLength: 1, maxLength: 4 },
);

/** Whether some order of all fields is that of every row: tried out with all of them. */
const hasCommonOrder = (rows: readonly object[]): boolean => {
  const present = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const tryAll = (chosen: readonly string[], left: readonly string[]): boolean => {
    if (left.length === 0) {
      return rows.every((row) => {
        const own = Object.keys(row);
        return chosen.filter((name) => own.includes(name)).join() === own.join();
      });
    }
    return left.some((name) =>
      tryAll(
        [...chosen, name],
        left.filter((other) => other !== name),
      ),
    );
  };
  return tryAll([], present);
};

describe('the fields of rows', () => {
  it('become columns exactly when there is an order that every row follows', () => {
    fc.assert(
      fc.property(shuffledRows, (rows) => {
        const set = toColumns(rows, rows.length);
        expect(set !== undefined).toBe(hasCommonOrder(rows));
        if (set === undefined) return;
        for (const row of rows) {
          const own = Object.keys(row);
          expect(set.names.filter((name) => own.includes(name))).toEqual(own);
        }
        expect(new Set(set.names).size).toBe(set.names.length);
      }),
      { numRuns: 600 },
    );
  });

  it('have the same columns whichever way they are found: all alike, or with one that has more', () => {
    fc.assert(
      fc.property(arbitrary.regularRecords, (rows) => {
        if (rows.length === 0 || Object.keys(rows[0] as object).length === 0) return;
        const regular = toColumns(rows, rows.length) as ColumnSet;
        const more = [...rows, { ...rows[0], another: 1 }];
        const general = toColumns(more, more.length) as ColumnSet;
        expect(general.names).toEqual([...regular.names, 'another']);
        regular.columns.forEach((column, i) => {
          const other = general.columns[i] as Column;
          assert.deepStrictEqual(
            Array.from(columnValues(other, rows.length)).slice(0, rows.length),
            Array.from(columnValues(column, rows.length)).slice(0, rows.length),
          );
        });
        assert.deepStrictEqual(toRows(general, more.length), more);
      }),
      { numRuns: 300 },
    );
  });

  it('are those of the first rows, whatever the later ones are', () => {
    fc.assert(
      fc.property(arbitrary.regularRecords, arbitrary.records, (rows, others) => {
        assert.deepStrictEqual(toColumns([...rows, ...others], rows.length), toColumns(rows, rows.length));
      }),
    );
  });

  it('are left in rows when a table of them would be nearly empty, and only then', () => {
    const sparse = (fields: number, each: number): object[] =>
      Array.from({ length: fields }, (_, i) =>
        Object.fromEntries(
          Array.from({ length: each }, (__, k) => [`field${String(i + k).padStart(4, '0')}`, k]),
        ),
      );
    expect(toColumns(sparse(12, 1), 12)).toBeDefined();
    expect(toColumns(sparse(400, 1), 400)).toBe(undefined);
    expect(toColumns(sparse(400, 100), 400)).toBeDefined();
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, i]));
    expect(toColumns([wide, wide, {}, wide], 4)).toBeDefined();
  });
});

type Typed = 'number' | 'string' | 'boolean' | 'bigint';

const typeOf = (value: unknown): Typed | undefined =>
  typeof value === 'number' ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  typeof value === 'bigint'
    ? (typeof value as Typed)
    : undefined;

describe('a column of values', () => {
  const values = fc.array(arbitrary.scalar, { minLength: 1, maxLength: 20 });

  it('holds exactly those values', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.value, { maxLength: 20 }), (made) => {
        const column = columnOfValues(made);
        assert.deepStrictEqual(Array.from(columnValues(column, made.length)).slice(0, made.length), made);
      }),
      { numRuns: 400 },
    );
  });

  it('has the type of the first value that is there, unless most of the others have another', () => {
    fc.assert(
      fc.property(values, (made) => {
        const first = typeOf(made.find((value) => value !== null && value !== undefined));
        const fitting = made.filter(
          (value) =>
            typeOf(value) === first && (typeof value !== 'bigint' || BigInt.asIntN(64, value) === value),
        );
        const there = made.filter((value) => value !== null && value !== undefined);
        const keepsType = first !== undefined && there.length - fitting.length <= fitting.length;
        expect(columnOfValues(made).type).toBe(keepsType ? first : 'any');
      }),
      { numRuns: 600 },
    );
  });

  it('marks what does not fit its type, and nothing else', () => {
    fc.assert(
      fc.property(values, (made) => {
        const { type, marks, odd } = columnOfValues(made);
        if (type === 'any') return;
        made.forEach((value, i) => {
          const mark = marks?.[i] ?? Mark.value;
          if (value === null) expect(mark).toBe(Mark.null);
          else if (value === undefined) expect(mark).toBe(Mark.undefined);
          else expect(mark === Mark.odd).toBe(odd?.has(i) ?? false);
          if (mark === Mark.value) expect(typeof value).toBe(type);
        });
        // A column without exceptions has no marks at all: loops over columns go by that.
        if (marks !== undefined) expect([...marks].some((mark) => mark !== Mark.value)).toBe(true);
        if (odd !== undefined) expect(odd.size).toBeGreaterThan(0);
      }),
      { numRuns: 600 },
    );
  });

  it('keeps the marks of what is missing, and shares them with nobody', () => {
    const missing = Uint8Array.of(Mark.value, Mark.missing, Mark.value, Mark.value);
    const column = columnOfValues([1, undefined, undefined, 'odd'], missing);
    expect([...(column.marks ?? [])]).toEqual([Mark.value, Mark.missing, Mark.undefined, Mark.odd]);
    expect([...missing]).toEqual([Mark.value, Mark.missing, Mark.value, Mark.value]);
  });
});
