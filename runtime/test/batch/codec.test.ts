import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import {
  ByteReader,
  ByteWriter,
  decodeBatch,
  decodeValue,
  encodeBatch,
  encodeValue,
} from '../../src/batch/codec.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { selectRows } from '../../src/batch/slice.ts';
import { maximumDepth } from '../../src/batch/values.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import * as arbitrary from './arbitrary.ts';
import { fromNotation, type Notation, readGolden } from './notation.ts';

const bytesOf = (value: unknown): Uint8Array => {
  const writer = new ByteWriter();
  encodeValue(value, writer);
  return writer.toBytes();
};

const batchBytes = (batch: Batch): Uint8Array => {
  const writer = new ByteWriter();
  encodeBatch(batch, writer);
  return writer.toBytes();
};

const again = (batch: Batch): Batch => {
  const reader = new ByteReader(batchBytes(batch));
  const decoded = decodeBatch(reader);
  expect(reader.remaining).toBe(0);
  return decoded;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const noTimes = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

/** Runs something on damaged bytes: it works all the same, or fails with the one error for that. */
const toleratesDamage = (read: () => unknown): void => {
  try {
    read();
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'record-invalid') throw error;
    expect(error.hint).toBeTruthy();
  }
};

describe('the golden bytes', () => {
  it.each(readGolden<{ readonly value: Notation; readonly bytes: string }>('values.json'))(
    'of the value $value are what they have always been',
    ({ value, bytes }) => {
      expect(hex(bytesOf(fromNotation(value)))).toBe(bytes);
      assert.deepStrictEqual(decodeValue(new ByteReader(Buffer.from(bytes, 'hex'))), fromNotation(value));
    },
  );

  it.each(
    readGolden<{
      readonly name: string;
      readonly rows: Notation[];
      readonly times: (number | null)[];
      readonly bytes: string;
    }>('batches.json'),
  )('of a batch with $name are what they have always been', ({ rows, times, bytes }) => {
    const values = rows.map(fromNotation);
    const timestamps = Float64Array.from(times, (time) => time ?? Number.NaN);
    expect(hex(batchBytes(Batch.ofRows(values, timestamps)))).toBe(bytes);
    const decoded = decodeBatch(new ByteReader(Buffer.from(bytes, 'hex')));
    assert.deepStrictEqual(decoded.rows(), values);
    expect([...decoded.timestamps]).toEqual([...timestamps]);
  });
});

describe('a value', () => {
  it('comes back from its bytes unchanged', () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        const reader = new ByteReader(bytesOf(value));
        assert.deepStrictEqual(decodeValue(reader), value);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('can be followed by others', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.value), (values) => {
        const writer = new ByteWriter(16);
        for (const value of values) encodeValue(value, writer);
        const reader = new ByteReader(writer.view());
        for (const value of values) assert.deepStrictEqual(decodeValue(reader), value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('outside the domain is refused with the path to it', () => {
    const inner = { list: [1, () => 2] };
    expect(() => bytesOf({ a: inner })).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
    expect(() => bytesOf({ a: inner })).toThrow(/\.a\.list\[1\] is a function/);
    expect(() => bytesOf(Buffer.from('x'))).toThrow(/new Uint8Array|Buffer/);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => bytesOf(cycle)).toThrow(/contains itself/);
  });

  it('can be nested to the limit and not deeper', () => {
    assert.deepStrictEqual(decodeValue(new ByteReader(bytesOf(nested(maximumDepth)))), nested(maximumDepth));
    expect(() => bytesOf(nested(maximumDepth + 1))).toThrow(/nested deeper/);
    const deeper = new Uint8Array([...new Array(10_000).fill([12, 1]).flat(), 1]);
    expect(() => decodeValue(new ByteReader(deeper))).toThrow(/nested too deep/);
  });

  it('has the same bytes for every NaN', () => {
    const otherNaN = new Float64Array(BigUint64Array.of(0xfff8000000000123n).buffer)[0] as number;
    expect(bytesOf([otherNaN, new Date(otherNaN)])).toEqual(bytesOf([Number.NaN, new Date(Number.NaN)]));
  });
});

describe('a batch', () => {
  // Adding 0 makes 0 of −0, which no time is.
  const times = fc
    .oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 5 }), fc.integer(), fc.double())
    .map((timeMs) => timeMs + 0);

  it('comes back from its bytes unchanged, rows or columns', () => {
    fc.assert(
      fc.property(arbitrary.records, fc.array(times), fc.boolean(), (rows, given, columnar) => {
        const timestamps = Float64Array.from(rows, (_, i) => given[i] ?? Number.NaN);
        const batch = Batch.ofRows(rows, timestamps);
        if (columnar) batch.columns();
        const decoded = again(batch);
        assert.deepStrictEqual(decoded.rows(), rows);
        assert.deepStrictEqual([...decoded.timestamps], [...timestamps]);
        // What was read can be written again, though its texts are bytes now.
        assert.deepStrictEqual(again(decoded).rows(), rows);
      }),
      { numRuns: 500 },
    );
  });

  it('is read as columns when its records have fields', () => {
    const decoded = again(Batch.ofRows([{ a: 1, b: 'x' }], noTimes(1)));
    expect([decoded.isColumnar, decoded.hasRows]).toEqual([true, false]);
    expect(decoded.columns()?.columns.map(({ type }) => type)).toEqual(['number', 'text']);
  });

  it('has the same bytes from rows and from their columns', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.record, { maxLength: 20 }), (rows) => {
        const set = toColumns(rows, rows.length);
        if (set === undefined) return;
        const columns = Batch.ofColumns(set, noTimes(rows.length), rows.length);
        expect(batchBytes(columns)).toEqual(batchBytes(Batch.ofRows(rows, noTimes(rows.length))));
      }),
    );
  });

  it('is written up to its length, whatever lies behind it', () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
      { a: 'odd', b: null },
    ];
    assert.deepStrictEqual(again(Batch.ofRows(rows, noTimes(3), 2)).rows(), rows.slice(0, 2));
    assert.deepStrictEqual(again(Batch.ofRows([1, 'b', null], noTimes(5), 2)).rows(), [1, 'b']);
    const set = toColumns(rows, 3);
    if (set === undefined) throw new Error('There are no columns.');
    assert.deepStrictEqual(again(Batch.ofColumns(set, noTimes(3), 2)).rows(), rows.slice(0, 2));
  });

  it('writes texts that lie scattered in other bytes and leaves the rest behind', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ text: `${'ü'.repeat(i % 3)}${i}` }));
    const decoded = again(Batch.ofRows(rows, noTimes(100)));
    const picked = selectRows(decoded, Int32Array.of(99, 3, 50, 3), 4);
    assert.deepStrictEqual(again(picked).rows(), [rows[99], rows[3], rows[50], rows[3]]);
    expect(batchBytes(picked).length).toBeLessThan(60);
  });

  it('does not join the halves of surrogate pairs of neighbours', () => {
    const rows = [{ t: '\uD83D' }, { t: '\uDE00' }];
    assert.deepStrictEqual(again(Batch.ofRows(rows, noTimes(2))).rows(), rows);
    assert.deepStrictEqual(again(Batch.ofRows(['\uD83D', '\uDE00'], noTimes(2))).rows(), [
      '\uD83D',
      '\uDE00',
    ]);
  });

  it('carries texts of any length', () => {
    const rows = ['a', 'b'.repeat(255), 'c'.repeat(256), 'd'.repeat(100_000)].map((text) => ({ text }));
    assert.deepStrictEqual(again(Batch.ofRows(rows, noTimes(4))).rows(), rows);
  });

  it('writes the names of nested fields once', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      nested: { identifier: i, 'another name': [{ inner: i }] },
    }));
    const bytes = batchBytes(Batch.ofRows(rows, noTimes(100)));
    expect(Buffer.from(bytes).toString('latin1').split('identifier')).toHaveLength(2);
    assert.deepStrictEqual(again(Batch.ofRows(rows, noTimes(100))).rows(), rows);
  });

  it('carries nested objects of more kinds than are remembered', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ nested: { [`name${i % 70}`]: i } }));
    assert.deepStrictEqual(again(Batch.ofRows(rows, noTimes(200))).rows(), rows);
  });

  it.each([
    ['none', (): number => Number.NaN, 10],
    ['the same one', (): number => 1_005_264_000_000, 30],
    ['regular ones', (i: number): number => 1_005_264_000_000 + i * 250, 30],
    ['irregular ones near each other', (i: number): number => 1_005_264_000_000 + ((i * 7919) % 1000), 4030],
    ['ones far from each other', (i: number): number => i ** 5, 8030],
    ['fractions', (i: number): number => Math.sqrt(i), 8030],
    ['infinite ones', (i: number): number => (i === 0 ? -Infinity : Infinity), 8030],
    ['some missing', (i: number): number => (i % 2 === 0 ? i : Number.NaN), 8030],
  ])('with timestamps of which there are %s is small and exact', (_, timeOf, mostBytes) => {
    const timestamps = Float64Array.from({ length: 1000 }, (__, i) => timeOf(i));
    const rows = new Array<unknown>(1000).fill(null);
    const bytes = batchBytes(Batch.ofRows(rows, timestamps));
    expect(bytes.length).toBeLessThan(mostBytes + 1010);
    assert.deepStrictEqual([...decodeBatch(new ByteReader(bytes)).timestamps], [...timestamps]);
  });

  it('does not carry keys, which its receiver computes', () => {
    const batch = Batch.ofRows([{ a: 1 }], noTimes(1)).withKeys({ values: [1], hashes: Uint32Array.of(1) });
    expect(again(batch).keys).toBeUndefined();
  });

  it('names the record that cannot be written', () => {
    const batch = Batch.ofRows(
      [
        { a: 1, b: [1] },
        { a: 2, b: [() => 1] },
      ],
      noTimes(2),
    );
    expect(() => batchBytes(batch)).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
    expect(() => batchBytes(Batch.ofRows([1, Symbol('x')], noTimes(2)))).toThrow(/symbol/);
  });

  it('with more records than any reader takes is not written', () => {
    expect(() => batchBytes(Batch.ofRows([], new Float64Array(0), 2 ** 23))).toThrow(RangeError);
  });
});

describe('damaged bytes', () => {
  const valid = fc.tuple(arbitrary.records, fc.array(fc.integer())).map(([rows, times]) => {
    const timestamps = Float64Array.from(rows, (_, i) => times[i] ?? 0);
    return batchBytes(Batch.ofRows(rows, timestamps));
  });

  it('that are cut off give an error, wherever they end', () => {
    fc.assert(
      fc.property(valid, fc.nat(), (bytes, at) => {
        const cut = bytes.subarray(0, at % bytes.length);
        expect(() => decodeBatch(new ByteReader(cut))).toThrow(
          expect.objectContaining({ code: 'record-invalid' }),
        );
        expect(() => decodeBatch(new ByteReader(bytes, 0, cut.length))).toThrow(/damaged/);
      }),
      { numRuns: 500 },
    );
  });

  it('with changed bytes give an error or other records, never a hang', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(valid, changes, (bytes, changed) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, byte] of changed) damaged[at % damaged.length] = byte;
        toleratesDamage(() => decodeBatch(new ByteReader(damaged)).rows());
      }),
      { numRuns: 2000 },
    );
  });

  it('of no meaning at all do no harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        toleratesDamage(() => decodeValue(new ByteReader(bytes)));
        toleratesDamage(() => decodeBatch(new ByteReader(bytes)).rows());
        toleratesDamage(() => decodeBatch(new ByteReader(Uint8Array.from([1, 3, 0, ...bytes]))).rows());
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a version of the future', [2, 0, 0, 0, 0], /unknown version 2/],
    ['a claim of very many records', [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], /claims to have/],
    ['an unknown layout of timestamps', [1, 1, 9], /unknown layout 9/],
    ['an unknown form', [1, 0, 0, 7], /unknown form 7/],
    ['an unknown layout of a column', [1, 1, 0, 1, 9], /unknown layout 9/],
    ['an unknown mark', [1, 1, 0, 1, 6, 1, 1, 9], /unknown mark 9/],
    ['lengths of texts that do not add up', [1, 1, 0, 1, 4, 5, 1, 0x61, 0], /add up/],
    ['a negative length of a text', [1, 1, 0, 1, 5, 255, 255, 255, 255, 0, 0], /negative length/],
    ['two columns of one name', [1, 0, 0, 0, 2, 1, 0x61, 6, 0, 1, 0x61, 6, 0], /one name/],
    ['a reference to an object that is not there', [1, 1, 0, 1, 6, 16, 0], /refers to one that is not there/],
    ['more columns than there are bytes', [1, 0, 0, 0, 0x7f], /cannot be in/],
  ])('with %s say so', (_, bytes, message) => {
    expect(() => decodeBatch(new ByteReader(Uint8Array.from(bytes)))).toThrow(message);
  });

  it('never lead to an allocation much larger than they are', () => {
    const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    for (let tag = 0; tag < 30; tag++) {
      const bytes = Uint8Array.from([tag, ...most, 1, 2, 3]);
      toleratesDamage(() => decodeValue(new ByteReader(bytes)));
    }
    // Four million records are claimed, and no column has the bytes for them.
    for (let layout = 0; layout < 8; layout++) {
      const bytes = Uint8Array.from([1, 0x80, 0x80, 0x80, 0x02, 0, 1, layout, ...most]);
      expect(() => decodeBatch(new ByteReader(bytes))).toThrow(/damaged/);
    }
  });
});
