import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { type Column, Mark } from '../../src/batch/column.ts';
import { decodeColumn, encodeColumn } from '../../src/batch/column-codec.ts';
import { columnValues } from '../../src/batch/materialize.ts';
import { ReadShapes, WrittenShapes } from '../../src/batch/value-codec.ts';

const bytesOf = (column: Column, length: number): Uint8Array => {
  const writer = new ByteWriter();
  encodeColumn(column, length, writer, new WrittenShapes());
  return writer.toBytes();
};

const decoded = (bytes: Uint8Array, length: number): Column => {
  const reader = new ByteReader(bytes);
  const column = decodeColumn(length, reader, new ReadShapes());
  expect(reader.remaining).toBe(0);
  return column;
};

const memoryOf = (values: Float64Array | Int32Array | BigInt64Array): number[] => [
  ...new Uint8Array(values.buffer),
];

const letters = (text: string): number[] => [...Buffer.from(text)];

const noMarks = 0;

describe('the bytes of a column', () => {
  it.each<readonly [string, Column, number, readonly number[]]>([
    [
      'four a number when all are small and whole',
      { type: 'number', values: Float64Array.of(1, -2, 2 ** 31 - 1) },
      3,
      [1, ...memoryOf(Int32Array.of(1, -2, 2 ** 31 - 1)), noMarks],
    ],
    [
      'eight a number when one is a fraction',
      { type: 'number', values: Float64Array.of(1, 0.5) },
      2,
      [0, ...memoryOf(Float64Array.of(1, 0.5)), noMarks],
    ],
    [
      'eight a number when one is −0',
      { type: 'number', values: Float64Array.of(0, -0) },
      2,
      [0, ...memoryOf(Float64Array.of(0, -0)), noMarks],
    ],
    [
      'eight a number when one is beyond 32 bits',
      { type: 'number', values: Float64Array.of(2 ** 31) },
      1,
      [0, ...memoryOf(Float64Array.of(2 ** 31)), noMarks],
    ],
    ['one a boolean', { type: 'boolean', values: Uint8Array.of(1, 0, 1) }, 3, [2, 1, 0, 1, noMarks]],
    [
      'eight a bigint',
      { type: 'bigint', values: BigInt64Array.of(-1n, 5n) },
      2,
      [3, ...memoryOf(BigInt64Array.of(-1n, 5n)), noMarks],
    ],
    [
      'the lengths of texts, their size and all of them',
      { type: 'string', values: ['ab', '', 'c'] },
      3,
      [4, 2, 0, 1, 3, ...letters('abc'), noMarks],
    ],
    [
      'the lengths in bytes of texts beyond ASCII',
      { type: 'string', values: ['ü', 'a', '\uD800'] },
      3,
      [4, 2, 1, 3, 6, ...letters('üa'), 0xed, 0xa0, 0x80, noMarks],
    ],
    [
      'the same for texts that are bytes already, in any order',
      {
        type: 'text',
        bytes: Uint8Array.from(letters('cab')),
        offsets: Int32Array.of(1, 3, 0),
        lengths: Int32Array.of(2, 0, 1),
      },
      3,
      [4, 2, 0, 1, 3, ...letters('abc'), noMarks],
    ],
    [
      'lengths of four bytes when one is long',
      { type: 'string', values: ['x'.repeat(256)] },
      1,
      [5, ...memoryOf(Int32Array.of(256)), 0x80, 0x02, ...letters('x'.repeat(256)), noMarks],
    ],
    [
      'values one by one when they have no type',
      { type: 'any', values: [null, 1, 'a'] },
      3,
      [6, 1, 4, 1, 9, 1, 97, noMarks],
    ],
    [
      'marks and then odd values',
      {
        type: 'boolean',
        values: Uint8Array.of(1, 0, 0, 0, 0),
        marks: Uint8Array.of(Mark.value, Mark.null, Mark.undefined, Mark.missing, Mark.odd),
        odd: new Map([[4, 7]]),
      },
      5,
      [2, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 4, 7],
    ],
  ])('are %s', (_, column, length, bytes) => {
    expect([...bytesOf(column, length)]).toEqual(bytes);
    assert.deepStrictEqual(
      Array.from(columnValues(decoded(Uint8Array.from(bytes), length), length)),
      Array.from(columnValues(column, length)).slice(0, length),
    );
  });

  it('are those of the first values when there are more', () => {
    const columns: Column[] = [
      { type: 'number', values: Float64Array.of(1, 0.5) },
      {
        type: 'number',
        values: Float64Array.of(0.5, 1),
        marks: Uint8Array.of(0, Mark.odd),
        odd: new Map([[1, 'x']]),
      },
      { type: 'string', values: ['a', 'ü'] },
      { type: 'string', values: ['ü', 'a'] },
      { type: 'any', values: [[1], [2]] },
      { type: 'boolean', values: Uint8Array.of(1, 1) },
      { type: 'bigint', values: BigInt64Array.of(5n, 6n) },
      {
        type: 'text',
        bytes: Uint8Array.of(97, 98),
        offsets: Int32Array.of(0, 1),
        lengths: Int32Array.of(1, 1),
      },
    ];
    for (const column of columns) {
      const [value] = Array.from(columnValues(column, 2));
      expect(Array.from(columnValues(decoded(bytesOf(column, 1), 1), 1))).toEqual([value]);
    }
  });

  it('take texts from the middle of other bytes in one piece', () => {
    const column: Column = {
      type: 'text',
      bytes: Uint8Array.from(letters('xxabcyy')),
      offsets: Int32Array.of(2, 3),
      lengths: Int32Array.of(1, 2),
    };
    expect([...bytesOf(column, 2)]).toEqual([4, 1, 2, 3, ...letters('abc'), noMarks]);
  });

  it('are read into memory of their own', () => {
    const bytes = bytesOf({ type: 'string', values: ['ab'] }, 1);
    const column = decoded(bytes, 1);
    bytes.fill(0);
    expect(Array.from(columnValues(column, 1))).toEqual(['ab']);
  });
});
