import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NdjsonRows } from '../../../src/connectors/formats/ndjson-rows.ts';
import { bytesOf, type DecodeSettings, decodeAll } from '../support/decode.ts';

const read = (text: string | Uint8Array, settings: DecodeSettings = {}) =>
  decodeAll(typeof text === 'string' ? bytesOf(text) : text, (decoder) => new NdjsonRows(decoder), settings);

describe('whole NDJSON records', () => {
  it('are what JSON.parse makes of each line, of any kind, however the bytes arrive', () => {
    const line = fc.oneof(
      fc.json(),
      fc.constantFrom('', '{', '{"a":1}', '"x"', '[1]', 'null', 'é', '"é"', ' {"b":-0} \r'),
      fc.string({ unit: fc.constantFrom('{', '}', '"', 'a', ':', '1', 'ü'), maxLength: 6 }),
    );
    const property = fc.property(
      fc.array(line),
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }),
      (lines, reads) => {
        const rows: unknown[] = [];
        let invalid = 0;
        for (const text of lines) {
          if (text.trim() === '') continue;
          try {
            rows.push(JSON.parse(text));
          } catch {
            invalid++;
          }
        }
        const decoded = read(lines.join('\n'), { reads, chunkBytes: 64 });
        expect(decoded.rows).toStrictEqual(rows);
        expect(decoded.invalid.length).toBe(invalid);
      },
    );
    fc.assert(property, { numRuns: 500, seed: 31 });
  });

  it('of bytes that are no UTF-8 are refused, never replaced', () => {
    const { rows, invalid } = read(new Uint8Array([...bytesOf('{"a":"'), 0x80, ...bytesOf('"}\n{"a":"é"}')]));
    expect(rows).toEqual([{ a: 'é' }]);
    expect(invalid[0]?.reason).toBe('it is not valid UTF-8');
  });

  it('that are too long are refused and passed over', () => {
    const { rows, invalid } = read(`1\n${'9'.repeat(3000)}\n2`, { maximumRecordBytes: 200, chunkBytes: 64 });
    expect(rows).toEqual([1, 2]);
    expect(invalid.map(({ line }) => line)).toEqual([2]);
  });

  it('nested deeper than values may be are refused', () => {
    const { rows, invalid } = read(
      `${'['.repeat(501)}${']'.repeat(501)}\n${'['.repeat(500)}${']'.repeat(500)}`,
    );
    expect(rows.length).toBe(1);
    expect(invalid.length).toBe(1);
  });

  it('come in batches of at most the given number of records', () => {
    const { batches } = read('1\n2\n3\n4\n5\n', { recordsPerBatch: 2 });
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(batches[0]?.timestamps[0]).toBeNaN();
  });
});
