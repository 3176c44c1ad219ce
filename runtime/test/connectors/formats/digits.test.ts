import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Digits, digitsEnd } from '../../../src/connectors/formats/digits.ts';

/** A view over text, with room to look ahead behind it. */
const viewOf = (text: string): DataView => {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes);
  return new DataView(padded.buffer);
};

const digitsOfLength = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength }).map((digits) => digits.join(''));

/** Bytes that are no digits, those next to them above all. */
const others = fc.oneof(
  fc.constantFrom('/', ':', ',', '}', '\n', '.', 'e', ' ', '-', '\x00', '\x7f', '\u00bf', '\u{10ffff}'),
  fc.string({ minLength: 1, maxLength: 1 }).filter((text) => !/^\d/.test(text)),
);

describe('digits', () => {
  it('write the number that they write anywhere else, up to 15 of them', () => {
    const digits = new Digits();
    fc.assert(
      fc.property(digitsOfLength(15), others, fc.string(), (text, end, behind) => {
        expect(digits.read(viewOf(`${text}${end}${behind}`), 0, 0)).toBe(text.length);
        expect(digits.value).toBe(Number(text));
      }),
      { seed: 5, numRuns: 5000 },
    );
  });

  it('go on behind those that were read before', () => {
    const digits = new Digits();
    fc.assert(
      fc.property(digitsOfLength(7), digitsOfLength(8), (whole, decimals) => {
        const view = viewOf(`${whole}.${decimals},1`);
        const point = digits.read(view, 0, 0);
        digits.read(view, point + 1, digits.value);
        expect(digits.value).toBe(Number(`${whole}${decimals}`));
      }),
      { seed: 6, numRuns: 2000 },
    );
  });

  it('end at the first byte that is none, however many there are', () => {
    const digits = new Digits();
    fc.assert(
      fc.property(fc.nat(9), digitsOfLength(60), others, (before, text, end) => {
        const view = viewOf(`${'x'.repeat(before)}${text}${end}9`);
        expect(digitsEnd(view, before)).toBe(before + text.length);
        expect(digits.read(view, before, 0)).toBe(before + text.length);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it('are told from every other byte at every place of a word', () => {
    for (let byte = 0; byte < 256; byte++) {
      if (byte >= 0x30 && byte <= 0x39) continue;
      for (let place = 0; place < 8; place++) {
        const bytes = new Uint8Array(24).fill(0x37);
        bytes[place] = byte;
        expect(digitsEnd(new DataView(bytes.buffer), 0)).toBe(place);
      }
    }
  });
});
