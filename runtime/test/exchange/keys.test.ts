import fc from 'fast-check';
import { Batch, col } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { KeySelector } from '../../src/api/transform.ts';
import type { TextColumn } from '../../src/batch/column.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { encodeText } from '../../src/batch/text.ts';
import { createKeyExtractor, reusedHashes } from '../../src/exchange/keys.ts';

fc.configureGlobal({ seed: 20_011 });

const rowsOf = (rows: readonly unknown[]): Batch => Batch.ofRows(rows, new Float64Array(rows.length));

/** The same records as columns only. */
const columnsOf = (rows: readonly unknown[]): Batch => {
  const columns = rowsOf(rows).columns();
  if (columns === undefined) throw new Error('These records have no columns.');
  return Batch.ofColumns(columns, new Float64Array(rows.length), rows.length);
};

/** Texts as a decoder leaves them: bytes, one value after the other. */
const textColumn = (texts: readonly string[]): TextColumn => {
  const parts = texts.map(encodeText);
  const lengths = Int32Array.from(parts, (part) => part.length);
  const offsets = lengths.map((_, i) => lengths.subarray(0, i).reduce((sum, length) => sum + length, 0));
  return { type: 'text', bytes: Uint8Array.from(parts.flatMap((part) => [...part])), offsets, lengths };
};

const keysOf = (
  selector: KeySelector,
  batch: Batch,
): { readonly values: unknown[]; readonly hashes: number[] } => {
  const { values, hashes } = createKeyExtractor(selector)(batch);
  return { values: [...values].slice(0, batch.length), hashes: [...hashes] };
};

const field = (name: string): KeySelector => ({ kind: 'field', name });

const fieldValues = fc.oneof(
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt({ min: -5n, max: 5n }),
);

describe('the keys of a batch', () => {
  it('hash as the values they are', () => {
    const rows = [{ k: 1 }, { k: 'a' }, { k: null }, { k: 3n }, { k: [1, 'x'] }, { k: { a: 1 } }, {}];
    const { values, hashes } = keysOf(field('k'), rowsOf(rows));
    expect(values).toEqual([1, 'a', null, 3n, [1, 'x'], { a: 1 }, undefined]);
    expect(hashes).toEqual(values.map((value) => hashValue(value)));
  });

  it.each([
    ['mixed', fieldValues],
    ['numbers', fc.double()],
    ['texts', fc.string()],
  ] as const)('are the same by a field over columns as over rows: %s', (_, valuesOf) => {
    fc.assert(
      fc.property(fc.array(fc.record({ k: valuesOf, other: fc.nat() }), { minLength: 1 }), (rows) => {
        expect(keysOf(field('k'), columnsOf(rows))).toEqual(keysOf(field('k'), rowsOf(rows)));
      }),
    );
  });

  it('are undefined for a field that is not there, also where every object inherits one of that name', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'other']) {
      const own: unknown = JSON.parse(`{"${name}": 7}`);
      for (const batch of [rowsOf([{}, own]), columnsOf([{}, own])]) {
        expect(keysOf(field(name), batch).values).toEqual([undefined, 7]);
        expect(keysOf({ kind: 'fields', names: [name, 'k'] }, batch).values).toEqual([
          [undefined, undefined],
          [7, undefined],
        ]);
        expect(keysOf({ kind: 'expression', expression: { kind: 'column', name } }, batch).values).toEqual([
          undefined,
          7,
        ]);
        expect(keysOf(field(name), batch).hashes).toEqual([undefined, 7].map(hashValue));
      }
      expect(() => keysOf(field(name), rowsOf([null]))).toThrow(TypeError);
    }
  });

  it('are the same by a field over texts that are still bytes, and make no rows of them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
        const rows = texts.map((k) => ({ k }));
        const batch = Batch.ofColumns(
          { names: ['k'], columns: [textColumn(texts)] },
          new Float64Array(texts.length),
          texts.length,
        );
        expect(keysOf(field('k'), batch)).toEqual(keysOf(field('k'), rowsOf(rows)));
        expect(batch.hasRows).toBe(false);
      }),
    );
  });

  it('are the same by a field, a function and an expression', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ k: fc.oneof(fc.integer(), fc.string()) })), (rows) => {
        const byField = keysOf(field('k'), rowsOf(rows));
        const byFunction: KeySelector = {
          kind: 'function',
          function: (value) => (value as { readonly k: unknown }).k,
        };
        expect(keysOf(byFunction, rowsOf(rows))).toEqual(byField);
        expect(keysOf({ kind: 'expression', expression: col('k').expression }, rowsOf(rows))).toEqual(
          byField,
        );
      }),
    );
  });

  it('of several fields are the list of their values', () => {
    const selector: KeySelector = { kind: 'fields', names: ['a', 'b'] };
    const { values, hashes } = keysOf(selector, rowsOf([{ a: 1, b: 'x' }, { b: 'y' }]));
    expect(values).toEqual([
      [1, 'x'],
      [undefined, 'y'],
    ]);
    expect(hashes).toEqual(values.map((value) => hashValue(value)));
  });

  it('stay in a typed array while all are numbers', () => {
    const extract = createKeyExtractor({ kind: 'function', function: (value) => value });
    expect(extract(rowsOf([1, 2, 3])).values).toBeInstanceOf(Float64Array);
    expect(extract(rowsOf([1, 2, '3'])).values).toEqual([1, 2, '3']);
    expect(extract(rowsOf([])).values).toHaveLength(0);
  });

  it.each([
    ['a promise', Promise.resolve(1)],
    ['a function', () => 1],
    ['a symbol', Symbol('key')],
    ['an instance of a class', new (class Key {})()],
  ])('are refused when they are no values: %s', (_, key) => {
    const extract = createKeyExtractor({ kind: 'function', function: () => key });
    expect(() => extract(rowsOf([1]))).toThrow(expect.objectContaining({ name: 'MillraceError' }));
  });

  it('are asked for once a record', () => {
    const asked: unknown[] = [];
    const extract = createKeyExtractor({
      kind: 'function',
      function: (value) => {
        asked.push(value);
        return value;
      },
    });
    extract(rowsOf([1, 'two', 3]));
    expect(asked).toEqual([1, 'two', 3]);
  });
});

describe('room for hashes', () => {
  it('is new for every batch, unless it may be used again', () => {
    const batches = [
      [1, 2, 3],
      [4, 5],
      [6, 7, 8, 9],
    ].map((keys) => columnsOf(keys.map((key) => ({ key }))));
    const fresh = createKeyExtractor({ kind: 'field', name: 'key' });
    const reusing = createKeyExtractor({ kind: 'field', name: 'key' }, reusedHashes());
    const [first, second, third] = batches.map((batch) => {
      const { hashes } = reusing(batch);
      expect(hashes.slice(0, batch.length)).toEqual(fresh(batch).hashes);
      return hashes;
    });
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});
