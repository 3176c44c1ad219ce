import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashNumber, hashString, hashValue } from '../../src/batch/hash.ts';
import { equalValues } from '../../src/batch/values.ts';
import { KeyIndex } from '../../src/state/key-index.ts';
import { anyKey } from './values.ts';

const rowOf = (index: KeyIndex, key: unknown): number => index.findOrInsert(key, hashValue(key));
const find = (index: KeyIndex, key: unknown): number => index.find(key, hashValue(key));

/** The obviously right index: a list of keys with their rows. */
class Model {
  readonly rows: Map<number, unknown> = new Map();

  rowOf(key: unknown): number {
    for (const [row, held] of this.rows) if (equalValues(held, key)) return row;
    return -1;
  }
}

interface KeyedStep {
  readonly kind: 'insert' | 'find' | 'remove';
  readonly key: unknown;
}
type Step = KeyedStep | { readonly kind: 'compact' } | { readonly kind: 'clear' };

const stepsOver = (keys: fc.Arbitrary<unknown>): fc.Arbitrary<Step[]> => {
  const keyed = (kind: KeyedStep['kind']): fc.Arbitrary<Step> => keys.map((key) => ({ kind, key }));
  return fc.array(
    fc.oneof(
      { weight: 30, arbitrary: keyed('insert') },
      { weight: 10, arbitrary: keyed('find') },
      { weight: 20, arbitrary: keyed('remove') },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'compact' }, { kind: 'clear' }) },
    ),
    { maxLength: 200 },
  );
};

const run = (index: KeyIndex, model: Model, step: Step): void => {
  if (step.kind === 'clear') {
    index.clear();
    model.rows.clear();
  } else if (step.kind === 'compact') {
    index.compact();
  } else if (step.kind === 'insert') {
    const known = model.rowOf(step.key);
    const row = rowOf(index, step.key);
    if (known >= 0) expect(row).toBe(known);
    else expect(model.rows.has(row)).toBe(false);
    if (known < 0) model.rows.set(row, step.key);
  } else {
    const row = find(index, step.key);
    expect(row).toBe(model.rowOf(step.key));
    if (step.kind === 'remove' && row >= 0) {
      index.remove(row);
      model.rows.delete(row);
    }
  }
};

const check = (index: KeyIndex, model: Model): void => {
  expect(index.size).toBe(model.rows.size);
  let count = 0;
  for (let row = index.nextRow(-1); row >= 0; row = index.nextRow(row)) {
    expect(model.rows.has(row)).toBe(true);
    expect(equalValues(index.keyAt(row), model.rows.get(row))).toBe(true);
    expect(index.hashAt(row)).toBe(hashValue(model.rows.get(row)));
    expect(index.has(row)).toBe(true);
    count += 1;
  }
  expect(count).toBe(model.rows.size);
};

describe('a key index', () => {
  for (const [kind, keys] of [
    ['numbers', fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(Number.NaN, -0, 0.5, 1e300))],
    ['strings', fc.oneof(fc.nat(60).map(String), fc.string({ unit: 'grapheme' }))],
    ['keys of all kinds', anyKey],
  ] as const) {
    it(`finds the rows that a plain list finds, for ${kind}`, () => {
      fc.assert(
        fc.property(stepsOver(keys), (steps) => {
          const index = new KeyIndex();
          const model = new Model();
          for (const step of steps) run(index, model, step);
          check(index, model);
        }),
      );
    });
  }

  it('holds 1, "1" and 1n apart, and −0 and NaN as the keys they equal', () => {
    const index = new KeyIndex();
    const rows = [1, '1', 1n, [1], ['1'], true].map((key) => rowOf(index, key));
    expect(new Set(rows).size).toBe(6);
    expect(rowOf(index, -0)).toBe(rowOf(index, 0));
    expect(rowOf(index, Number.NaN)).toBe(rowOf(index, Number.NaN));
    expect(Object.is(index.keyAt(rowOf(index, -0)), 0)).toBe(true);
  });

  it('keeps the rows of its numbers when the first key of another kind comes', () => {
    const index = new KeyIndex();
    const rows = Array.from({ length: 500 }, (_, i) => rowOf(index, i / 2));
    index.remove(rows[3]!);
    expect(find(index, 'other')).toBe(-1);
    expect(rowOf(index, 'other')).toBe(3);
    rows.forEach((row, i) => {
      expect(find(index, i / 2)).toBe(i === 3 ? -1 : row);
    });
    expect(index.size).toBe(500);
  });

  it('finds keys with equal hashes apart', () => {
    const index = new KeyIndex();
    const texts = ['a', 'b', 'c', 'ä', 'dd'];
    const rows = texts.map((text) => index.findOrInsert(text, 42));
    expect(new Set(rows).size).toBe(5);
    index.remove(rows[1]!);
    expect(texts.map((text) => index.find(text, 42))).toEqual([rows[0], -1, rows[2], rows[3], rows[4]]);
  });

  it('takes keys of any length', () => {
    const index = new KeyIndex();
    const keys = [0, 1, 63, 64, 127, 128, 8191, 8192, 70_000, 1_100_000].map((length) => 'x'.repeat(length));
    const rows = keys.map((key) => rowOf(index, key));
    expect(new Set(rows).size).toBe(keys.length);
    keys.forEach((key, i) => {
      expect(find(index, key)).toBe(rows[i]);
      expect(index.keyAt(rows[i]!)).toBe(key);
    });
  });

  it('does not grow while keys come and go', () => {
    const index = new KeyIndex();
    const at: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      rowOf(index, `key number ${i}`);
      if (i >= 100) index.remove(find(index, `key number ${i - 100}`));
      if (i % 10_000 === 9_999) at.push(index.memoryBytes());
    }
    expect(index.size).toBe(100);
    expect(index.rowLimit).toBeLessThanOrEqual(101);
    expect(at[3]).toBe(at[1]);
    expect(at[3]).toBeLessThan(20_000);
  });

  it('gives memory back when compacted, and keeps its rows', () => {
    const index = new KeyIndex();
    for (let i = 0; i < 5000; i++) rowOf(index, `key number ${i}`);
    for (let i = 100; i < 5000; i++) index.remove(find(index, `key number ${i}`));
    const before = index.memoryBytes();
    index.compact();
    expect(index.memoryBytes()).toBeLessThan(before);
    for (let i = 0; i < 100; i++) expect(find(index, `key number ${i}`)).toBe(i);
    expect(rowOf(index, 'another')).toBeGreaterThanOrEqual(100);
  });
});

describe('looking up a batch of keys', () => {
  const targets = (index: KeyIndex, keys: Float64Array | readonly unknown[]): number[] => {
    const hashes = Uint32Array.from(keys as ArrayLike<unknown>, hashValue);
    const rows = new Int32Array(keys.length);
    index.lookup(keys, hashes, 0, keys.length, rows);
    return [...rows];
  };

  it('gives the rows of the keys one by one', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.array(anyKey),
            fc.array(fc.nat(50)).map((numbers) => Float64Array.from(numbers)),
          ),
        ),
        (batches) => {
          const [whole, single, selected] = [new KeyIndex(), new KeyIndex(), new KeyIndex()];
          for (const keys of batches) {
            const expected = Array.from(keys as ArrayLike<unknown>, (key) => rowOf(single, key));
            expect(targets(whole, keys)).toEqual(expected);
            const positions = Int32Array.from(keys, (_, i) => i);
            const hashes = Uint32Array.from(keys as ArrayLike<unknown>, hashValue);
            const rows = new Int32Array(keys.length);
            selected.lookupAt(keys, hashes, positions, 0, keys.length, rows);
            expect([...rows]).toEqual(expected);
          }
        },
      ),
    );
  });

  it('can start inside a batch', () => {
    const index = new KeyIndex();
    const keys = Float64Array.of(9, 8, 7, 8, 9);
    const rows = new Int32Array(3);
    index.lookupNumbers(keys, Uint32Array.from(keys, hashNumber), 1, 3, rows);
    expect([...rows]).toEqual([0, 1, 0]);
    expect(index.size).toBe(2);
  });

  it('looks only at the selected positions', () => {
    const index = new KeyIndex();
    const keys = ['a', 'b', 'a', 'c'];
    const rows = new Int32Array(4);
    index.lookupAt(keys, Uint32Array.from(keys, hashString), Int32Array.of(0, 3, 2, 1), 1, 3, rows);
    expect([...rows]).toEqual([0, 0, 1, 0]);
    expect(index.size).toBe(2);
  });
});

describe('a large key index', () => {
  it('takes at most 24 bytes a number, wherever its arrays have grown to', () => {
    const index = new KeyIndex();
    const checkpoints = new Set([100_000, 157_287, 200_000, 250_000]);
    for (let i = 0; i < 250_000; i++) {
      index.findOrInsert(i, hashNumber(i));
      if (checkpoints.has(i + 1)) expect(index.memoryBytes() / (i + 1)).toBeLessThanOrEqual(24);
    }
    for (let i = 0; i < 250_000; i += 1001) expect(index.find(i, hashNumber(i))).toBe(i);
  });

  it('takes at most 60 bytes a string of ten characters', () => {
    const index = new KeyIndex();
    for (let i = 0; i < 100_000; i++) {
      const key = `k${100_000_000 + i}`;
      index.findOrInsert(key, hashString(key));
    }
    expect(index.memoryBytes() / 100_000).toBeLessThanOrEqual(60);
    expect(index.keyAt(99_999)).toBe('k100099999');
  });
});
