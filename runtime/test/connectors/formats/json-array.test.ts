import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonArray } from '../../../src/connectors/formats/json-array.ts';
import { bytesOf, type DecodeSettings, decodeAll } from '../support/decode.ts';

const read = (text: string | Uint8Array, settings: DecodeSettings = {}) =>
  decodeAll(
    typeof text === 'string' ? bytesOf(text) : text,
    (decoder) => new JsonArray(decoder, (settings.position ?? 0) > 0),
    settings,
  );

const space = fc.constantFrom('', '', ' ', '\n', '\r\n\t ');
const reads = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 });

describe('the JSON array decoder', () => {
  it('gives the elements that JSON.parse of the whole gives, however the bytes arrive', () => {
    const element = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value));
    const property = fc.property(
      fc.array(fc.tuple(space, element, space)),
      reads,
      space,
      (elements, sizes, tail) => {
        const text = `${tail}[${elements.map((parts) => parts.join('')).join(',')}${elements.length === 0 ? tail : ''}]${tail}`;
        const { rows, invalid } = read(text, { reads: sizes, chunkBytes: 32, recordsPerBatch: 3 });
        expect(invalid).toEqual([]);
        expect(rows).toStrictEqual(JSON.parse(text));
      },
    );
    fc.assert(property, { numRuns: 500, seed: 21 });
  });

  it('reads the rest from any position between two batches', () => {
    const values = Array.from({ length: 50 }, (_, i) => ({ id: i, tags: ['a,]', '}"'] }));
    const text = JSON.stringify(values, null, 1);
    for (let count = 1; count < values.length; count += 7) {
      const first = JSON.stringify(values.slice(0, count), null, 1);
      const position = first.lastIndexOf('}') + 1;
      expect(text.slice(0, position)).toBe(first.slice(0, position));
      expect(read(text, { position, chunkBytes: 64 }).rows).toEqual(values.slice(count));
    }
  });

  it('accepts a text exactly when JSON.parse takes it for an array', () => {
    const token = fc.constantFrom(
      '[',
      ']',
      ',',
      '1',
      '"a"',
      '{}',
      '{"b":[1]}',
      ' ',
      'null',
      '[2]',
      'x',
      '{',
      '"',
    );
    const property = fc.property(fc.array(token, { maxLength: 9 }), reads, (tokens, sizes) => {
      const text = tokens.join('');
      let expected: unknown[] | undefined;
      try {
        const value: unknown = JSON.parse(text);
        if (Array.isArray(value)) expected = value;
      } catch {}
      const { rows, invalid } = read(text, { reads: sizes, chunkBytes: 32 });
      if (expected === undefined) expect(invalid.length).toBeGreaterThan(0);
      else expect({ rows, invalid }).toEqual({ rows: expected, invalid: [] });
    });
    fc.assert(property, { numRuns: 3000, seed: 22 });
  });

  it('goes on behind an element that is not JSON', () => {
    const { rows, invalid } = read('[{"a":1},\n{a:2},\n{"a":3}]');
    expect(rows).toEqual([{ a: 1 }, { a: 3 }]);
    expect(invalid).toEqual([
      { line: 2, text: '{a:2}', reason: expect.stringMatching(/^it is not valid JSON \(/) },
    ]);
  });

  it('goes on behind an element that is too long, without keeping it in memory', () => {
    const long = JSON.stringify({ text: 'x]}"\\'.repeat(3000) });
    for (const sizes of [[], [100], [3]]) {
      const { rows, invalid } = read(`[1,${long},2]`, {
        maximumRecordBytes: 500,
        chunkBytes: 128,
        reads: sizes,
      });
      expect(rows).toEqual([1, 2]);
      expect(invalid.map(({ reason }) => reason)).toEqual([
        'it is longer than the 500 bytes that maximumRecordBytes allows',
      ]);
    }
  });

  it('passes over an element that is only a long text', () => {
    const { rows } = read(`["${'y'.repeat(2000)}",7]`, { maximumRecordBytes: 100, chunkBytes: 64 });
    expect(rows).toEqual([7]);
  });

  it.each([
    [
      '{"a":1}\n{"a":2}',
      'the file does not begin with [ as a JSON array does (for one record a line, use the format ndjson)',
    ],
    ['', 'the file is empty, not a JSON array'],
    ['[1,2', 'the file ends inside the JSON array'],
    ['[1,2]x', 'there is text behind the JSON array'],
    ['[1 2]', 'a comma or the closing bracket of the JSON array was expected'],
    ['[1,]', 'there is a comma before the closing bracket'],
    ['[,1]', 'a value was expected at ","'],
  ])('says of %j what is wrong with the whole', (text, reason) => {
    const { invalid } = read(text);
    expect(invalid.at(-1)?.reason).toBe(`${reason}; the rest of the file is not read`);
  });

  it('refuses an element that is not UTF-8', () => {
    const { rows, invalid } = read(new Uint8Array([...bytesOf('["'), 0xff, ...bytesOf('","ok"]')]));
    expect(rows).toEqual(['ok']);
    expect(invalid[0]?.reason).toBe('it is not valid UTF-8');
  });

  it('refuses an element nested deeper than values may be', () => {
    const { rows, invalid } = read(`[${'['.repeat(600)}${']'.repeat(600)},1]`);
    expect(rows).toEqual([1]);
    expect(invalid[0]?.reason).toMatch(/deep|nest/i);
  });
});
