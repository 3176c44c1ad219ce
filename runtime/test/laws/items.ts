/** The records of the laws: all streams of a random program have the same kind, so that any step may follow any other. */
import fc from 'fast-check';
import { value } from '../batch/arbitrary.ts';
import { keyText, textOf } from './text.ts';

export interface Item {
  /** Any value of the domain; may be missing, which is the key undefined. */
  readonly key?: unknown;
  /** A small whole number: sums of it are exact in any order. */
  readonly n: number;
  readonly time: number;
  /** Carried along, never computed with: must come out as it went in. */
  readonly payload?: unknown;
}

/** An item with its event time, as the models see a stream: a list in no order. */
export interface Timed {
  readonly item: Item;
  readonly timestampMs: number;
}

/** Items may come this much too late, and never later. */
export const disorderMs = 3000;

/** Keys that are easily taken for one another. */
export const oddKeys: readonly unknown[] = [
  0,
  -0,
  NaN,
  1,
  1n,
  '1',
  '',
  true,
  null,
  undefined,
  2 ** 53,
  0.5,
  -1,
  '\uD800',
  '\uDC00',
  'grün',
  'a',
  'a'.repeat(70),
  { a: 1, b: 2 },
  { b: 2, a: 1 },
  { a: 1, b: undefined },
  { a: 1 },
  [1, [2, -0]],
  [1, [2, 0]],
  [],
  new Date(5),
  new Uint8Array([1]),
];

/** One of a few odd keys, so that many items share each. */
export const keyNumber = (n: number): unknown => oddKeys[Math.abs(n) % oddKeys.length];

interface Drawn {
  readonly key: unknown;
  readonly n: number;
  readonly payload: unknown;
  readonly stepMs: number;
  readonly backMs: number;
  readonly missing: readonly string[];
}

const drawn = (keys: readonly unknown[]): fc.Arbitrary<Drawn> =>
  fc.record({
    key: fc.constantFrom(...keys),
    n: fc.integer({ min: 0, max: 40 }),
    payload: fc.oneof(value, fc.constantFrom<unknown>(-0, 0, NaN, 1n, '\uD800', null, undefined)),
    stepMs: fc.constantFrom(0, 1, 500, 999, 1000, 2000, 7000),
    backMs: fc.constantFrom(0, 1, 499, 500, 1000, 2000, disorderMs - 1, disorderMs),
    missing: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constantFrom(['key'], ['payload']) },
    ),
  });

/** A few keys, so that records meet. */
const someKeys = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...oddKeys) }, { weight: 1, arbitrary: value }),
  { minLength: 1, maxLength: 4 },
);

const itemOf = ({ key, n, payload, missing }: Drawn, time: number): Item => ({
  ...(missing.includes('key') ? {} : { key }),
  n,
  time,
  ...(missing.includes('payload') ? {} : { payload }),
});

/** Items whose time goes on, with each up to `disorderMs` behind. */
export const items = (maxLength: number): fc.Arbitrary<readonly Item[]> =>
  someKeys
    .chain((keys) => fc.array(drawn(keys), { maxLength, size: 'max' }))
    .map((list) => {
      let timeMs = 20_000;
      return list.map((each) => {
        timeMs += each.stepMs;
        return itemOf(each, timeMs - each.backMs);
      });
    });

export const timed = (list: readonly Item[]): readonly Timed[] =>
  list.map((item) => ({ item, timestampMs: item.time }));

/** Which of two items stands for both: decided by what is in them alone. */
export const greater = (left: Item, right: Item): Item => {
  if (left.n !== right.n) return left.n > right.n ? left : right;
  return textOf(left) >= textOf(right) ? left : right;
};

/** One item out of several, whatever their order. */
export const summary = (of: readonly Item[], timeMs: number, salt = 0): Item => {
  const n = (of.reduce((total, item) => total + item.n, salt) + of.length * 7) % 1009;
  return { key: keyNumber(n), n, time: timeMs, payload: of.reduce(greater).payload };
};

/** One item out of two, or of one and nothing. */
export const pairOf = (left: Item | undefined, right: Item | undefined): Item => {
  const n = ((left?.n ?? 500) * 3 + (right?.n ?? 700)) % 1009;
  const time = Math.max(left?.time ?? 0, right?.time ?? 0);
  return { key: keyNumber(n), n, time, payload: n % 2 === 0 ? left?.payload : right?.payload };
};

/** Records by key, keys told apart as the engine must. */
export const byKey = <T>(records: readonly T[], key: (record: T) => unknown): readonly (readonly T[])[] => [
  ...Map.groupBy(records, (record) => keyText(key(record))).values(),
];
