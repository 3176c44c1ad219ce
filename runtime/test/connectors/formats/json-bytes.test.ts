import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBytes } from '../../../src/connectors/formats/json-bytes.ts';

const json = new JsonBytes();
/** The text with the line feed that must follow, and what lies behind it. */
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(`${text}\n"behind":[1,2]`);
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the end of a JSON value', () => {
  it('is found for everything that JSON.parse takes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom('', ',', ' ', '}', ']'), (text, behind) => {
        const length = new TextEncoder().encode(text).length;
        expect(json.skipValue(bytesOf(text + behind), 0)).toBe(length);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('is found exactly for the texts that JSON.parse takes, of all short texts of JSON’s own characters', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '.',
      'e',
      '0',
      'true',
      'null',
      ' ',
      '\\',
      '"',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 9 }), (tokens) => {
        const text = tokens.join('').trim();
        const end = json.skipValue(bytesOf(text), 0);
        // The value may end before the text does; then the front alone must be JSON.
        if (end < 0) expect(isJson(text)).toBe(false);
        else expect(isJson(text.slice(0, end))).toBe(true);
        if (isJson(text)) expect(end).toBe(text.length);
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  it('never lies behind the line feed, whatever comes there', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '"', '[', '1', 'tru', '\\', '\\u00', 'é', ':') }),
        (text) => {
          const bytes = bytesOf(text);
          expect(json.skipValue(bytes, 0)).toBeLessThanOrEqual(new TextEncoder().encode(text).length);
        },
      ),
      { numRuns: 1000, seed: 3 },
    );
  });

  it.each(['"\\x"', '"\\u12g4"', '"\\u123"', '"\\', '"tab\t"', '"\u0001"', '"'])(
    'is not found for the bad text %j',
    (text) => {
      expect(json.skipString(bytesOf(text), 0)).toBe(-1);
    },
  );

  it.each(['"\\""', '"\\\\"', '"\\/\\b\\f\\n\\r\\t"', '"\\u00e9\\uD83D"', '"é😀"', '"\u007f"'])(
    'is found for the text %s',
    (text) => {
      expect(json.skipString(bytesOf(text), 0)).toBe(new TextEncoder().encode(text).length);
    },
  );

  it.each(['-', '01', '1.', '.1', '1e', '1e+', '+1', '1.e1'])('is not behind the bad number %s', (text) => {
    expect(json.skipNumber(bytesOf(text), 0)).not.toBe(text.length);
  });

  it.each(['tru', 'True', 'nul', 'fals', 'x'])('is not found for the bad word %s', (text) => {
    expect(json.skipLiteral(bytesOf(text), 0)).toBe(-1);
  });

  it('is found behind any depth of nesting', () => {
    const text = `${'[{"a":'.repeat(5000)}1${'}]'.repeat(5000)}`;
    expect(json.skipValue(bytesOf(text), 0)).toBe(text.length);
    expect(json.skipValue(bytesOf(text.slice(0, -1)), 0)).toBe(-1);
    expect(json.skipValue(bytesOf(`${text.slice(0, -1)}}`), 0)).toBe(-1);
  });

  it('is found with blanks, tabs and carriage returns between the parts, and not with other spaces', () => {
    const spaced = '{ "a"\t:\r[ 1 ,\t2 ] , "b" : { } }';
    expect(json.skipValue(bytesOf(spaced), 0)).toBe(spaced.length);
    expect(json.skipValue(bytesOf('[1,\u00a02]'), 0)).toBe(-1);
    expect(json.skipValue(bytesOf('[1,\u000b2]'), 0)).toBe(-1);
  });
});
