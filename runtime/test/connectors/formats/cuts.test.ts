import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvWithHeader, createCsvScanner } from '../../../src/connectors/formats/csv-decoder.ts';
import type { DecoderSettings, RecordDecoder } from '../../../src/connectors/formats/decoder.ts';
import { JsonArray } from '../../../src/connectors/formats/json-array.ts';
import { NdjsonRows } from '../../../src/connectors/formats/ndjson-rows.ts';
import { NdjsonScanner } from '../../../src/connectors/formats/ndjson-scanner.ts';
import { bytesOf, type DecodeSettings, decodeAll } from '../support/decode.ts';

const csv = { types: { n: 'number' as const }, delimiter: ',', quotedNewlines: true };

interface DecoderCase {
  readonly name: string;
  create(settings: DecoderSettings): RecordDecoder;
  /** Pieces of which texts are made: good, bad and long ones. */
  readonly pieces: readonly string[];
}

const jsonPieces = [
  '{"n":1,"s":"a"}',
  '{"n":"x"}',
  '{"s":"é😀"}',
  '{"n":}',
  '{',
  '"',
  '\\"',
  '[',
  ']',
  '\r',
  ' ',
  `{"s":"${'l'.repeat(90)}"}`,
];

const cases: readonly DecoderCase[] = [
  {
    name: 'NDJSON fields',
    create: (settings) => new NdjsonScanner(['n', 's'], settings),
    pieces: [...jsonPieces, '\n', '\n', '\n', '\ufeff'],
  },
  {
    name: 'NDJSON rows',
    create: (settings) => new NdjsonRows(settings),
    pieces: [...jsonPieces, '\n', '\n', '\n', '\ufeff'],
  },
  {
    name: 'JSON array',
    create: (settings) => new JsonArray(settings, false),
    pieces: [...jsonPieces, ',', ',', ',', '\n', '1', 'null'],
  },
  {
    name: 'CSV',
    create: (settings) => createCsvScanner(['n', 's'], csv, settings, 'x'),
    pieces: [
      '1,a',
      '2,"b"',
      'x,y',
      '3',
      '"',
      '""',
      ',',
      '\n',
      '\n',
      '\r\n',
      'é',
      `4,${'l'.repeat(90)}`,
      '"5\n6",z',
    ],
  },
  {
    name: 'CSV with a header',
    create: (settings) => new CsvWithHeader(csv, settings, 'x'),
    pieces: ['1,a', '2,"b"', 'x,y', '"', ',', '\n', '\n', '\r\n', '"5\n6",z'],
  },
];

/** What came of the bytes, without what may differ: how much is shown of a record that is too long. */
const outcome = (bytes: Uint8Array, { create }: DecoderCase, settings: DecodeSettings): unknown => {
  const { rows, invalid } = decodeAll(bytes, create, { maximumRecordBytes: 60, ...settings });
  return { rows, invalid: invalid.map(({ reason, line }) => `${line}: ${reason}`) };
};

describe.each(cases)('$name, however the bytes are cut', (decoderCase) => {
  const header =
    decoderCase.name === 'CSV with a header' ? 'n,s\n' : decoderCase.name === 'JSON array' ? '[' : '';

  it('give the same records and the same complaints at the same lines', () => {
    const property = fc.property(
      fc.array(fc.constantFrom(...decoderCase.pieces), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 16, max: 70 }),
      fc.constantFrom(1, 3, 2048),
      (pieces, reads, chunkBytes, recordsPerBatch) => {
        const bytes = bytesOf(header + pieces.join(''));
        const whole = outcome(bytes, decoderCase, {});
        expect(outcome(bytes, decoderCase, { reads, chunkBytes, recordsPerBatch })).toStrictEqual(whole);
      },
    );
    fc.assert(property, { numRuns: 700, seed: 5 });
  });

  it('never say more records than there can be, and always end', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (noise, read) => {
        const bytes = new Uint8Array([...bytesOf(header), ...noise]);
        const { rows, invalid } = decodeAll(bytes, decoderCase.create, {
          reads: [read],
          chunkBytes: 32,
          maximumRecordBytes: 50,
        });
        expect(rows.length + invalid.length).toBeLessThanOrEqual(bytes.length + 1);
      },
    );
    fc.assert(property, { numRuns: 400, seed: 6 });
  });

  it('leave the bytes that are not theirs alone', () => {
    const property = fc.property(
      fc.array(fc.constantFrom(...decoderCase.pieces), { maxLength: 10 }),
      (pieces) => {
        const text = bytesOf(header + pieces.join(''));
        const bytes = new Uint8Array(text.length + 16).fill(0x7e);
        bytes.set(text);
        const decoder = decoderCase.create({ onInvalid: () => {}, maximumRecordBytes: 1000 });
        expect(decoder.decode(bytes, 0, text.length, true)).toBe(text.length);
        expect([...bytes.subarray(0, text.length)]).toEqual([...text]);
        expect([...bytes.subarray(text.length + 1)]).toEqual(new Array(15).fill(0x7e));
      },
    );
    fc.assert(property, { numRuns: 200, seed: 7 });
  });

  it('stop where the handler of invalid records throws', () => {
    const bytes = new Uint8Array([...bytesOf(`${header}{,}"x"y,\n`), ...new Array(16).fill(0)]);
    const decoder = decoderCase.create({
      maximumRecordBytes: 1000,
      onInvalid: ({ reason }) => {
        throw new Error(reason);
      },
    });
    expect(() => decoder.decode(bytes, 0, bytes.length - 16, true)).toThrow(/./);
  });
});
