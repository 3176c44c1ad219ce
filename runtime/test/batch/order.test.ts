import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneValue, compareValues, equalValues } from '../../src/batch/values.ts';
import * as arbitrary from './arbitrary.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('equality', () => {
  it('is by content', () => {
    const make = (): unknown => ({
      a: [1, 'x', new Date(3)],
      m: new Map([[{ k: 1 }, new Set([[1]])]]),
      b: bytes(1),
    });
    expect(equalValues(make(), make())).toBe(true);
  });

  it('holds for a value and itself, and its copy', () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        expect(equalValues(value, value)).toBe(true);
        expect(equalValues(value, cloneValue(value))).toBe(true);
      }),
    );
  });

  it('does not tell −0 from 0, nor NaN from NaN', () => {
    expect(equalValues(-0, 0)).toBe(true);
    expect(equalValues([Number.NaN], [Number.NaN])).toBe(true);
    expect(equalValues(new Date(Number.NaN), new Date(Number.NaN))).toBe(true);
    expect(equalValues(new Set([Number.NaN]), new Set([Number.NaN]))).toBe(true);
  });

  it.each([
    ['1 and 1n', 1, 1n],
    ['1 and its text', 1, '1'],
    ['null and undefined', null, undefined],
    ['0 and false', 0, false],
    ['a missing field and an undefined one', {}, { a: undefined }],
    ['two missing fields of different names', { a: undefined }, { b: undefined }],
    ['an undefined field and null', { a: undefined }, { a: null }],
    ['a date and its milliseconds', new Date(5), 5],
    ['an array and an object', [], {}],
    ['a Map and a Set', new Map(), new Set()],
    ['an array and its prefix', [1, 2], [1]],
    ['bytes that differ at the end', bytes(1, 2), bytes(1, 3)],
    ['a Map without one of the entries', new Map([[1, 1]]), new Map([[2, 1]])],
    ['Maps with undefined under different keys', new Map([[1, undefined]]), new Map([[2, undefined]])],
    ['a Map with another value', new Map([[1, 1]]), new Map([[1, 2]])],
    ['a Set with another member', new Set([1]), new Set([2])],
    ['a Set with another object', new Set([{ a: 1 }]), new Set([{ a: 2 }])],
    ['a Set of an object and one of a number', new Set([{}]), new Set([1])],
    ['a field of the prototype and a real one', { a: 1 }, { toString: 1 }],
    ['a number and NaN', 0, Number.NaN],
    ['NaN and null', Number.NaN, null],
  ])('tells apart %s', (_, left, right) => {
    expect(equalValues(left, right)).toBe(false);
    expect(equalValues(right, left)).toBe(false);
    expect(compareValues(left, right)).not.toBe(0);
  });

  it('ignores the order of fields, entries and members', () => {
    expect(equalValues({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(equalValues(new Set([{ a: 1 }, 2, [3]]), new Set([[3], { a: 1 }, 2]))).toBe(true);
    const entries: [unknown, unknown][] = [
      [{ a: 1 }, 1],
      ['b', 2],
      [{ a: 1 }, 3],
    ];
    expect(equalValues(new Map(entries), new Map(entries.toReversed()))).toBe(true);
  });
});

describe('the order of values', () => {
  it('goes by type first', () => {
    const sorted = [
      null,
      true,
      7,
      5n,
      'a',
      new Date(0),
      bytes(0),
      [0],
      new Map([[0, 0]]),
      new Set([0]),
      { a: 0 },
    ];
    expect(sorted.toReversed().sort(compareValues)).toEqual(sorted);
    // `sort` never asks about undefined.
    expect(compareValues(undefined, null)).toBe(-1);
    expect(compareValues({}, undefined)).toBe(1);
  });

  it.each([
    ['numbers by size, NaN last', [-Infinity, -1, 0, 1, Infinity, Number.NaN]],
    ['false before true', [false, true]],
    ['bigints by size', [-(2n ** 70n), -1n, 0n, 2n ** 70n]],
    ['texts by code unit', ['', 'A', 'Z', 'a', 'aa', 'b', 'ä']],
    ['dates by time, invalid ones last', [new Date(-5), new Date(5), new Date(Number.NaN)]],
    ['bytes like texts', [bytes(), bytes(1), bytes(1, 2), bytes(2)]],
    ['arrays member by member', [[], [1], [1, 2], [2], ['a']]],
    ['objects by their sorted fields', [{}, { a: 1 }, { a: 1, b: 1 }, { b: 1, a: 2 }, { b: 0 }]],
    ['Sets by their sorted members', [new Set(), new Set([2, 1]), new Set([1, 3]), new Set([2])]],
    ['Maps by their sorted entries', [new Map(), new Map([[1, 2]]), new Map([[1, 3]]), new Map([[2, 0]])]],
  ])('puts %s', (_, sorted: readonly unknown[]) => {
    for (let i = 0; i < sorted.length; i++) {
      for (let k = 0; k < sorted.length; k++) {
        expect(compareValues(sorted[i], sorted[k])).toBe(Math.sign(i - k));
      }
    }
  });

  it('is total: one way, transitive, and 0 exactly for equal values', () => {
    const pool = fc.array(arbitrary.value, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(pool, ([a, b, c]) => {
        expect(compareValues(a, b) + compareValues(b, a)).toBe(0);
        expect(compareValues(a, b) === 0).toBe(equalValues(a, b));
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
          expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  it('is total also among values that are much alike', () => {
    const alike = fc.oneof(
      fc.constantFrom(0, -0, Number.NaN, 1, 1n, '1', null, undefined, true),
      fc.array(fc.constantFrom(0, Number.NaN, '0'), { maxLength: 2 }),
      fc
        .dictionary(fc.constantFrom('a', 'b'), fc.constantFrom(0, undefined, null))
        .map((made) => ({ ...made })),
      fc.array(fc.constantFrom(0, 1, 'a'), { maxLength: 2 }).map((members) => new Set(members)),
    );
    fc.assert(
      fc.property(alike, alike, alike, (a, b, c) => {
        expect(compareValues(a, b) + compareValues(b, a)).toBe(0);
        expect(compareValues(a, b) === 0).toBe(equalValues(a, b));
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
          expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });
});
