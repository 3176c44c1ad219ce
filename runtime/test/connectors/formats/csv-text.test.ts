import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvScanner } from '../../../src/connectors/formats/csv-decoder.ts';
import { parseCsvLine } from '../../../src/connectors/formats/csv-line.ts';
import { CsvWriter } from '../../../src/connectors/formats/csv-text.ts';
import { bytesOf, decodeAll } from '../support/decode.ts';

const write = (record: unknown, columns?: readonly string[]): string =>
  new CsvWriter(',', columns).line(record);

describe('a record as CSV', () => {
  it('is read back as it was written, whatever its texts hold and whatever the delimiter', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ',', ';', '\t', '|', '"', '\n', '\r', ' ', 'é', '😀', ']', '\\', '^', '-'),
    });
    const delimiter = fc.constantFrom(',', ';', '\t', '|', ']', '\\', '^', '-', ' ');
    const property = fc.property(
      fc.array(fc.tuple(text, text), { minLength: 1 }),
      delimiter,
      (records, mark) => {
        const writer = new CsvWriter(mark, ['a', 'b']);
        const lines = records.map(([a, b]) => writer.line({ a, b })).join('');
        const format = { types: {}, delimiter: mark, quotedNewlines: true };
        const decoded = decodeAll(bytesOf(lines), (settings) =>
          createCsvScanner(['a', 'b'], format, settings, 'x'),
        );
        expect(decoded.invalid).toEqual([]);
        expect(decoded.rows).toEqual(records.map(([a, b]) => ({ a, b })));
      },
    );
    fc.assert(property, { numRuns: 500, seed: 1 });
  });

  it.each([
    [{ a: 1, b: 2.5 }, '1,2.5\n'],
    [{ a: true, b: 12n }, 'true,12\n'],
    [{ a: null, b: undefined }, ',\n'],
    [{ a: '', b: 'x' }, '"",x\n'],
    [{ a: ' x', b: 'y ' }, '" x","y "\n'],
    [{ a: new Date(0), b: new Date(Number.NaN) }, '1970-01-01T00:00:00.000Z,""\n'],
    [{ a: [1, 'x'], b: { c: 1n } }, '"[1,""x""]","{""c"":""1""}"\n'],
    [{ a: Number.NaN, b: -0 }, 'NaN,0\n'],
  ])('writes %o', (record, line) => {
    expect(write(record)).toBe(line);
  });

  it('is never a blank line, which readers pass over', () => {
    expect(write({ a: null })).toBe('""\n');
    expect(write({})).toBe('""\n');
  });

  it('has the columns of the first record when none are named', () => {
    const writer = new CsvWriter(',', undefined);
    expect(writer.line({ b: 1, a: 2 })).toBe('1,2\n');
    expect(writer.header()).toBe('b,a\n');
    expect(writer.line({ a: 4, b: 3 })).toBe('3,4\n');
    expect(() => writer.line({ a: 1, c: 2 })).toThrow(
      'A record has the field "c", and the CSV has no such column.',
    );
  });

  it('quotes names of columns where they need it', () => {
    expect(new CsvWriter(',', ['plain', 'a,b', 'say "x"', '']).header()).toBe('plain,"a,b","say ""x""",""\n');
  });

  it.each([[null], [undefined], [5], ['text'], [[1, 2]]])('is refused for %o', (record) => {
    expect(() => write(record)).toThrow('A record that is not an object cannot be written as CSV.');
  });

  it('does not take fields that the prototype has for its own', () => {
    expect(write({ a: 1 }, ['a', 'toString', 'constructor', '__proto__'])).toBe('1,,,\n');
  });
});

describe('a CSV header', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    ['a,,b,', ['a', '', 'b', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""x""","",y', ['say "x"', '', 'y']],
    ['"two\nlines",b', ['two\nlines', 'b']],
    ['"open', ['open']],
    ['a"b,c', ['a"b', 'c']],
  ])('%j names the columns %j', (line, names) => {
    expect(parseCsvLine(line, ',')).toEqual(names);
  });

  it('is read as the writer writes it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (names) => {
        expect(parseCsvLine(new CsvWriter(',', names).header().slice(0, -1), ',')).toEqual(names);
      }),
      { seed: 2 },
    );
  });
});
