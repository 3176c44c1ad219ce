/**
 * Values of every kind of the domain, odd ones above all. Each entry is a class of equal values, given as makers so that
 * every call has fresh ones; different entries are different values. They stand in the order of the domain, which therefore is
 * written down here and never changes.
 */
type Maker = () => unknown;

/** A NaN with other bits than those of `Number.NaN`. */
const strangeNaN = (): number =>
  new Float64Array(BigUint64Array.of(0xfff8_0000_0000_0123n).buffer)[0] as number;

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The same bytes in the middle of others, in memory that is shared with other threads or not. */
const view = (memory: ArrayBuffer | SharedArrayBuffer, ...values: number[]): Uint8Array => {
  const all = new Uint8Array(memory, 3, values.length);
  all.set(values);
  return all;
};

const nameless = (fields: object): object => Object.assign(Object.create(null), fields);

const holed = (length: number): unknown[] => new Array<unknown>(length);

const parsed = (json: string): unknown => JSON.parse(json);

const scalars: readonly (readonly Maker[])[] = [
  [() => undefined],
  [() => null],
  [() => false],
  [() => true],
  [() => -Infinity],
  [() => -Number.MAX_VALUE],
  [() => -(2 ** 53)],
  [() => -(2 ** 31) - 1],
  [() => -(2 ** 31)],
  [() => -1],
  [() => -5e-324],
  [() => 0, () => -0],
  [() => 5e-324],
  [() => 0.1],
  [() => 1],
  [() => 127],
  [() => 128],
  [() => 2 ** 31 - 1],
  [() => 2 ** 31],
  [() => 2 ** 53],
  [() => Infinity],
  [() => Number.NaN, strangeNaN],
  [() => -(2n ** 2000n)],
  [() => -(2n ** 64n)],
  [() => -(2n ** 63n) - 1n],
  [() => -(2n ** 63n)],
  [() => -1n],
  [() => 0n, () => -0n],
  [() => 1n],
  [() => 2n ** 32n],
  [() => 2n ** 63n - 1n],
  [() => 2n ** 63n],
  [() => 2n ** 64n],
  [() => 2n ** 2000n],
];

const texts: readonly (readonly Maker[])[] = [
  [() => ''],
  [() => '\0'],
  [() => '\0\0'],
  [() => '0'],
  [() => '1'],
  [() => 'NaN'],
  [() => '__proto__'],
  [() => 'a', () => String.fromCharCode(97)],
  [() => 'a\0'],
  [() => 'e\u0301'],
  [() => 'null'],
  [() => 'x'.repeat(12)],
  [() => 'x'.repeat(13)],
  [() => 'x'.repeat(24)],
  [() => 'x'.repeat(25)],
  [() => 'x'.repeat(300)],
  [() => `${'x'.repeat(300)}ü`],
  [() => 'é', () => 'e\u0301'.normalize('NFC')],
  [() => '日本'],
  [() => '\uD83D'],
  [() => '\uD83D\uD83D'],
  [() => '😀', () => '\uD83D\uDE00', () => ['\uD83D', '\uDE00'].join('')],
  [() => '\uDE00'],
  [() => '\uDE00\uD83D'],
  [() => '\uFFFD'],
];

const datesAndBytes: readonly (readonly Maker[])[] = [
  [() => new Date(-8.64e15)],
  [() => new Date(-1)],
  [() => new Date(0), () => new Date(-0)],
  [() => new Date(1), () => new Date(1.9)],
  [() => new Date(8.64e15)],
  [() => new Date(Number.NaN), () => new Date(strangeNaN()), () => new Date(8.64e15 + 1)],
  [() => bytes(), () => new Uint8Array(new ArrayBuffer(8), 8)],
  [() => bytes(0)],
  [() => bytes(0, 0)],
  [
    () => bytes(1, 2, 3),
    () => view(new ArrayBuffer(9), 1, 2, 3),
    () => view(new SharedArrayBuffer(9), 1, 2, 3),
    () => Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4),
  ],
  [() => bytes(97)],
  [() => bytes(255)],
];

const containers: readonly (readonly Maker[])[] = [
  [() => []],
  [() => [undefined], () => holed(1)],
  [() => [undefined, undefined], () => holed(2)],
  [() => [null]],
  [() => [0], () => [-0]],
  [() => [0, 1]],
  [() => [1]],
  [() => [1, 0]],
  [() => [Number.NaN], () => [strangeNaN()]],
  [() => [1n]],
  [() => ['1']],
  [() => [new Date(1)]],
  [() => [bytes(1)]],
  [() => [[]]],
  [() => [[1], 2]],
  [() => [[1, 2]]],
  [() => new Map()],
  [() => new Map([[undefined, undefined]])],
  [() => new Map([[null, undefined]])],
  [() => new Map([[0, 'zero']]), () => new Map([[-0, 'zero']])],
  [() => new Map([[1, 1]])],
  [
    () =>
      new Map<unknown, unknown>([
        [1, 'x'],
        ['a', 'y'],
      ]),
    () =>
      new Map<unknown, unknown>([
        ['a', 'y'],
        [1, 'x'],
      ]),
  ],
  [() => new Map([[Number.NaN, 1]]), () => new Map([[strangeNaN(), 1]])],
  [() => new Map([[1n, 1]])],
  [() => new Map([[[1], [1]]])],
  [() => new Map([[{ a: 1, b: 2 }, 1]]), () => new Map([[{ b: 2, a: 1 }, 1]])],
  [() => new Set()],
  [() => new Set([undefined])],
  [() => new Set([1])],
  [() => new Set([1, 'a']), () => new Set(['a', 1])],
  [() => new Set(['1'])],
  [() => new Set([[1]])],
  // Members are told apart by identity, so that equal ones may stand in a Set; they count.
  [() => new Set([[1], [1]])],
  [() => new Set([{ a: 1 }, [2]]), () => new Set([[2], { a: 1 }])],
  [() => ({}), () => nameless({})],
  [() => ({ '': 1 })],
  [() => ({ 0: 'a', length: 1 }), () => nameless({ length: 1, 0: 'a' })],
  [() => parsed('{"__proto__": {"a": 1}}')],
  [() => ({ a: undefined })],
  [() => ({ a: null })],
  [() => ({ a: 0 }), () => ({ a: -0 }), () => nameless({ a: 0 })],
  [() => ({ a: 1 })],
  [() => ({ a: 1, b: undefined })],
  [() => ({ a: 1, b: 2 }), () => ({ b: 2, a: 1 })],
  [() => ({ a: 1n })],
  [() => ({ a: { b: [{ c: 1n }] } })],
  [() => ({ b: undefined })],
  [() => ({ b: 1 })],
  [() => ({ constructor: 1 })],
  [() => ({ '\uD800': 1 })],
];

/** All classes, in the order of the domain. */
export const kinds: readonly (readonly Maker[])[] = [...scalars, ...texts, ...datesAndBytes, ...containers];

/** A value of every class, the first of each. */
export const oneOfEach = (): unknown[] => kinds.map(([make]) => (make as Maker)());

/** Every value with the number of its class. */
export const allOfThem = (): (readonly [value: unknown, kind: number])[] =>
  kinds.flatMap((makers, kind) => makers.map((make) => [make(), kind] as const));
