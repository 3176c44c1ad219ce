import { describe, expect, it } from 'vitest';
import { type Data, minimal, problemsOf, problemsOfSpec, specOf, testField } from './support.ts';

const problemsOfJob = (job: Data): string[] => problemsOfSpec({ job });
const path = 'expected a relative path to a .ts, .mts, .js or .mjs file, without .., found';

describe('the entry of a job', () => {
  testField('spec.job.entry', (value) => ({ job: { entry: value } }), {
    good: [
      'job.ts',
      './job.ts',
      'src/jobs/flights.mts',
      'dist/job.js',
      'a b/ö.mjs',
      'a..b/c.ts',
      '...ts',
      `${'x'.repeat(509)}.ts`,
    ],
    bad: [
      [
        '../job.ts',
        `spec.job.entry: ${path} the text "../job.ts" → Move the manifest to a folder that holds the code.`,
      ],
      [
        'src/../../job.ts',
        `spec.job.entry: ${path} the text "src/../../job.ts" → Move the manifest to a folder that holds the code.`,
      ],
      [
        '/app/job.ts',
        `spec.job.entry: ${path} the text "/app/job.ts" → Give the path relative to the manifest, without the leading /.`,
      ],
      [
        'src\\job.ts',
        `spec.job.entry: ${path} the text "src\\\\job.ts" → Separate folders by /, on every system.`,
      ],
      [
        'file:///job.ts',
        `spec.job.entry: ${path} the text "file:///job.ts" → Give the path of a file; code from elsewhere is named by spec.job.code.`,
      ],
      [
        'https://example.com/job.js',
        `spec.job.entry: ${path} the text "https://example.com/job.js" → Give the path of a file; code from elsewhere is named by spec.job.code.`,
      ],
      [
        'job.yaml',
        `spec.job.entry: ${path} the text "job.yaml" → The entry is the module whose default export builds the job.`,
      ],
      [
        'job',
        `spec.job.entry: ${path} the text "job" → The entry is the module whose default export builds the job.`,
      ],
      [
        'job.tsx',
        `spec.job.entry: ${path} the text "job.tsx" → The entry is the module whose default export builds the job.`,
      ],
      ['a\0.ts', `spec.job.entry: ${path} the text "a\\u0000.ts"`],
      [
        '',
        [
          `spec.job.entry: ${path} an empty text → The entry is the module whose default export builds the job.`,
        ],
      ],
      [5, `spec.job.entry: ${path} the number 5 → Write it in quotes: "5".`],
      [`${'x'.repeat(600)}.ts`, `spec.job.entry: ${path} a text of 603 characters`],
    ],
  });
});

describe('what runs', () => {
  it('is either an entry or a query', () => {
    expect(problemsOfJob({})).toEqual(['spec.job: expected exactly one of entry, sql, found none of them']);
    expect(problemsOfJob({ entry: 'a.ts', sql: 'SELECT 1' })).toEqual([
      'spec.job.sql: expected exactly one of entry, sql, found entry and sql',
      'spec.job.sql: spec.job.sql is not supported yet → Write the query as a program and name its file by spec.job.entry.',
    ]);
  });

  it('is not a query yet, and that is said by name', () => {
    expect(problemsOfJob({ sql: 'SELECT 1' })).toEqual([
      'spec.job.sql: spec.job.sql is not supported yet → Write the query as a program and name its file by spec.job.entry.',
    ]);
  });

  it('must be said', () => {
    expect(problemsOf({ ...minimal, spec: {} })).toEqual([
      'spec.job: expected a mapping with entry, sql, code, but it is missing',
    ]);
    expect(problemsOfSpec({ job: 'job.ts' })).toEqual([
      'spec.job: expected a mapping with entry, sql, code, found the text "job.ts"',
    ]);
  });

  it.each(['entrypoint', 'entryClass', 'main', 'jarURI', 'entri'])('is called entry, not %s', (name) => {
    expect(problemsOfJob({ entry: 'job.ts', [name]: 'x' })).toEqual([
      `spec.job.${name}: there is no such field → Did you mean entry?`,
    ]);
  });
});

describe('where code comes from', () => {
  const sha256 = 'a'.repeat(64);
  const bundle = { url: 'https://example.com/job.tgz', sha256 };

  it('is left open by a local job', () => {
    expect(specOf({}).job.code).toBeUndefined();
  });

  it.each([
    [{ image: 'example.com/team/flights:1.2' }],
    [{ image: `flights@sha256:${sha256}` }],
    [{ bundle }],
    [{ bundle: { url: 's3://code/job.tgz', sha256 } }],
    [{ configMap: { name: 'flights-code' } }],
    [{}],
  ])('may be %j', (code) => {
    expect(problemsOfJob({ entry: 'job.ts', code })).toEqual([]);
  });

  it('is one place only', () => {
    expect(
      problemsOfJob({ entry: 'job.ts', code: { image: 'a', bundle, configMap: { name: 'c' } } }),
    ).toEqual([
      'spec.job.code.bundle: expected at most one of image, bundle, configMap, found image and bundle and configMap',
      'spec.job.code.configMap: expected at most one of image, bundle, configMap, found image and bundle and configMap',
    ]);
  });

  const code = (value: Data): Data => ({ job: { entry: 'job.ts', code: value } });
  const image = 'spec.job.code.image: expected the name of a container image, found';
  testField('spec.job.code.image', (value) => code({ image: value }), {
    good: ['flights', 'localhost:5000/flights', 'a.b/c/d:1'],
    bad: [
      ['', `${image} an empty text`],
      ['two words', `${image} the text "two words"`],
      ['-x', `${image} the text "-x"`],
      [`a${'b'.repeat(512)}`, `${image} a text of 513 characters`],
    ],
  });

  const address =
    'spec.job.code.bundle.url: expected an address that starts with http:// or https:// or s3://, found';
  testField('spec.job.code.bundle.url', (value) => code({ bundle: { url: value, sha256 } }), {
    good: ['http://x', 'https://example.com/a/b.tgz?version=1', 's3://bucket/key'],
    bad: [
      ['example.com/a.tgz', `${address} the text "example.com/a.tgz"`],
      ['ftp://example.com', `${address} the text "ftp://example.com"`],
      ['https://a b', `${address} the text "https://a b"`],
      [
        'https://user:hunter2@example.com/a.tgz',
        `${address} an address with a user or password in it → Remove what stands before the @ and keep it in a Secret: manifests are no place for credentials.`,
      ],
    ],
  });

  const sum = 'spec.job.code.bundle.sha256: expected a sha256 sum of 64 lower-case hexadecimal digits, found';
  testField('spec.job.code.bundle.sha256', (value) => code({ bundle: { ...bundle, sha256: value } }), {
    good: ['0123456789abcdef'.repeat(4)],
    bad: [
      ['abc', `${sum} the text "abc"`],
      ['A'.repeat(64), `${sum} a text of 64 characters`],
      [`sha256:${sha256}`, `${sum} a text of 71 characters`],
    ],
  });

  it('by a bundle always comes with its sum', () => {
    expect(problemsOfSpec(code({ bundle: { url: 'https://x' } }))).toEqual([
      'spec.job.code.bundle.sha256: expected a sha256 sum of 64 lower-case hexadecimal digits, but it is missing',
    ]);
  });
});
