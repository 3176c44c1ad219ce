import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineTable } from '../../src/contract/line-table.ts';

describe('the lines of a text', () => {
  it('count from 1, and so do their columns', () => {
    const lines = new LineTable('ab\ncd\n\ne');
    expect(lines.position(0)).toEqual({ line: 1, column: 1 });
    expect(lines.position(1)).toEqual({ line: 1, column: 2 });
    expect(lines.position(2)).toEqual({ line: 1, column: 3 });
    expect(lines.position(3)).toEqual({ line: 2, column: 1 });
    expect(lines.position(6)).toEqual({ line: 3, column: 1 });
    expect(lines.position(7)).toEqual({ line: 4, column: 1 });
    expect(lines.position(8)).toEqual({ line: 4, column: 2 });
  });

  it('are found by number, without their ends', () => {
    const lines = new LineTable('first\r\nsecond\n\nlast');
    expect([1, 2, 3, 4].map((line) => lines.line(line))).toEqual(['first', 'second', '', 'last']);
  });

  it('are empty where there are none', () => {
    const lines = new LineTable('a\n');
    expect([0, 2, 3, -1].map((line) => lines.line(line))).toEqual(['', '', '', '']);
    expect(new LineTable('').line(1)).toBe('');
  });

  it('hold positions outside of the text at its nearest end', () => {
    const lines = new LineTable('ab\nc');
    expect(lines.position(-5)).toEqual({ line: 1, column: 1 });
    expect(lines.position(99)).toEqual({ line: 2, column: 2 });
    expect(new LineTable('').position(3)).toEqual({ line: 1, column: 1 });
  });

  it('and columns lead back to the offset', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), fc.nat(40), (text, wanted) => {
        const offset = Math.min(wanted, text.length);
        const { line, column } = new LineTable(text).position(offset);
        const before = text.split('\n').slice(0, line - 1);
        expect(before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1).toBe(offset);
      }),
    );
  });

  it('are those that splitting gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'ä', '\n', '\r\n', ' ') }), (text) => {
        const lines = new LineTable(text);
        for (const [place, line] of text.split(/\r?\n/).entries()) expect(lines.line(place + 1)).toBe(line);
      }),
    );
  });
});
