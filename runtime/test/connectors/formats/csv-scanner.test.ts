import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvWithHeader, createCsvScanner } from '../../../src/connectors/formats/csv-decoder.ts';
import type { CsvType } from '../../../src/connectors/formats/csv-scanner.ts';
import { bytesOf, type DecodeSettings, decodeAll } from '../support/decode.ts';

interface CsvOptions extends DecodeSettings {
  readonly names?: readonly string[];
  readonly fields?: readonly string[];
  readonly types?: Readonly<Record<string, CsvType>>;
  readonly delimiter?: string;
  readonly quotedNewlines?: boolean;
}

const read = (text: string | Uint8Array, options: CsvOptions = {}) => {
  const format = {
    fields: options.fields,
    types: options.types ?? {},
    delimiter: options.delimiter ?? ',',
    quotedNewlines: options.quotedNewlines ?? true,
  };
  return decodeAll(
    typeof text === 'string' ? bytesOf(text) : text,
    (settings) =>
      options.names === undefined
        ? new CsvWithHeader(format, settings, 'data.csv')
        : createCsvScanner(options.names, format, settings, 'data.csv'),
    options,
  );
};

/** RFC 4180, written for being right rather than fast: the values of each record, or undefined where it is malformed. */
const parseCsv = (text: string, delimiter: string): (string[] | undefined)[] => {
  const records: (string[] | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '\n') at++;
    else if (text.startsWith('\r\n', at) || (text[at] === '\r' && at + 1 === text.length)) at += 2;
    else {
      const values: string[] = [];
      let good = true;
      for (;;) {
        let value = '';
        if (text[at] === '"') {
          at++;
          for (;;) {
            if (at >= text.length) {
              good = false;
              break;
            }
            if (text[at] !== '"') value += text[at++];
            else if (text[at + 1] === '"') {
              value += '"';
              at += 2;
            } else break;
          }
          at++;
          if (at < text.length && text[at] !== delimiter && text[at] !== '\n') {
            if (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length)) at++;
            else good = false;
          }
        }
        const rest = /^[^\n]*/.exec(text.slice(at))?.[0] ?? '';
        const plain = rest.split(delimiter)[0] as string;
        at += plain.length;
        value += plain;
        if (text[at] === delimiter) {
          values.push(value);
          at++;
        } else {
          values.push(value.endsWith('\r') && plain !== '' ? value.slice(0, -1) : value);
          at++;
          break;
        }
      }
      records.push(good ? values : undefined);
    }
  }
  return records;
};

const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
const plainValue = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '1', '.', 'é', '😀', '"'),
  maxLength: 6,
});
const anyValue = fc.string({
  unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ';', 'é', '😀', '0'),
  maxLength: 6,
});

describe('the CSV scanner', () => {
  it('gives every value back that a writer put in, quoted or not, however the bytes arrive', () => {
    const value = fc.oneof(
      plainValue.filter((text) => !text.startsWith('"')).map((text) => ({ text, written: text })),
      anyValue.map((text) => ({ text, written: quote(text) })),
    );
    const property = fc.property(
      fc.array(fc.tuple(value, value, value), { maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }),
      fc.boolean(),
      (records, lineEnd, reads, terminated) => {
        const lines = records.map((record) => record.map(({ written }) => written).join(','));
        const text = ['x,y,z', ...lines].join(lineEnd) + (terminated ? lineEnd : '');
        const expected = records.map(([x, y, z]) => ({ x: x.text, y: y.text, z: z.text }));
        const decoded = read(text, { reads, chunkBytes: 64 });
        expect(decoded.invalid).toEqual([]);
        expect(decoded.rows).toStrictEqual(expected);
        expect(read(text, { reads, chunkBytes: 64, fields: ['z', 'x'] }).rows).toStrictEqual(
          expected.map(({ x, z }) => ({ z, x })),
        );
      },
    );
    fc.assert(property, { numRuns: 500, seed: 11 });
  });

  it('reads any text as a plain reading of RFC 4180 does', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'bc', ',', ',', '\n', '\r\n', '"', '""', ' ', 'é'),
      maxLength: 30,
    });
    const property = fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
      (body, reads) => {
        const decoded = read(body, { names: ['x', 'y'], reads, chunkBytes: 32 });
        const records = parseCsv(body, ',');
        const good = records.filter((record) => record?.length === 2) as string[][];
        expect(decoded.rows).toStrictEqual(good.map(([x, y]) => ({ x, y })));
        expect(decoded.invalid.length).toBe(records.length - good.length);
      },
    );
    fc.assert(property, { numRuns: 2000, seed: 12 });
  });

  it('reads numbers as Number does, of any length and form', () => {
    const number = fc.oneof(
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `${a}.${b}`),
      fc.constantFrom(
        '0',
        '-0',
        '00012',
        '+5',
        '.5',
        '5.',
        '1e5',
        '1E-7',
        ' 7 ',
        '123456789012345678',
        '0.1',
      ),
    );
    const property = fc.property(
      fc.array(number, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      (numbers, lineEnd) => {
        const text = numbers.map((value, i) => `${i},${i % 2 === 0 ? value : quote(value)},x`).join(lineEnd);
        const { rows } = read(text, { names: ['i', 'n', 'x'], fields: ['n'], types: { n: 'number' } });
        expect(rows).toStrictEqual(numbers.map((value) => ({ n: Number(value) })));
      },
    );
    fc.assert(property, { numRuns: 300, seed: 13 });
  });

  it.each(['x', '1,5', '0x10', 'NaN', 'Infinity', '1e', '--1', '1 2'])(
    'refuses %j where a number is declared',
    (value) => {
      const { rows, invalid } = read(`n,m\n${quote(value)},1\n2,2\n`, { types: { n: 'number' } });
      expect(rows).toEqual([{ n: 2, m: '2' }]);
      expect(invalid).toEqual([
        {
          line: 2,
          text: `${quote(value)},1`,
          reason: `column n has ${JSON.stringify(value)}, which is no number`,
        },
      ]);
    },
  );

  it('makes null of empty numbers and booleans and an empty text of an empty text', () => {
    const { rows } = read('n,b,s\n,,\n"","",""\n', { types: { n: 'number', b: 'boolean' } });
    expect(rows).toEqual([
      { n: null, b: null, s: '' },
      { n: null, b: null, s: '' },
    ]);
  });

  it('reads booleans written as words or digits and refuses others', () => {
    const { rows, invalid } = read('b\ntrue\nFALSE\n1\n0\nyes\n', { types: { b: 'boolean' } });
    expect(rows).toEqual([{ b: true }, { b: false }, { b: true }, { b: false }]);
    expect(invalid[0]?.reason).toBe('column b has "yes", which is no boolean');
  });

  it('puts declared columns into typed columns without marks', () => {
    const { batches } = read('n,s\n1,a\n2,b\n', { types: { n: 'number' } });
    const columns = batches[0]?.columns()?.columns;
    expect(columns?.map((column) => column.type)).toEqual(['number', 'text']);
    expect(columns?.some((column) => column.marks !== undefined)).toBe(false);
  });

  it('says how many values a record has too many or too few', () => {
    const { rows, invalid } = read('a,b\n1\n1,2\n1,2,3\n');
    expect(rows).toEqual([{ a: '1', b: '2' }]);
    expect(invalid.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'it has 1 values where the header has 2 columns'],
      [4, 'it has 3 values where the header has 2 columns'],
    ]);
  });

  it('refuses text behind a closing quote', () => {
    const { rows, invalid } = read('a,b\n"x"y,1\n"x",2\n');
    expect(rows).toEqual([{ a: 'x', b: '2' }]);
    expect(invalid[0]?.reason).toBe('there is text between a closing quote and the next delimiter');
  });

  it('loses no more than the longest record to a quote that is never closed', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `${i},ok`);
    const text = `a,b\n"oops,1\n${lines.join('\n')}\n`;
    const { rows, invalid } = read(text, { maximumRecordBytes: 100, chunkBytes: 64 });
    expect(invalid.length).toBe(1);
    expect(invalid[0]?.reason).toBe('it is longer than the 100 bytes that maximumRecordBytes allows');
    expect(rows.length).toBe(100);
  });

  it('has room for the texts of lines that are read again behind a record that was too long', () => {
    const lines = Array.from({ length: 200 }, (_, i) => `"${i}`.padEnd(30, 'x'));
    const good = Array.from({ length: 50 }, (_, i) => `row ${i}`);
    for (const reads of [[], [500]]) {
      const text = `a\n"${'y'.repeat(200)}\n${lines.join('\n')}\n${good.join('\n')}\n`;
      const { rows } = read(text, { maximumRecordBytes: 100, chunkBytes: 8192, reads });
      expect(rows.slice(-50)).toEqual(good.map((a) => ({ a })));
    }
  });

  it('ends a record at its line when values may not contain line feeds', () => {
    const { rows, invalid } = read('a,b\n"oops,1\n2,ok\n', { quotedNewlines: false });
    expect(rows).toEqual([{ a: '2', b: 'ok' }]);
    expect(invalid[0]?.reason).toBe('a quote is not closed on its line, and quotedNewlines is false');
  });

  it('counts lines inside quotes when it says where a record is', () => {
    const { invalid } = read('a,b\n"1\n2\n3",x\nbad\n');
    expect(invalid.map(({ line }) => line)).toEqual([5]);
  });

  it('refuses bytes that are no UTF-8 in read and unread columns', () => {
    for (const fields of [['a'], ['b']]) {
      const bytes = new Uint8Array([
        ...bytesOf('a,b\nx'),
        0xff,
        ...bytesOf(',1\n"y'),
        0xc0,
        ...bytesOf('",2\nz,3\n'),
      ]);
      const { rows, invalid } = read(bytes, { fields });
      expect(rows.length).toBe(1);
      expect(invalid.map(({ reason }) => reason)).toEqual(['it is not valid UTF-8', 'it is not valid UTF-8']);
    }
  });

  it('splits at another delimiter and leaves commas alone', () => {
    expect(read('a;b\n1,5;"x;y"\n', { delimiter: ';' }).rows).toEqual([{ a: '1,5', b: 'x;y' }]);
    expect(read('a\tb\n1\t2\n', { delimiter: '\t' }).rows).toEqual([{ a: '1', b: '2' }]);
  });

  it('reads a header with quotes, a byte order mark and Windows line ends', () => {
    expect(read('\ufeff"first ""name""",b\r\n1,2\r\n').rows).toEqual([{ 'first "name"': '1', b: '2' }]);
  });

  it('reads nothing from a file of a header alone, or of nothing', () => {
    expect(read('a,b\n').rows).toEqual([]);
    expect(read('a,b').rows).toEqual([]);
    expect(read('').rows).toEqual([]);
  });

  it('names the columns there are when one asked for is not among them', () => {
    expect(() => read('a,b\n1,2\n', { fields: ['price'] })).toThrowError(
      expect.objectContaining({
        code: 'record-invalid',
        message: 'data.csv has no column "price".',
        hint: 'Its columns are: a, b. Is the delimiter "," right?',
      }),
    );
    expect(() => read('a,b\n1,2\n', { types: { c: 'number' } })).toThrow('data.csv has no column "c".');
  });

  it('refuses a header that names a column twice', () => {
    expect(() => read('a,b,a\n')).toThrow('The header of data.csv names the column "a" twice.');
  });

  it('refuses a header that is longer than a record may be', () => {
    expect(() => read(`${'x'.repeat(200)}\n`, { maximumRecordBytes: 100, chunkBytes: 64 })).toThrow(
      'The first line of data.csv is too long to be a CSV header.',
    );
  });

  it('keeps a column called __proto__', () => {
    const [row] = read('__proto__,a\nx,y\n').rows as object[];
    expect(Object.entries(row as object)).toEqual([
      ['__proto__', 'x'],
      ['a', 'y'],
    ]);
  });
});
