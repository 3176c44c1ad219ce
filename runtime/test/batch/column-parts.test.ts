import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, Mark } from '../../src/batch/column.ts';
import {
  concatColumns,
  gatherColumn,
  gatherList,
  gatherNumbers,
  sliceColumn,
} from '../../src/batch/column-parts.ts';
import { columnOfValues } from '../../src/batch/columnize.ts';
import { columnValues } from '../../src/batch/materialize.ts';
import { encodeText } from '../../src/batch/text.ts';
import * as arbitrary from './arbitrary.ts';

const valuesOf = (column: Column, length: number): unknown[] =>
  Array.from(columnValues(column, length)).slice(0, length);

/** Texts as bytes, with other bytes before, between and behind. */
const textColumn = (texts: readonly string[]): Column => {
  const parts = texts.map(encodeText);
  const gap = encodeText('gap');
  const offsets = new Int32Array(texts.length);
  let size = gap.length;
  parts.forEach((part, i) => {
    offsets[i] = size;
    size += part.length + gap.length;
  });
  const bytes = new Uint8Array(size).fill(0x7e);
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i]);
  return { type: 'text', bytes, offsets, lengths: Int32Array.from(parts, ({ length }) => length) };
};

/** Exceptions laid over a column: what stands at the marked positions is told by the marks alone. */
const withExceptions = (column: Column, length: number): Column => {
  const marks = new Uint8Array(length);
  const odd = new Map<number, unknown>();
  for (let i = 0; i < length; i++) {
    const mark = [Mark.value, Mark.null, Mark.value, Mark.odd, Mark.undefined, Mark.value, Mark.missing][
      i % 7
    ];
    marks[i] = mark as number;
    if (mark === Mark.odd) odd.set(i, ['odd', i]);
  }
  return { ...column, marks, odd };
};

const texts = ['a', '', 'ü', 'longer than twelve', '😀', '\uD83D', 'z', 'y'];

const plainColumns: readonly (readonly [name: string, column: Column])[] = [
  ['numbers', { type: 'number', values: Float64Array.of(1, -0, Number.NaN, 0.5, Infinity, 2 ** 40, 7, 8) }],
  ['booleans', { type: 'boolean', values: Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 0) }],
  ['bigints', { type: 'bigint', values: BigInt64Array.of(1n, -1n, 2n ** 62n, 0n, 5n, 6n, 7n, 8n) }],
  ['strings', { type: 'string', values: texts }],
  ['texts', textColumn(texts)],
  ['anything', { type: 'any', values: [[1], null, undefined, { a: 1 }, 'x', 5n, new Date(0), new Set([1])] }],
];

const length = 8;

const columns: readonly (readonly [name: string, column: Column])[] = [
  ...plainColumns,
  ...plainColumns
    .filter(([name]) => name !== 'anything')
    .map(([name, column]) => [`${name} with exceptions`, withExceptions(column, length)] as const),
];

describe.each(columns)('a column of %s', (_, column) => {
  const values = valuesOf(column, length);

  it('has every part that can be cut out of it', () => {
    for (let from = 0; from <= length; from++) {
      for (let to = from; to <= length; to++) {
        const part = sliceColumn(column, from, to);
        expect(part.type).toBe(column.type);
        assert.deepStrictEqual(valuesOf(part, to - from), values.slice(from, to));
      }
    }
  });

  it('has every selection, in any order and with repetitions', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(length - 1), { maxLength: 12 }), (positions) => {
        const indices = Int32Array.from([...positions, 0, 0]);
        const selected = gatherColumn(column, indices, positions.length);
        assert.deepStrictEqual(
          valuesOf(selected, positions.length),
          positions.map((i) => values[i]),
        );
      }),
    );
  });

  it('is put together again from its parts, and from more than its parts', () => {
    for (let cut = 0; cut <= length; cut++) {
      const parts = [sliceColumn(column, 0, cut), sliceColumn(column, cut, length), column];
      const whole = concatColumns(parts, [cut, length - cut, 3], length + 3);
      expect(whole?.type).toBe(column.type);
      assert.deepStrictEqual(valuesOf(whole as Column, length + 3), [...values, ...values.slice(0, 3)]);
    }
  });

  it('has parts of parts, in any order of slicing, selecting and joining', () => {
    const reversed = gatherColumn(sliceColumn(column, 1, 7), Int32Array.of(5, 4, 3, 2, 1, 0), 6);
    const doubled = concatColumns([reversed, sliceColumn(reversed, 2, 4)], [6, 2], 8) as Column;
    const expected = values.slice(1, 7).toReversed();
    assert.deepStrictEqual(valuesOf(doubled, 8), [...expected, ...expected.slice(2, 4)]);
  });

  it('has no marks in a part without exceptions', () => {
    for (let at = 0; at < length; at++) {
      const isPlain = (column.marks?.[at] ?? Mark.value) === Mark.value;
      const selected = gatherColumn(column, Int32Array.of(at, at), 2);
      if (isPlain) expect([selected.marks, selected.odd]).toEqual([undefined, undefined]);
      else expect(selected.marks?.[1]).toBe(column.marks?.[at]);
    }
  });

  it('keeps of odd values only those of its part', () => {
    const part = sliceColumn(column, 4, 8);
    expect([...(part.odd?.keys() ?? [])]).toEqual([]);
    const [first] = [...(sliceColumn(column, 2, 4).odd?.entries() ?? [])];
    if (column.odd !== undefined) expect(first).toEqual([1, ['odd', 3]]);
  });
});

describe('memory of columns', () => {
  it('is shared by slices of typed values, and owned by selections and sums', () => {
    const column = { type: 'number', values: Float64Array.of(1, 2, 3) } as const;
    const [slice, selection, sum] = [
      sliceColumn(column, 1, 3),
      gatherColumn(column, Int32Array.of(1, 2), 2),
      concatColumns([column], [3], 3) as Column,
    ];
    const bufferOf = (one: Column): unknown => (one.type === 'number' ? one.values.buffer : undefined);
    expect(bufferOf(slice)).toBe(column.values.buffer);
    expect(bufferOf(selection)).not.toBe(column.values.buffer);
    expect(bufferOf(sum)).not.toBe(column.values.buffer);
  });

  it('of joined texts is that of the texts, and not of what lay around them', () => {
    const one = textColumn(['ab', 'c']);
    const two = textColumn(['x'.repeat(1000), 'd']);
    const sum = concatColumns([one, sliceColumn(two, 1, 2)], [2, 1], 3);
    expect(sum?.type === 'text' ? sum.bytes.length : undefined).toBe(4);
    assert.deepStrictEqual(valuesOf(sum as Column, 3), ['ab', 'c', 'd']);
  });

  it('of selected texts is shared with the others', () => {
    const column = textColumn(texts);
    const selected = gatherColumn(column, Int32Array.of(3), 1);
    expect(selected.type === 'text' && column.type === 'text' && selected.bytes === column.bytes).toBe(true);
  });
});

describe('columns of different types', () => {
  it('are not joined: rows are, then', () => {
    for (const [, one] of plainColumns) {
      for (const [, two] of plainColumns) {
        const sum = concatColumns([one, two], [2, 2], 4);
        expect(sum === undefined).toBe(one.type !== two.type);
      }
    }
    expect(concatColumns([], [], 0)).toBe(undefined);
  });

  it('take what comes: any values in any parts', () => {
    const lists = fc.array(fc.array(arbitrary.scalar, { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(lists, (made) => {
        const parts = made.map((list) => columnOfValues(list));
        const lengths = made.map((list) => list.length);
        const total = lengths.reduce((sum, count) => sum + count, 0);
        const sum = concatColumns(parts, lengths, total);
        if (sum === undefined) {
          expect(new Set(parts.map(({ type }) => type)).size).toBeGreaterThan(1);
          return;
        }
        assert.deepStrictEqual(valuesOf(sum, total), made.flat());
      }),
      { numRuns: 300 },
    );
  });
});

describe('lists and numbers', () => {
  it('are gathered up to the count, whatever stands behind it', () => {
    expect([...gatherNumbers(Float64Array.of(5, 6, 7), Int32Array.of(2, 0, 99), 2)]).toEqual([7, 5]);
    expect(gatherList(['a', 'b', 'c'], Int32Array.of(2, 0, 99), 2)).toEqual(['c', 'a']);
    expect(gatherList([], Int32Array.of(), 0)).toEqual([]);
  });
});
