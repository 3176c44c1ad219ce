import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeValue } from '../../src/batch/values.ts';
import * as arbitrary from './arbitrary.ts';

describe('the description of a value', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [-0, '-0'],
    [12n, '12n'],
    ['a"b', '"a\\"b"'],
    [new Date(0), 'Date(1970-01-01T00:00:00.000Z)'],
    [new Date(Number.NaN), 'Date(invalid)'],
    [Uint8Array.of(1, 255), 'bytes(2) 01ff'],
    [[1, [2]], '[1, [2]]'],
    [{ a: 1, 'b c': { d: null } }, '{a: 1, "b c": {d: null}}'],
    [new Map([['k', 1]]), 'Map{"k" => 1}'],
    [new Set([1, 'x']), 'Set{1, "x"}'],
    [new Error('went wrong'), 'Error: went wrong'],
    [() => 1, '[function]'],
    [Symbol('s'), 'Symbol(s)'],
    [JSON.parse('{"__proto__": 1}'), '{__proto__: 1}'],
    [2n ** 5000n, '[huge bigint]'],
    ['\uD800', '"\\ud800"'],
  ])('of %o reads as code', (value, text) => {
    expect(describeValue(value, 200)).toBe(text);
  });

  it('is never longer than asked, whatever the value', () => {
    fc.assert(
      fc.property(arbitrary.value, fc.integer({ min: 1, max: 60 }), (value, maxLength) => {
        const text = describeValue(value, maxLength);
        expect(text.length).toBeLessThanOrEqual(maxLength);
        expect(text).not.toBe('');
      }),
    );
  });

  it('ends with an ellipsis exactly when something is left out', () => {
    expect(describeValue('abcdef', 8)).toBe('"abcdef"');
    expect(describeValue('abcdefg', 8)).toBe('"abcdef…');
    expect(describeValue(['😀'], 4)).toBe('["…');
  });

  it('never runs code of the value', () => {
    const trap = (): never => {
      throw new Error('must not run');
    };
    const value = {
      toString: trap,
      toJSON: trap,
      [Symbol.toPrimitive]: trap,
      get field(): never {
        return trap();
      },
    };
    expect(describeValue(value, 200)).toBe('{toString: [function], toJSON: [function], field: [getter]}');
    class Loud extends Date {
      override getTime(): never {
        return trap();
      }
      override toISOString(): never {
        return trap();
      }
    }
    expect(describeValue(new Loud(0), 200)).toBe('Date(1970-01-01T00:00:00.000Z)');
    class LoudMap extends Map<string, number> {
      override entries(): never {
        return trap();
      }
      override [Symbol.iterator](): never {
        return trap();
      }
    }
    expect(describeValue(new LoudMap(), 200)).toBe('Map{}');
  });

  it('survives a proxy that throws', () => {
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(describeValue([1, proxy], 200)).toContain('[unreadable]');
  });

  it('shows cycles and great depth as such', () => {
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    expect(describeValue(cycle, 200)).toBe('[1, [circular]]');
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(describeValue(deep, 200)).toContain('[…]');
  });

  it('takes no longer for huge values than for what it shows', () => {
    const huge = {
      text: 'x'.repeat(50_000_000),
      list: new Array(5_000_000).fill(1),
      bytes: new Uint8Array(50_000_000),
    };
    expect(describeValue(huge, 100)).toHaveLength(100);
    expect(describeValue(huge.bytes, 50)).toHaveLength(50);
    expect(describeValue(huge.list, 50)).toHaveLength(50);
  });
});
