import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvWithHeader } from '../../../src/connectors/formats/csv-decoder.ts';
import { paddingBytes } from '../../../src/connectors/formats/decoder.ts';
import { bytesOf, decodeAll } from '../support/decode.ts';

const format = { types: {}, delimiter: ',', quotedNewlines: true };
const settings = { maximumRecordBytes: 1000, onInvalid: () => {} };

const padded = (text: string): { bytes: Uint8Array; length: number } => {
  const content = bytesOf(text);
  const bytes = new Uint8Array(content.length + paddingBytes);
  bytes.set(content);
  return { bytes, length: content.length };
};

describe('a CSV file from its first byte', () => {
  it('knows its columns when the header line is whole, and consumes nothing before', () => {
    const decoder = new CsvWithHeader(format, settings, 'x.csv');
    const half = padded('first,sec');
    expect(decoder.decode(half.bytes, 0, half.length, false)).toBe(0);
    expect(decoder.names).toBeUndefined();
    expect([decoder.length, decoder.full, decoder.take()]).toEqual([0, false, undefined]);
    const whole = padded('first,second\n1,2\n3');
    expect(decoder.decode(whole.bytes, 0, whole.length, false)).toBe(17);
    expect(decoder.names).toEqual(['first', 'second']);
    expect(decoder.take()?.rows()).toEqual([{ first: '1', second: '2' }]);
  });

  it('is the same wherever its bytes are cut, the header included', () => {
    const text = '\ufeff"na\nme",größe\r\n"a ""b""",1\r\nc,2';
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
      (reads) => {
        const decoded = decodeAll(bytesOf(text), (decoder) => new CsvWithHeader(format, decoder, 'x'), {
          reads,
          chunkBytes: 32,
        });
        expect(decoded).toMatchObject({
          invalid: [],
          rows: [
            { 'na\nme': 'a "b"', größe: '1' },
            { 'na\nme': 'c', größe: '2' },
          ],
        });
      },
    );
    fc.assert(property, { numRuns: 200, seed: 1 });
  });

  it('counts the header as the first line', () => {
    const decoded = decodeAll(
      bytesOf('a,b\n1\n1,2\n1,2,3\n'),
      (decoder) => new CsvWithHeader(format, decoder, 'x'),
    );
    expect(decoded.invalid.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('refuses a header that is not UTF-8', () => {
    const decoder = new CsvWithHeader(format, settings, 'x.csv');
    const bytes = new Uint8Array([0x61, 0xff, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => decoder.decode(bytes, 0, 3, true)).toThrow('The header of x.csv is not valid UTF-8.');
  });

  it('passes a record that is too long on to the scanner once there is a header', () => {
    const long = 'y'.repeat(300);
    const decoded = decodeAll(
      bytesOf(`a,b\n${long},1\n2,3\n`),
      (decoder) => new CsvWithHeader(format, decoder, 'x'),
      {
        maximumRecordBytes: 100,
        chunkBytes: 64,
      },
    );
    expect(decoded.rows).toEqual([{ a: '2', b: '3' }]);
    expect(decoded.invalid.map(({ line }) => line)).toEqual([2]);
  });
});
