import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonStringClasses, skipUtf8Sequence } from '../../../src/connectors/formats/byte-classes.ts';
import { firstMarked, plainStringEnd, specialBytes } from '../../../src/connectors/formats/byte-words.ts';
import { isUtf8 } from '../../../src/sys/text.ts';

const classes = createJsonStringClasses();

/** Whether bytes are UTF-8, a sequence at a time. */
const isUtf8BySequences = (bytes: Uint8Array): boolean => {
  const padded = new Uint8Array(bytes.length + 4).fill(0x0a);
  padded.set(bytes);
  let position = 0;
  while (position < bytes.length) {
    position = (padded[position] as number) < 0x80 ? position + 1 : skipUtf8Sequence(padded, position);
    if (position < 0) return false;
  }
  return true;
};

describe('a UTF-8 sequence', () => {
  it('is passed over for every code point there is', () => {
    for (let code = 0x80; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const bytes = new TextEncoder().encode(String.fromCodePoint(code));
      expect(skipUtf8Sequence(bytes, 0)).toBe(bytes.length);
    }
  });

  it('is refused exactly where the platform refuses it', () => {
    const interesting = fc.constantFrom(
      0x61,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf1,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(interesting, { maxLength: 6 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(isUtf8BySequences(bytes)).toBe(isUtf8(bytes));
      }),
      { numRuns: 10_000, seed: 1 },
    );
  });
});

describe('four bytes at a time', () => {
  const wordOf = (bytes: readonly number[]): number =>
    new DataView(Uint8Array.from(bytes).buffer).getInt32(0, true);

  it('find the first byte that ends a run of plain bytes, whatever stands behind it', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), (bytes) => {
        const special = specialBytes(wordOf(bytes));
        const first = bytes.findIndex((byte) => classes[byte] !== 0);
        if (first < 0) expect(special).toBe(0);
        else expect(firstMarked(special)).toBe(first);
      }),
      { numRuns: 20_000, seed: 2 },
    );
  });

  it('judge every byte rightly at every place', () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 4; place++) {
        const bytes = [0x61, 0x7f, 0x20, 0x5d];
        bytes[place] = byte;
        const special = specialBytes(wordOf(bytes));
        if (classes[byte] === 0) expect(special).toBe(0);
        else expect(firstMarked(special)).toBe(place);
      }
    }
  });

  it('find the end of a text from any place on', () => {
    const text = new TextEncoder().encode(`${'plain text, '.repeat(9)}"........`);
    const view = new DataView(text.buffer);
    for (let start = 0; start < 108; start++) expect(plainStringEnd(view, start)).toBe(108);
  });
});
