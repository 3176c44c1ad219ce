import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TextColumn } from '../../src/batch/column.ts';
import { decodeText, encodeText, readText, viewOf } from '../../src/batch/text.ts';
import * as arbitrary from './arbitrary.ts';

/** A text column whose values lie scattered, with other bytes between them. */
const columnOf = (values: readonly string[], filler: Uint8Array): TextColumn => {
  const parts: Uint8Array[] = [];
  const offsets = new Int32Array(values.length);
  const lengths = new Int32Array(values.length);
  let at = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    const bytes = encodeText(values[i] as string);
    parts.push(filler, bytes);
    offsets[i] = at + filler.length;
    lengths[i] = bytes.length;
    at += filler.length + bytes.length;
  }
  return { type: 'text', bytes: Uint8Array.from(Buffer.concat(parts)), offsets, lengths };
};

describe('a text as bytes', () => {
  it('comes back unchanged, lone surrogates included', () => {
    fc.assert(
      fc.property(arbitrary.text, (text) => {
        const bytes = encodeText(text);
        expect(readText(viewOf(bytes), 0, bytes.length)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('is UTF-8 when it is well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(Buffer.from(encodeText(text))).toEqual(Buffer.from(text, 'utf8'));
      }),
    );
  });

  it('has three bytes for each lone surrogate', () => {
    expect([...encodeText('\uD800')]).toEqual([0xed, 0xa0, 0x80]);
    expect([...encodeText('\uDFFFa\uD800')]).toEqual([0xed, 0xbf, 0xbf, 0x61, 0xed, 0xa0, 0x80]);
    expect([...encodeText('😀\uDC00')]).toEqual([0xf0, 0x9f, 0x98, 0x80, 0xed, 0xb0, 0x80]);
  });

  it('keeps a real U+FFFD beside a lone surrogate', () => {
    const text = '\uFFFD\uD800\uFFFD';
    const bytes = encodeText(text);
    expect(readText(viewOf(bytes), 0, bytes.length)).toBe(text);
  });

  it('shows bytes that are no text as U+FFFD and never fails', () => {
    const bytes = viewOf(Uint8Array.of(0x61, 0xff, 0x62, 0xed, 0xa0));
    expect(readText(bytes, 0, 3)).toBe('a\uFFFDb');
    expect(readText(bytes, 3, 5)).toMatch(/^\uFFFD+$/);
    fc.assert(
      fc.property(fc.uint8Array(), (any) => typeof readText(viewOf(any), 0, any.length) === 'string'),
    );
  });

  it('reads short texts of every length and place', () => {
    const bytes = viewOf(encodeText('abcdefghijklmnopqrstuvwxyz'));
    for (let from = 0; from < 5; from++) {
      for (let length = 0; length < 20; length++) {
        expect(readText(bytes, from, from + length)).toBe(
          'abcdefghijklmnopqrstuvwxyz'.slice(from, from + length),
        );
      }
    }
  });
});

describe('the values of a text column', () => {
  it('are decoded wherever they lie in the bytes', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.text), fc.uint8Array({ maxLength: 8 }), (values, filler) => {
        expect(decodeText(columnOf(values, filler), values.length)).toEqual(values);
      }),
      { numRuns: 300 },
    );
  });

  it('are decoded as ASCII in one go, short and long ones', () => {
    const values = Array.from({ length: 100 }, (_, i) => 'x'.repeat(i % 30) + i);
    expect(decodeText(columnOf(values, new Uint8Array(3)), 100)).toEqual(values);
  });

  it('do not suffer from other bytes between them', () => {
    const values = ['plain', 'text', ''];
    expect(decodeText(columnOf(values, Uint8Array.of(0xff, 0xed)), 3)).toEqual(values);
    expect(decodeText(columnOf(values, new Uint8Array(5000)), 3)).toEqual(values);
  });

  it('are as many as asked for', () => {
    expect(decodeText(columnOf(['a', 'b', 'c'], new Uint8Array(0)), 2)).toEqual(['a', 'b']);
    expect(decodeText(columnOf([], new Uint8Array(0)), 0)).toEqual([]);
  });
});
