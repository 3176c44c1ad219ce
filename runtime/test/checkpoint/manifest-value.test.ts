import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readValue, writeValue } from '../../src/checkpoint/manifest-value.ts';

it('keeps every plain value through the text of a manifest', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
      let text: string;
      try {
        text = writeValue(value);
      } catch {
        return; // Outside of the value domain.
      }
      expect(readValue(text)).toEqual(value);
    }),
  );
});

it('refuses bytes behind a value', () => {
  expect(() => readValue(`${writeValue(1).replace(/=+$/, '')}AAAA`)).toThrow(
    /bytes follow a value|corrupt|damaged/,
  );
});
