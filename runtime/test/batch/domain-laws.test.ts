import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import {
  assertSupported,
  cloneValue,
  compareValues,
  describeValue,
  equalValues,
} from '../../src/batch/values.ts';
import { allOfThem, kinds, oneOfEach } from './kinds.ts';
import { again, encoded, plain } from './trips.ts';

/** Calls back for every pair of values. Says which pair it was when an expectation fails. */
const everyPair = (visit: (left: unknown, right: unknown, kind: number, other: number) => void): void => {
  const values = allOfThem();
  for (const [left, kind] of values) {
    for (const [right, other] of values) {
      try {
        visit(left, right, kind, other);
      } catch (error) {
        throw new Error(`of ${describeValue(left, 80)} and ${describeValue(right, 80)}`, { cause: error });
      }
    }
  }
};

describe('every pair of values of all kinds', () => {
  it('is equal exactly when both are of one class', () => {
    everyPair((left, right, kind, other) => expect(equalValues(left, right)).toBe(kind === other));
  });

  it('has the order of their classes', () => {
    everyPair((left, right, kind, other) => expect(compareValues(left, right)).toBe(Math.sign(kind - other)));
  });

  it('has one hash exactly when both are equal', () => {
    const hashes = new Map(allOfThem().map(([value, kind]) => [kind, hashValue(value)]));
    expect(new Set(hashes.values()).size).toBe(kinds.length);
    for (const [value, kind] of allOfThem()) expect(hashValue(value)).toBe(hashes.get(kind));
  });

  it('has different bytes when they differ, and those of scalars but zeros are the same when they do not', () => {
    const texts = new Map<string, number>();
    for (const [value, kind] of allOfThem()) {
      const text = Buffer.from(encoded(value)).toString('hex');
      expect(texts.get(text) ?? kind).toBe(kind);
      texts.set(text, kind);
    }
    const perKind = Map.groupBy(allOfThem(), ([, kind]) => kind);
    for (const equal of perKind.values()) {
      const scalars = equal.filter(([value]) => typeof value !== 'object' && value !== 0);
      expect(
        new Set(scalars.map(([value]) => Buffer.from(encoded(value)).toString('hex'))).size,
      ).toBeLessThan(2);
    }
  });

  it('is the same pair after a trip through the codec, and of copies', () => {
    everyPair((left, right, kind, other) => {
      expect(equalValues(again(left), right)).toBe(kind === other);
      expect(compareValues(cloneValue(left), again(right))).toBe(Math.sign(kind - other));
    });
  });
});

describe('every value of all kinds', () => {
  const values = allOfThem().map(([value]) => [describeValue(value, 60), value] as const);

  it.each(values)('is in the domain and comes back from its bytes: %s', (_, value) => {
    assertSupported(value, 'a test');
    assert.deepStrictEqual(again(value), plain(value));
    expect(hashValue(again(value))).toBe(hashValue(value));
    assert.deepStrictEqual(
      again([value, { held: value }, new Map([[value, value]])]),
      plain([value, { held: value }, new Map([[value, value]])]),
    );
  });

  it('sorts into one order from any', () => {
    const sorted = oneOfEach().slice(1);
    const shuffled = sorted.map((value, i) => [(i * 7919) % 104_729, value] as const);
    shuffled.sort(([one], [two]) => one - two);
    const again = shuffled.map(([, value]) => value).sort(compareValues);
    // `sort` puts undefined last and never asks: it is left out.
    assert.deepStrictEqual(again, sorted);
  });
});
