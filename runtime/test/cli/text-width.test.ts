import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padBehind, shorten, textWidth } from '../../src/cli/text-width.ts';

describe('the width of a text on a terminal', () => {
  it.each([
    ['', 0],
    ['count', 5],
    ['files → parse ×2', 16],
    ['Zürich', 6],
    ['Zu\u0308rich', 6],
    ['航班', 4],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['ひらがな', 8],
    ['🚀', 2],
    ['a\u200bb', 2],
    ['𠮷', 2],
  ])('of “%s” is %d', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('a text that is too wide', () => {
  it('ends in an ellipsis', () => {
    expect(shorten('a long name', 6)).toBe('a lon…');
    expect(shorten('航班航班', 5)).toBe('航班…');
    expect(shorten('航班航班', 4)).toBe('航…');
  });

  it('stays whole when it fits', () => {
    expect(shorten('航班', 4)).toBe('航班');
    expect(shorten('', 0)).toBe('');
  });

  it('is never wider than asked for, and never has half a character', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '航', '🚀', '𠮷', '\u0308', '→') });
    fc.assert(
      fc.property(text, fc.nat(30), (full, width) => {
        const shown = shorten(full, width);
        expect(textWidth(shown)).toBeLessThanOrEqual(width);
        expect(shown.isWellFormed()).toBe(true);
        expect(textWidth(padBehind(shown, width))).toBe(width);
      }),
    );
  });
});
