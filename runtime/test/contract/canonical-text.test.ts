import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../src/contract/canonical-text.ts';

describe('canonical text', () => {
  it('sorts fields at every depth and leaves lists alone', () => {
    expect(canonicalText({ b: [{ d: 1, c: 2 }, 3], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},3]}');
  });

  it('leaves out what is undefined, and is empty for nothing', () => {
    expect(canonicalText({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(canonicalText(undefined)).toBe('');
  });
});
