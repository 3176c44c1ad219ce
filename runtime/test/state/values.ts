import fc from 'fast-check';
import { hashValue } from '../../src/batch/hash.ts';

// The same examples in every run.
fc.configureGlobal({ seed: 20_011 });

/** Keys of every kind, small enough a range that equal ones come often. */
export const anyKey: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(0, -0, Number.NaN, 1, -1, 0.5, 2 ** 40, Number.POSITIVE_INFINITY),
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom('', '0', '1', 'ä', '日本', '😀', '\ud800', '\udc00x', 'NaN', 'a longer key than most'),
  fc.integer({ min: 0, max: 40 }).map((n) => `key ${n}`),
  fc.constantFrom<unknown>(0n, 1n, true, false, null, undefined),
  fc.constantFrom(['a', 1], ['a', 2], ['a'], { a: 1, b: [2] }, { b: [2], a: 1 }),
  fc.constantFrom(new Date(0), new Date(1), new Uint8Array([1, 2]), new Uint8Array([])),
);

/** Values of the domain that a state may hold, containers included. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 99 }) },
  fc.constantFrom<unknown>(null, undefined, true, 2.5, Number.NaN, 7n, '', 'text', 'ü'),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  fc.record({ name: fc.constantFrom('a', 'b'), tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }) }),
);

/** Equal keys have equal descriptions, different ones mostly different ones. */
export const describeKey = (key: unknown): string => `${typeof key} ${hashValue(key)}`;
