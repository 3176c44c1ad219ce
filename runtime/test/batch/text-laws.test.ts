import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { hashBytes, hashString } from '../../src/batch/hash.ts';
import { decodeText, encodeText, readText, viewOf } from '../../src/batch/text.ts';
import {
  equalsText,
  readText as readKey,
  textLength,
  writeText as writeKey,
} from '../../src/state/key-text.ts';
import * as arbitrary from './arbitrary.ts';

/** The bytes of a text as a key of state has them. */
const keyBytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(textLength(text) + 2).fill(0x7e);
  expect(writeKey(text, bytes, 1)).toBe(bytes.length - 1);
  return bytes.subarray(1, -1);
};

/** The bytes of a text as the codec writes it. */
const codecBytes = (text: string): Uint8Array => {
  const writer = new ByteWriter(16);
  writer.writeSizedText(text);
  const reader = new ByteReader(writer.view());
  const bytes = reader.readBytes(reader.readCount(1));
  expect(reader.remaining).toBe(0);
  return bytes;
};

/** What is true of every text: one form of bytes everywhere, one hash, and the way back. */
const check = (text: string): void => {
  const bytes = encodeText(text);
  const all = [
    bytes.length === textLength(text),
    bytes.length === Buffer.byteLength(text, 'utf8'),
    Buffer.compare(bytes, keyBytes(text)) === 0,
    Buffer.compare(bytes, codecBytes(text)) === 0,
    hashString(text) === hashBytes(bytes, 0, bytes.length),
    readText(viewOf(bytes), 0, bytes.length) === text,
    readKey(bytes, 0, bytes.length) === text,
    equalsText(bytes, 0, bytes.length, text),
  ];
  if (all.includes(false)) throw new Error(`${JSON.stringify(text)}: ${all.join(' ')}`);
};

describe('every text', () => {
  it('of one code unit has one form of bytes, one hash, and comes back', () => {
    for (let unit = 0; unit < 0x1_0000; unit++) check(String.fromCharCode(unit));
  });

  it('of one code point beyond them does as well', () => {
    for (let point = 0x1_0000; point <= 0x10_ffff; point += 61) check(String.fromCodePoint(point));
    check(String.fromCodePoint(0x10_ffff));
  });

  it('of up to four pieces of every kind does as well, whatever stands beside what', () => {
    const pieces = ['', 'a', 'longer than twelve', 'ü', '日', '😀', '\uD83D', '\uDE00', '\uFFFD', '\0'];
    for (const one of pieces) {
      for (const two of pieces) {
        for (const three of pieces) for (const four of pieces) check(one + two + three + four);
      }
    }
  });

  it('of any length around the limits of the short ways does as well', () => {
    for (let length = 0; length < 40; length++) {
      for (const odd of ['', 'ü', '\uDE00', '😀']) {
        for (let at = 0; at <= length; at++) check('x'.repeat(at) + odd + 'y'.repeat(length - at));
      }
    }
  });

  it('differs from every other in its bytes and is never taken for it', () => {
    fc.assert(
      fc.property(arbitrary.text, arbitrary.text, (one, two) => {
        const bytes = encodeText(two);
        expect(equalsText(bytes, 0, bytes.length, one)).toBe(one === two);
        expect(Buffer.compare(encodeText(one), bytes) === 0).toBe(one === two);
      }),
      { numRuns: 1000 },
    );
  });

  it('is found among others in a column, wherever they lie', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.text, { maxLength: 12 }), fc.array(fc.nat(11)), (texts, order) => {
        const parts = texts.map(encodeText);
        const bytes = Buffer.concat([...parts, Buffer.from('…')]);
        const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.length, 0));
        const picked = texts.length === 0 ? [] : order.map((i) => i % texts.length);
        const column = {
          type: 'text',
          bytes,
          offsets: Int32Array.from(picked, (i) => starts[i] as number),
          lengths: Int32Array.from(picked, (i) => (parts[i] as Uint8Array).length),
        } as const;
        expect(decodeText(column, picked.length)).toEqual(picked.map((i) => texts[i]));
      }),
      { numRuns: 300 },
    );
  });
});

describe('bytes that are no text', () => {
  /** What any decoder of the platform makes of them; lone surrogates as they are. */
  const read = (bytes: Uint8Array): string => readText(viewOf(bytes), 0, bytes.length);

  it('of one or two bytes read like the platform reads them', () => {
    for (let first = 0; first < 256; first++) {
      expect(read(Uint8Array.of(first))).toBe(Buffer.from([first]).toString('utf8'));
      for (let second = 0; second < 256; second += 7) {
        expect(read(Uint8Array.of(first, second))).toBe(Buffer.from([first, second]).toString('utf8'));
      }
    }
  });

  it('of any kind read as some text, the same in every way of reading', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (made) => {
        const bytes = Uint8Array.from(made);
        const column = {
          type: 'text',
          bytes,
          offsets: Int32Array.of(0),
          lengths: Int32Array.of(bytes.length),
        } as const;
        expect(decodeText(column, 1)).toEqual([read(bytes)]);
        expect(readKey(bytes, 0, bytes.length)).toBe(read(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('that were read once are a text from then on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (made) => {
        const text = read(Uint8Array.from(made));
        expect(read(encodeText(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
