import { expect, it } from 'vitest';
import { NdjsonScanner } from '../../src/connectors/formats/ndjson-scanner.ts';
import { bytesOf, decodeAll } from '../connectors/support/decode.ts';

/** The scanner looked for the keys that it expected later also where a record begins, and those begin with a comma. */
it('a line of NDJSON that lost its beginning is no record, also when the rest is as expected', () => {
  const text = '{"a":1,"b":2}\n,"b":3}\n{"a":4,"b":5}\n';
  const { rows, invalid } = decodeAll(bytesOf(text), (settings) => new NdjsonScanner(['a', 'b'], settings));
  expect(rows).toEqual([
    { a: 1, b: 2 },
    { a: 4, b: 5 },
  ]);
  expect(invalid).toMatchObject([{ text: ',"b":3}', line: 2 }]);
});
