import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/batch/column.ts';
import { gatherColumn } from '../../src/batch/column-parts.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { hashBytes, hashColumn, hashNumber, hashString, hashValue } from '../../src/batch/hash.ts';
import { encodeText } from '../../src/batch/text.ts';
import { cloneValue, equalValues } from '../../src/batch/values.ts';
import * as arbitrary from './arbitrary.ts';
import { fromNotation, type Notation, readGolden } from './notation.ts';

const golden = readGolden<{ readonly value: Notation; readonly hash: number }>('hash.json');

const rotate = (value: number, by: number): number => ((value << by) | (value >>> (32 - by))) >>> 0;

/** Murmur3 written down again from its definition, in the plainest way. */
const reference = (bytes: Uint8Array): number => {
  let hash = 0;
  const scramble = (word: number): number =>
    Math.imul(rotate(Math.imul(word, 0xcc9e2d51) >>> 0, 15), 0x1b873593);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    hash = (Math.imul(rotate((hash ^ scramble(view.getUint32(i, true))) >>> 0, 13), 5) + 0xe6546b64) >>> 0;
  }
  let tail = 0;
  for (let k = bytes.length - 1; k >= i; k--) tail = (tail << 8) | (bytes[k] as number);
  hash = (hash ^ scramble(tail) ^ bytes.length) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
};

describe('the golden hashes', () => {
  it.each(golden.map(({ value, hash }) => [JSON.stringify(value), value, hash] as const))(
    'the hash of %s is what it has always been',
    (_, notation, hash) => {
      expect(hashValue(fromNotation(notation))).toBe(hash);
    },
  );
});

describe('the hash of a text', () => {
  it('is murmur3 with the published test vectors', () => {
    expect(hashString('')).toBe(0);
    expect(hashString('hello')).toBe(0x248bfa47);
    expect(hashString('hello, world')).toBe(0x149bbb7f);
    expect(hashString('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723);
  });

  it('is the hash of its UTF-8 bytes, also for lone surrogates', () => {
    fc.assert(
      fc.property(arbitrary.text, (text) => {
        const bytes = encodeText(text);
        expect(hashString(text)).toBe(reference(bytes));
        expect(hashBytes(bytes, 0, bytes.length)).toBe(hashString(text));
        if (text.isWellFormed()) expect(hashString(text)).toBe(reference(Buffer.from(text, 'utf8')));
      }),
      { numRuns: 500 },
    );
  });

  it('is found in the middle of other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.uint8Array(), (before, bytes, after) => {
        const all = Uint8Array.from([...before, ...bytes, ...after]);
        expect(hashBytes(all, before.length, bytes.length)).toBe(reference(bytes));
      }),
    );
  });

  it('finds characters beyond ASCII at every position', () => {
    for (let length = 1; length < 10; length++) {
      for (let at = 0; at < length; at++) {
        const text = `${'a'.repeat(at)}ü${'b'.repeat(length - at - 1)}`;
        expect(hashString(text)).toBe(reference(Buffer.from(text, 'utf8')));
      }
    }
  });
});

describe('the hash of a number', () => {
  it('is that of its four bytes when it is a 32-bit integer', () => {
    fc.assert(
      fc.property(fc.integer(), (integer) => {
        expect(hashNumber(integer)).toBe(reference(new Uint8Array(Int32Array.of(integer).buffer)));
      }),
    );
  });

  it('is that of its eight bytes when it is not', () => {
    for (const value of [0.5, 2 ** 31, -(2 ** 31) - 1, 1e300, Infinity, -Infinity]) {
      expect(hashNumber(value)).toBe(reference(new Uint8Array(Float64Array.of(value).buffer)));
    }
  });

  it('does not tell −0 from 0, nor one NaN from another', () => {
    const otherNaN = new Float64Array(BigUint64Array.of(0xfff8000000000123n).buffer)[0] as number;
    expect(hashNumber(-0)).toBe(hashNumber(0));
    expect(hashNumber(otherNaN)).toBe(hashNumber(Number.NaN));
    expect(hashValue(new Date(otherNaN))).toBe(hashValue(new Date(Number.NaN)));
  });
});

describe('the hash of a value', () => {
  it('is an unsigned 32-bit integer, the same for every copy', () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        const hash = hashValue(value);
        expect(hash).toBe(hash >>> 0);
        expect(hashValue(cloneValue(value))).toBe(hash);
      }),
      { numRuns: 300 },
    );
  });

  it('is equal for equal values and hardly ever for others', () => {
    fc.assert(
      fc.property(arbitrary.value, arbitrary.value, (left, right) => {
        expect(hashValue(left) === hashValue(right)).toBe(equalValues(left, right));
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('does not depend on the order of fields, entries and members', () => {
    expect(hashValue({ a: 1, b: 2 })).toBe(hashValue({ b: 2, a: 1 }));
    expect(hashValue(new Set([1, 'a']))).toBe(hashValue(new Set(['a', 1])));
    const entries: [unknown, unknown][] = [
      [1, 'x'],
      ['a', 'y'],
    ];
    expect(hashValue(new Map(entries))).toBe(hashValue(new Map(entries.toReversed())));
    expect(hashValue([1, 2])).not.toBe(hashValue([2, 1]));
  });

  it('tells values apart that differ only in their type or place', () => {
    const values = [1, 1n, '1', true, new Date(1), [1], new Set([1]), new Map([[1, 1]]), { a: 1 }, { b: 1 }];
    const more = [null, undefined, {}, { a: undefined }, { a: null }, [], [null], [undefined], '', 0, false];
    const hashes = new Set([...values, ...more].map(hashValue));
    expect(hashes.size).toBe(values.length + more.length);
  });

  it('spreads consecutive numbers and texts evenly', () => {
    const counts = new Array<number>(128).fill(0);
    for (let i = 0; i < 12_800; i++) {
      for (const hash of [hashNumber(i), hashString(`user${i}`)])
        counts[hash % 128] = (counts[hash % 128] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(140);
    expect(Math.max(...counts)).toBeLessThan(270);
  });
});

const hashesOf = (column: Column, length: number): number[] => {
  const target = new Uint32Array(length);
  hashColumn(column, length, target);
  return [...target];
};

describe('the hashes of a column', () => {
  it('are those of its values, whatever the type of the column', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.record, { minLength: 1, maxLength: 30 }), (rows) => {
        const set = toColumns(rows, rows.length);
        if (set === undefined) return;
        set.names.forEach((name, position) => {
          const values = rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined));
          expect(hashesOf(set.columns[position] as Column, rows.length)).toEqual(values.map(hashValue));
        });
      }),
      { numRuns: 200 },
    );
  });

  it('are made from the bytes of texts where they lie', () => {
    const bytes = encodeText('xxgrünyyabcd');
    const column: Column = {
      type: 'text',
      bytes,
      offsets: Int32Array.of(2, 9, 0),
      lengths: Int32Array.of(5, 4, 0),
    };
    expect(hashesOf(column, 3)).toEqual(['grün', 'abcd', ''].map(hashString));
    expect(hashesOf(gatherColumn(column, Int32Array.of(1), 1), 1)).toEqual([hashString('abcd')]);
  });
});
