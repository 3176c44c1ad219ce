import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalsText, readText, textLength, writeText } from '../../src/state/key-text.ts';

fc.configureGlobal({ seed: 20_011 });

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary-ascii' }),
  // Any code units at all, lone surrogates among them.
  fc
    .array(fc.oneof(fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.integer({ min: 0, max: 0x900 })))
    .map((units) => String.fromCharCode(...units)),
);

const bytesOf = (text: string): Uint8Array => {
  const bytes = new Uint8Array(textLength(text));
  expect(writeText(text, bytes, 0)).toBe(bytes.length);
  return bytes;
};

describe('text as bytes', () => {
  it('comes back as it was, lone surrogates included', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = bytesOf(text);
        expect(readText(bytes, 0, bytes.length)).toBe(text);
      }),
    );
  });

  it('is UTF-8 wherever UTF-8 can say it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(bytesOf(text)).toEqual(new TextEncoder().encode(text));
      }),
    );
  });

  it('equals its own text and no other', () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const bytes = new Uint8Array([1, ...bytesOf(text), 2, 3]);
        const end = bytes.length - 2;
        expect(equalsText(bytes, 1, end, text)).toBe(true);
        expect(equalsText(bytes, 1, end, other)).toBe(text === other);
        expect(equalsText(bytes, 1, end, `${text}a`)).toBe(false);
        expect(equalsText(bytes, 1, end, `${text}ä`)).toBe(false);
        if (text !== '') expect(equalsText(bytes, 1, end, text.slice(1))).toBe(false);
      }),
    );
  });

  it('tells texts apart that differ in one code point of each length', () => {
    const points = [
      'a',
      'b',
      '\u00e4',
      '\u00f4',
      '\u0124',
      '\u65e5',
      '\u66e5',
      '\u65e6',
      '\u{1f600}',
      '\u{1f601}',
      '\u{1f640}',
      '\u{2f600}',
    ];
    for (const one of points) {
      for (const two of points) {
        const bytes = bytesOf(`x${one}y`);
        expect(equalsText(bytes, 0, bytes.length, `x${two}y`)).toBe(one === two);
      }
    }
  });
});
