import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalValues } from '../../src/batch/values.ts';
import { EncodedKey } from '../../src/state/encoded-key.ts';
import { KeyArena } from '../../src/state/key-arena.ts';
import { textLength } from '../../src/state/key-text.ts';
import { anyKey, anyValue } from './values.ts';

const add = (arena: KeyArena, key: unknown, encoded: EncodedKey = new EncodedKey()): number => {
  if (typeof key === 'string') {
    const length = textLength(key);
    expect(arena.reserve(KeyArena.entryLength(length))).toBe(true);
    return arena.addText(key, length);
  }
  encoded.encode(key);
  expect(arena.reserve(KeyArena.entryLength(encoded.length))).toBe(true);
  return arena.addEncoded(encoded);
};

describe('an arena of keys', () => {
  it('gives back every key from its place', () => {
    fc.assert(
      fc.property(fc.array(anyKey), (keys) => {
        const arena = new KeyArena();
        const places = keys.map((key) => add(arena, key));
        expect(places.every((place, i) => equalValues(arena.keyAt(place), keys[i]))).toBe(true);
      }),
    );
  });

  it('tells a text from the encoding of another value with the same bytes', () => {
    const arena = new KeyArena();
    const encoded = new EncodedKey();
    encoded.encode(null);
    const place = add(arena, null);
    const text = '\u0001';
    expect(arena.isText(place, text)).toBe(false);
    expect(arena.isEncoded(add(arena, text), encoded)).toBe(false);
    expect(arena.isEncoded(place, encoded)).toBe(true);
  });

  it('holds keys at the lengths where the header grows', () => {
    const lengths = [0, 1, 63, 64, 8191, 8192, 1_048_575, 1_048_576];
    const arena = new KeyArena();
    const places = lengths.map((length) => add(arena, 'y'.repeat(length)));
    expect(lengths.map((length) => KeyArena.entryLength(length) - length)).toEqual([1, 1, 1, 2, 2, 3, 3, 4]);
    places.forEach((place, i) => {
      expect(arena.isText(place, 'y'.repeat(lengths[i]!))).toBe(true);
      expect(arena.isText(place, 'y'.repeat(lengths[i]! + 1))).toBe(false);
      expect(arena.keyAt(place)).toBe('y'.repeat(lengths[i]!));
    });
  });

  it('asks to be rewritten instead of growing when much of it is dead', () => {
    const arena = new KeyArena(64);
    const places = ['a', 'b', 'c', 'd'].map((letter) => add(arena, letter.repeat(14)));
    expect(arena.liveBytes).toBe(60);
    expect(arena.reserve(4)).toBe(true);
    arena.drop(places[0]!);
    arena.drop(places[2]!);
    expect(arena.liveBytes).toBe(30);
    expect(arena.reserve(4)).toBe(true);
    expect(arena.reserve(1000)).toBe(false);
  });

  it('moves its entries to another arena', () => {
    const [from, to] = [new KeyArena(), new KeyArena(1000)];
    const keys = ['text', 'ä', 12, ['x', 1], 'z'.repeat(200)];
    const places = keys.map((key) => add(from, key));
    const moved = [3, 1, 4, 0, 2].map((i) => [to.addFrom(from, places[i]!), keys[i]] as const);
    for (const [place, key] of moved) expect(to.keyAt(place)).toEqual(key);
    expect(to.liveBytes).toBe(from.liveBytes);
  });

  it('starts again at its beginning when cleared', () => {
    const arena = new KeyArena();
    add(arena, 'first');
    const size = arena.memoryBytes();
    arena.clear();
    expect(arena.liveBytes).toBe(0);
    expect(add(arena, 'later')).toBe(0);
    expect(arena.memoryBytes()).toBe(size);
  });
});

describe('an encoded key', () => {
  it('equals the bytes of exactly the keys that are equal', () => {
    fc.assert(
      fc.property(fc.oneof(anyKey, anyValue), fc.oneof(anyKey, anyValue), (one, two) => {
        fc.pre(typeof one !== 'string' && typeof two !== 'string');
        const [arena, encoded] = [new KeyArena(), new EncodedKey()];
        const place = add(arena, one);
        encoded.encode(two);
        expect(arena.isEncoded(place, encoded)).toBe(equalValues(one, two));
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of fields, entries and members', () => {
    const pairs = [
      [
        { a: 1, b: { c: 2, d: 3 } },
        { b: { d: 3, c: 2 }, a: 1 },
      ],
      [
        new Map([
          [1, 2],
          [3, 4],
        ]),
        new Map([
          [3, 4],
          [1, 2],
        ]),
      ],
      [new Set([1, 2]), new Set([2, 1])],
      [[-0], [0]],
      [[Number.NaN], [Number.NaN]],
    ] as const;
    for (const [one, two] of pairs) {
      const [arena, encoded] = [new KeyArena(), new EncodedKey()];
      const place = add(arena, one);
      encoded.encode(two);
      expect(arena.isEncoded(place, encoded)).toBe(true);
    }
  });

  it('refuses what is no value of the domain', () => {
    expect(() => new EncodedKey().encode({ call: () => 1 })).toThrow('.call');
  });
});
