import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { decodeValue, encodeValue, ReadShapes, WrittenShapes } from '../../src/batch/value-codec.ts';
import { equalValues } from '../../src/batch/values.ts';
import * as arbitrary from './arbitrary.ts';

const bytesOf = (values: readonly unknown[], shapes?: WrittenShapes): Uint8Array => {
  const writer = new ByteWriter();
  for (const value of values) encodeValue(value, writer, shapes);
  return writer.toBytes();
};

const decoded = (bytes: Uint8Array, count: number, shapes?: ReadShapes): unknown[] => {
  const reader = new ByteReader(bytes);
  const values = Array.from({ length: count }, () => decodeValue(reader, shapes));
  expect(reader.remaining).toBe(0);
  return values;
};

describe('values with shared shapes', () => {
  it('come back unchanged when they are read in the same order', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.value, { maxLength: 12 }), (values) => {
        const twice = [...values, ...values];
        const bytes = bytesOf(twice, new WrittenShapes());
        assert.deepStrictEqual(decoded(bytes, twice.length, new ReadShapes()), twice);
      }),
      { numRuns: 500 },
    );
  });

  it('name their fields once', () => {
    const point = { horizontal: 1, vertical: 2 };
    const once = bytesOf([point], new WrittenShapes()).length;
    const twice = bytesOf([point, { horizontal: 3, vertical: 4 }], new WrittenShapes()).length;
    expect(twice - once).toBe(6);
    expect(bytesOf([point, point]).length).toBe(2 * once);
  });

  it('are of another kind when the order of their fields is another', () => {
    const values = [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: 1, b: 2 }];
    const made = decoded(bytesOf(values, new WrittenShapes()), 4, new ReadShapes()) as object[];
    expect(made.map((value) => Object.keys(value))).toEqual([['a', 'b'], ['b', 'a'], ['a'], ['a', 'b']]);
  });

  it('may be nested in themselves', () => {
    const tree = { value: 1, next: { value: 2, next: { value: 3, next: null } } };
    assert.deepStrictEqual(decoded(bytesOf([tree], new WrittenShapes()), 1, new ReadShapes()), [tree]);
  });
});

describe('the bytes of a value', () => {
  it('differ when the values do', () => {
    fc.assert(
      fc.property(arbitrary.value, arbitrary.value, (left, right) => {
        if (Buffer.from(bytesOf([left])).equals(bytesOf([right])))
          expect(equalValues(left, right)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['small whole numbers', 5, 2],
    ['a number of 32 bits', 2 ** 31 - 1, 6],
    ['a fraction', 0.5, 9],
    ['a short text', 'abc', 5],
    ['null', null, 1],
    ['a bigint of 64 bits', 5n, 9],
    ['a list of numbers', [1, 2, 3], 8],
    ['an object', { a: 1 }, 6],
  ])('are few for %s', (_, value, count) => {
    expect(bytesOf([value]).length).toBe(count);
  });

  it('are those of undefined for a hole in a list', () => {
    const holed = new Array<number>(3);
    holed[0] = 1;
    holed[2] = 3;
    assert.deepStrictEqual(decoded(bytesOf([holed]), 1), [[1, undefined, 3]]);
  });

  it('hold integers of any size and sign exactly', () => {
    for (let bits = 60n; bits < 70n; bits++) {
      for (const base of [2n ** bits, -(2n ** bits)]) {
        const values = [base - 1n, base, base + 1n];
        expect(decoded(bytesOf(values), 3)).toEqual(values);
      }
    }
    const huge = [-(7n ** 5000n), 7n ** 5000n];
    expect(decoded(bytesOf(huge), 2)).toEqual(huge);
  });

  it('keep dates that are invalid and bytes that are empty', () => {
    const values = [new Date(Number.NaN), new Date(-8.64e15), new Uint8Array(0)];
    assert.deepStrictEqual(decoded(bytesOf(values), 3), values);
  });

  it('give plain objects, whatever the prototype of the original', () => {
    const value: unknown = Object.assign(Object.create(null), { a: 1 });
    assert.deepStrictEqual(decoded(bytesOf([value]), 1), [{ a: 1 }]);
  });

  it('leave the prototype of an object alone that has a field named __proto__', () => {
    const [value] = decoded(bytesOf([JSON.parse('{"__proto__": {"polluted": 1}}')]), 1);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value as object)).toEqual(['__proto__']);
  });
});
