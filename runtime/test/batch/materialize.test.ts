import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ColumnSet, Mark } from '../../src/batch/column.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { columnValues, toRows } from '../../src/batch/materialize.ts';
import { encodeText } from '../../src/batch/text.ts';

const setOf = (rows: readonly unknown[]): ColumnSet => toColumns(rows, rows.length) as ColumnSet;

/** More often than any way of making rows needs to change to the next. */
const times = 4;

describe('columns as rows', () => {
  it('are the same from the first time on and ever after', () => {
    const rows = [
      { id: 1, user: 'a', ok: true, count: 5n },
      { id: 2, user: 'b', ok: false, count: 6n },
    ];
    for (let i = 0; i < times; i++) assert.deepStrictEqual(toRows(setOf(rows), 2), rows);
  });

  it('are made for columns of other types when the names are the same', () => {
    for (const value of [1, 'a', true, 1n, [1], null, undefined, Number.NaN]) {
      const rows = [{ same: value }, { same: value }];
      assert.deepStrictEqual(toRows(setOf(rows), 2), rows);
    }
  });

  it('tell schemas apart whose names look alike when joined', () => {
    const alike = [[{ 'a b': 1, c: 2 }], [{ a: 1, 'b c': 2 }], [{ 'a b c': 1 }], [{ a: 1, b: 2, c: 3 }]];
    for (let i = 0; i < times; i++)
      for (const rows of alike) assert.deepStrictEqual(toRows(setOf(rows), 1), rows);
  });

  it('have names that are data and never code', () => {
    const name = '"];throw new Error("injected");//\u2028\n$`';
    const rows = [{ [name]: 1, "'": 2, '\\': 3, __proto: 4 }];
    for (let i = 0; i < times; i++) assert.deepStrictEqual(toRows(setOf(rows), 1), rows);
  });

  it('can have a field named __proto__', () => {
    const rows = [
      JSON.parse('{"id": 1, "__proto__": 2}'),
      JSON.parse('{"id": 3, "__proto__": {"a": 4}}'),
    ] as unknown[];
    for (let i = 0; i < times; i++) {
      const made = toRows(setOf(rows), 2);
      assert.deepStrictEqual(made, rows);
      expect(made.map((row) => Object.getPrototypeOf(row) === Object.prototype)).toEqual([true, true]);
    }
  });

  it('can have more fields than are made in one piece', () => {
    const wide = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, i]));
    for (let i = 0; i < times; i++) assert.deepStrictEqual(toRows(setOf([wide]), 1), [wide]);
  });

  it('are right for more schemas than are kept', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 400; i++) {
        const rows = [{ [`name${i}`]: i, other: round }];
        assert.deepStrictEqual(toRows(setOf(rows), 1), rows);
      }
    }
  });

  it('share nothing with each other', () => {
    const [first, second] = toRows(setOf([{ a: 1 }, { a: 1 }]), 2) as [{ a: number }, { a: number }];
    first.a = 2;
    expect(second.a).toBe(1);
    expect(toRows(setOf([{ a: 1 }]), 1)).toEqual([{ a: 1 }]);
  });

  it('decode texts once and give them as strings', () => {
    const bytes = encodeText('grünred');
    const set: ColumnSet = {
      names: ['colour'],
      columns: [
        {
          type: 'text',
          bytes,
          offsets: Int32Array.of(0, 5, 0),
          lengths: Int32Array.of(5, 3, 0),
          marks: Uint8Array.of(Mark.value, Mark.value, Mark.missing),
        },
      ],
    };
    assert.deepStrictEqual(toRows(set, 3), [{ colour: 'grün' }, { colour: 'red' }, {}]);
  });

  it('are made without generated code where that is not allowed', () => {
    const script = fileURLToPath(new URL('./no-generation.ts', import.meta.url));
    const run = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', script], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe('fine\n');
  });
});

describe('the values of a column', () => {
  it('honour the marks', () => {
    const values = columnValues(
      {
        type: 'boolean',
        values: Uint8Array.of(1, 0, 0, 0, 0),
        marks: Uint8Array.of(Mark.value, Mark.null, Mark.undefined, Mark.missing, Mark.odd),
        odd: new Map([[4, 'odd']]),
      },
      5,
    );
    expect(Array.from(values)).toEqual([true, null, undefined, undefined, 'odd']);
  });

  it('are as many as asked for when some are marked', () => {
    const column = { type: 'number', values: Float64Array.of(1, 2, 3), marks: new Uint8Array(3) } as const;
    expect(columnValues(column, 2)).toEqual([1, 2]);
  });
});
