import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type FilesOptions, files } from '../../../src/connectors/files/index.ts';
import { expectSentence, readUnder, useDirectory } from './policies.ts';

interface BadRecords {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly options: Omit<FilesOptions<unknown>, 'path'>;
  readonly good: readonly unknown[];
  /** The bad records as they stand in the file, each with a part of the reason. */
  readonly bad: readonly (readonly [record: unknown, reason: RegExp])[];
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const fields = (...names: string[]) => ({ fields: names });
const ndjson = { format: 'ndjson' } as const;
const csv = { format: 'csv', types: { n: 'number' } } as const;
const flags = { format: 'csv', types: { n: 'number', on: 'boolean' } } as const;
const json = { format: 'json' } as const;
const deep = `${'['.repeat(3000)}${']'.repeat(3000)}`;

const malformed = '{"n":1}\n{"n":\n{"n":01}\n{"n":2}x\n{n:3}\n{"n":"\u0001"}\n\n{"n":4}\n';
const malformedRecords: BadRecords['bad'] = [
  ['{"n":', /JSON/],
  ['{"n":01}', /JSON/],
  ['{"n":2}x', /JSON/],
  ['{n:3}', /JSON/],
  ['{"n":"\u0001"}', /JSON/],
];

const lineCases: readonly BadRecords[] = [
  {
    name: 'malformed NDJSON',
    content: malformed,
    options: ndjson,
    good: [{ n: 1 }, { n: 4 }],
    bad: malformedRecords,
  },
  {
    name: 'malformed NDJSON of which a field is read',
    content: malformed,
    options: { ...ndjson, ...fields('n') },
    good: [{ n: 1 }, { n: 4 }],
    bad: malformedRecords,
  },
  {
    name: 'malformed NDJSON in a field that nobody reads',
    content: '{"n":1,"m":[1]}\n{"n":2,"m":[1}\n{"n":3,"m":"\\x"}\n{"n":4,"m":tru}\n',
    options: { ...ndjson, ...fields('n') },
    good: [{ n: 1 }],
    bad: [
      ['{"n":2,"m":[1}', /JSON/],
      ['{"n":3,"m":"\\x"}', /JSON/],
      ['{"n":4,"m":tru}', /JSON/],
    ],
  },
  {
    name: 'NDJSON that is no objects where fields are read from it',
    content: '[1]\n{"n":1}\n7\nnull\n"n"\n',
    options: { ...ndjson, ...fields('n') },
    good: [{ n: 1 }],
    bad: ['[1]', '7', 'null', '"n"'].map((text) => [text, /not a JSON object/] as const),
  },
  {
    name: 'NDJSON that is not UTF-8',
    content: latin1('{"n":1}\n{"n":"\xff"}\n{"n":"\xc3"}\n{"\xed\xa0\x80":1}\n{"n":2}\n'),
    options: ndjson,
    good: [{ n: 1 }, { n: 2 }],
    bad: [
      [latin1('{"n":"\xff"}'), /UTF-8/],
      [latin1('{"n":"\xc3"}'), /UTF-8/],
      [latin1('{"\xed\xa0\x80":1}'), /UTF-8/],
    ],
  },
  {
    name: 'NDJSON that is not UTF-8 in a field that nobody reads',
    content: latin1('{"n":1,"m":"\xe9"}\n{"n":2,"m":"\xc3\xa9"}\n'),
    options: { ...ndjson, ...fields('n') },
    good: [{ n: 2 }],
    bad: [[latin1('{"n":1,"m":"\xe9"}'), /UTF-8/]],
  },
  {
    name: 'NDJSON nested deeper than records may be',
    content: `{"n":1}\n{"n":${deep}}\n{"n":2}\n`,
    options: ndjson,
    good: [{ n: 1 }, { n: 2 }],
    bad: [[`{"n":${deep}}`, /nest|deep/]],
  },
  {
    name: 'NDJSON with a line that is too long',
    content: `{"n":1}\n{"n":"${'x'.repeat(2000)}"}\n{"n":2}\n`,
    options: { ...ndjson, maximumRecordBytes: 1000 },
    good: [{ n: 1 }, { n: 2 }],
    bad: [[expect.stringMatching(/^\{"n":"x+/), /longer than the 1000 bytes/]],
  },
  {
    name: 'malformed NDJSON, gzip',
    content: gzipSync('{"n":1}\nx\n{"n":2}\n'),
    options: ndjson,
    good: [{ n: 1 }, { n: 2 }],
    bad: [['x', /JSON/]],
  },
  {
    name: 'malformed NDJSON, zstd, its last line cut off',
    content: zstdCompressSync('{"n":1}\n{"n":2}\n{"n":'),
    options: ndjson,
    good: [{ n: 1 }, { n: 2 }],
    bad: [['{"n":', /JSON/]],
  },
  {
    name: 'NDJSON that does not fit a schema',
    content: '{"n":1}\n{"n":"1"}\n{"m":1}\n{"n":2}\n',
    options: { ...ndjson, schema: z.object({ n: z.number() }) },
    good: [{ n: 1 }, { n: 2 }],
    bad: [
      [{ n: '1' }, /n: .*number/],
      [{ m: 1 }, /n: .*number/],
    ],
  },
];

const tableCases: readonly BadRecords[] = [
  {
    name: 'CSV with another number of values',
    content: 'n,city\n1,Kyiv\n2\n3,Oslo,x\n,\n4,Lima\n',
    options: csv,
    good: [
      { n: 1, city: 'Kyiv' },
      { n: null, city: '' },
      { n: 4, city: 'Lima' },
    ],
    bad: [
      ['2', /1 values where the header has 2/],
      ['3,Oslo,x', /3 values where the header has 2/],
    ],
  },
  {
    name: 'CSV with values of another type',
    content: 'n,on\n1,true\nten,false\n0x10,0\n4,yes\n5,1\n',
    options: flags,
    good: [
      { n: 1, on: true },
      { n: 5, on: true },
    ],
    bad: [
      ['ten,false', /column n has "ten", which is no number/],
      ['0x10,0', /column n has "0x10", which is no number/],
      ['4,yes', /column on has "yes", which is no boolean/],
    ],
  },
  {
    name: 'CSV with text behind a quote',
    content: 'n,city\n1,"Ky"iv\n2,"Oslo"\n',
    options: csv,
    good: [{ n: 2, city: 'Oslo' }],
    bad: [['1,"Ky"iv', /between a closing quote/]],
  },
  {
    name: 'CSV with a quote that is never closed',
    content: 'n,city\n1,Kyiv\n2,"Oslo\n3,Lima\n',
    options: csv,
    good: [{ n: 1, city: 'Kyiv' }],
    bad: [['2,"Oslo\n3,Lima\n', /opened and never closed/]],
  },
  {
    name: 'CSV with a quote that is not closed on its line',
    content: 'n,city\n1,Kyiv\n2,"Oslo\n3,Lima\n',
    options: { ...csv, quotedNewlines: false },
    good: [
      { n: 1, city: 'Kyiv' },
      { n: 3, city: 'Lima' },
    ],
    bad: [['2,"Oslo', /not closed on its line/]],
  },
  {
    name: 'CSV that is not UTF-8, in a column that is read or in another',
    content: latin1('n,city,note\n1,\xff,a\n2,Oslo,\xff\n3,"\xc3",b\n4,Lima,c\n'),
    options: { ...csv, ...fields('n', 'city') },
    good: [{ n: 4, city: 'Lima' }],
    bad: [
      [latin1('1,\xff,a'), /UTF-8/],
      [latin1('2,Oslo,\xff'), /UTF-8/],
      [latin1('3,"\xc3",b'), /UTF-8/],
    ],
  },
  {
    name: 'CSV with a line that is too long',
    content: `n,city\n1,${'x'.repeat(2000)}\n2,Oslo\n`,
    options: { ...csv, maximumRecordBytes: 1000 },
    good: [{ n: 2, city: 'Oslo' }],
    bad: [[expect.stringMatching(/^1,x+/), /longer than the 1000 bytes/]],
  },
  {
    name: 'a JSON array with elements that do not fit a schema',
    content: '[{"n":1},{"n":"1"},null,{"n":2}]',
    options: { ...json, schema: z.object({ n: z.number() }) },
    good: [{ n: 1 }, { n: 2 }],
    bad: [
      [{ n: '1' }, /n: .*number/],
      [null, /object/],
    ],
  },
];

const directory = useDirectory();

describe.each([...lineCases, ...tableCases])('a file of $name', ({ content, options, good, bad }) => {
  const read = (policy: 'fail' | 'deadLetter' | 'drop', parallelism: number) => {
    directory.put('in.data', content);
    const source = files<unknown>({ path: 'in.data', ...options });
    return readUnder(policy, source, { baseDirectory: directory.path, parallelism });
  };

  it('fails the job by default, with the reason of the first, its place and what to do', async () => {
    const { result, letters } = await read('fail', 1);
    expect([result.state, letters]).toEqual(['failed', []]);
    expectSentence(result.error, bad[0]?.[1] ?? /./);
    expect((result.error as { readonly where: object }).where).toMatchObject({
      at: expect.stringContaining('in.data') as string,
    });
  });

  it.each([1, 2])('gives the bad records as letters and loses no good one, in %i slots', async (slots) => {
    const { result, values, letters } = await read('deadLetter', slots);
    expect(result.state).toBe('finished');
    expect(values).toEqual(good);
    expect(letters.map(({ record }) => record)).toEqual(bad.map(([record]) => record));
    for (const [i, [, reason]] of bad.entries()) expect(letters[i]?.reason).toMatch(reason);
    for (const { where, timestampMs } of letters) {
      expect(where).toContain('in.data');
      expect(timestampMs).toBeNull();
    }
  });

  it.each([1, 2])('leaves the bad records out without a word when told so, in %i slots', async (slots) => {
    const { result, values, letters } = await read('drop', slots);
    expect([result.state, letters]).toEqual(['finished', []]);
    expect(values).toEqual(good);
  });
});
