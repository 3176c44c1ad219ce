import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJsonText } from '../../../src/connectors/formats/json-text.ts';

describe('a record as JSON', () => {
  it('is what JSON.stringify writes for values that JSON has', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toJsonText(value)).toBe(JSON.stringify(value));
      }),
      { seed: 51 },
    );
  });

  it.each([
    [{ id: 12n }, '{"id":"12"}'],
    [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    [{ at: new Date(Number.NaN) }, '{"at":null}'],
    [{ bytes: new Uint8Array([1, 2, 255]) }, '{"bytes":"AQL/"}'],
    [{ bytes: Buffer.from([1, 2, 255]) }, '{"bytes":"AQL/"}'],
    [{ map: new Map([['a', 1n]]) }, '{"map":[["a","1"]]}'],
    [{ set: new Set([1, 'x']) }, '{"set":[1,"x"]}'],
    [{ deep: { list: [1n, new Map()] } }, '{"deep":{"list":["1",[]]}}'],
    [{ nothing: undefined, number: Number.NaN }, '{"number":null}'],
    [[1n], '["1"]'],
    [new Map([[1, 2]]), '[[1,2]]'],
    [7n, '"7"'],
    ['text', '"text"'],
    [undefined, 'null'],
  ])('writes %o', (value, text) => {
    expect(toJsonText(value)).toBe(text);
  });

  it('stays on one line and keeps a field called __proto__', () => {
    const record: unknown = JSON.parse('{"__proto__":{"a":1},"text":"two\\nlines"}');
    expect(toJsonText(record)).toBe('{"__proto__":{"a":1},"text":"two\\nlines"}');
  });
});
