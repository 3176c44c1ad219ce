import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertSupported,
  cloneValue,
  deepFreeze,
  equalValues,
  isPlainObject,
  maximumDepth,
  setField,
} from '../../src/batch/values.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import * as arbitrary from './arbitrary.ts';

const refusal = (value: unknown): MillraceError => {
  try {
    assertSupported(value, 'the source “test”');
  } catch (error) {
    if (MillraceError.is(error)) return error;
    throw error;
  }
  throw new Error('The value was accepted.');
};

class Money {
  readonly cents = 5;
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

describe('a supported value', () => {
  it('is anything of the domain', () => {
    fc.assert(fc.property(arbitrary.value, (value) => assertSupported(value, 'a test')));
  });

  it('may have a null prototype or come from JSON.parse', () => {
    assertSupported(Object.assign(Object.create(null), { a: 1 }), 'a test');
    assertSupported(JSON.parse('{"__proto__": {"a": [1]}}'), 'a test');
  });

  it('may hold the same object twice', () => {
    const shared = { a: 1 };
    assertSupported({ left: shared, right: [shared, shared] }, 'a test');
  });

  it('may be frozen', () => {
    assertSupported(deepFreeze({ map: new Map([[1, { at: new Date(0) }]]), list: [1] }), 'a test');
  });
});

describe('a value outside the domain', () => {
  it.each([
    ['an instance of a class', { user: { tags: [1, 2, 3, new Money()] } }, '.user.tags[3]', 'Money'],
    ['a function', { call: () => 1 }, '.call', 'a function'],
    ['a symbol', [Symbol('x')], '[0]', 'a symbol'],
    ['a promise', { 'a b': Promise.resolve() }, '["a b"]', 'Promise'],
    ['a Buffer', { body: Buffer.from('x') }, '.body', 'Buffer'],
    ['another typed array', new Map([['k', new Float64Array(1)]]), '.values()[0]', 'Float64Array'],
    ['an error', [{ error: new Error('x') }], '[0].error', 'Error'],
    ['a key of a Map', new Map([[new Money(), 1]]), '.keys()[0]', 'Money'],
    ['a member of a Set', new Set([1, new Money()]), '.values()[1]', 'Money'],
    ['a regular expression', { pattern: /x/ }, '.pattern', 'RegExp'],
    ['an array of a class', { list: new (class Rows extends Array {})() }, '.list', 'Rows'],
    ['an object with a strange prototype', { odd: Object.create({}) }, '.odd', 'its own prototype'],
    ['a boxed number', { n: Object(1) }, '.n', 'Number'],
  ])('is refused with the path to %s', (_, value, path, found) => {
    const error = refusal(value);
    expect(error.code).toBe('value-unsupported');
    expect(error.where['path']).toBe(path);
    expect(error.message).toContain(path);
    expect(error.message).toContain(found);
    expect(error.message).toContain('the source “test”');
    expect(error.hint).toBeTruthy();
  });

  it('says what to do about buffers and promises', () => {
    expect(refusal(Buffer.from('x')).hint).toContain('new Uint8Array(buffer)');
    expect(refusal(Promise.resolve()).hint).toContain('async I/O');
  });

  it('is named as the record itself when nothing is around it', () => {
    expect(refusal(() => 1).message).toMatch(/^The record itself is a function/);
  });

  it('is an object that contains itself, at the place where it does', () => {
    const cycle: Record<string, unknown> = { a: { b: [] } };
    (cycle['a'] as { b: unknown[] }).b.push(cycle);
    const error = refusal(cycle);
    expect(error.message).toContain('contains itself');
    expect(error.where['path']).toBe('.a.b[0]');
  });

  it('is one with fields that would be lost: symbols and hidden ones', () => {
    expect(refusal({ [Symbol('secret')]: 1 }).message).toContain('symbol');
    expect(refusal(Object.defineProperty({}, 'hidden', { value: 1 })).message).toContain('hidden');
  });

  it('is a list that has more than its members, such as the result of match', () => {
    const error = refusal({ words: ['b', 'abc'.match(/b/)] });
    expect(error.message).toContain('a list with the field groups beside its members');
    expect(error.where['path']).toBe('.words[1]');
    expect(error.hint).toContain('[...list]');
    expect(refusal(Object.assign([1], { [Symbol('tag')]: 1 })).message).toContain('Symbol(tag)');
    expect(refusal(Object.assign(new Array<number>(2), { more: 1 })).message).toContain('more');
    assertSupported([...('abc'.match(/b/) ?? [])], 'a test');
    assertSupported('a b'.match(/\w/g), 'a test');
    assertSupported(Object.freeze(new Array<number>(3)), 'a test');
  });

  it('is one nested deeper than the limit, and not one at the limit', () => {
    assertSupported(nested(maximumDepth), 'a test');
    expect(refusal(nested(maximumDepth + 1)).message).toContain('nested deeper');
  });

  it('gives a message of bounded length', () => {
    const deep = { ['x'.repeat(10_000)]: { ['y'.repeat(10_000)]: () => 1 } };
    expect(refusal(deep).message.length).toBeLessThan(600);
  });
});

describe('a copy', () => {
  it('equals the original and shares nothing that can change', () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        const copy = cloneValue(value);
        assert.deepStrictEqual(copy, value);
        expect(equalValues(copy, value)).toBe(true);
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  it('is deep: changing it leaves the original alone', () => {
    const original = {
      list: [{ a: 1 }],
      map: new Map([['k', { b: 1 }]]),
      at: new Date(5),
      raw: new Uint8Array(2),
    };
    const copy = cloneValue(original);
    (copy.list[0] as { a: number }).a = 2;
    (copy.map.get('k') as { b: number }).b = 2;
    copy.at.setTime(9);
    copy.raw[0] = 1;
    expect(original).toEqual({
      list: [{ a: 1 }],
      map: new Map([['k', { b: 1 }]]),
      at: new Date(5),
      raw: new Uint8Array(2),
    });
  });

  it('keeps a field named __proto__ as a field', () => {
    const original = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    const copy = cloneValue(original);
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.values(copy)[0]).toEqual({ polluted: true });
    expect(Object.values(copy)[0]).not.toBe(Object.values(original)[0]);
    expect('polluted' in copy).toBe(false);
  });
});

describe('a frozen value', () => {
  it('refuses every change where it is tried', () => {
    const value = deepFreeze({
      list: [1],
      inner: { a: 1 },
      map: new Map([['k', { b: 1 }]]),
      set: new Set([1]),
      at: new Date(0),
    });
    expect(() => Object.assign(value, { more: 1 })).toThrow(TypeError);
    expect(() => value.list.push(2)).toThrow(TypeError);
    expect(() => Object.assign(value.inner, { a: 2 })).toThrow(TypeError);
    expect(() => value.map.set('x', { b: 1 })).toThrow(/copy it/);
    expect(() => value.map.clear()).toThrow(/copy it/);
    expect(() => Object.assign(value.map.get('k') ?? {}, { b: 2 })).toThrow(TypeError);
    expect(() => value.set.add(2)).toThrow(/copy it/);
    expect(() => value.set.delete(1)).toThrow(/copy it/);
    expect(() => value.at.setTime(1)).toThrow(/copy it/);
    expect(() => value.at.setUTCFullYear(1)).toThrow(/copy it/);
  });

  it('reads as before, and can be frozen again', () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        const copy = cloneValue(value);
        expect(equalValues(deepFreeze(deepFreeze(copy)), value)).toBe(true);
        expect(equalValues(cloneValue(copy), value)).toBe(true);
      }),
    );
  });

  it('leaves bytes open, because they cannot be frozen', () => {
    const bytes = deepFreeze(new Uint8Array(1));
    bytes[0] = 1;
    expect(bytes[0]).toBe(1);
  });
});

describe('a plain object', () => {
  it('has no prototype but that of objects, or none', () => {
    expect([{}, Object.create(null)].every(isPlainObject)).toBe(true);
    expect(
      [null, undefined, 1, 'a', [], new Map(), new Date(), new Money(), () => 1].some(isPlainObject),
    ).toBe(false);
  });

  it('gets a field named __proto__ without a change of its prototype', () => {
    const target: Record<string, unknown> = {};
    setField(target, '__proto__', 5);
    setField(target, 'a', 6);
    expect(Object.entries(target)).toEqual([
      ['__proto__', 5],
      ['a', 6],
    ]);
  });
});
