import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Source } from '../../../src/api/connectors.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import { rateLimit } from '../../../src/connectors/rate-limit/index.ts';
import type { TestSystem } from '../support/test-system.ts';

/** A source with records that are known in advance. */
export interface SourceCase {
  readonly name: string;
  /** Puts in place what the source reads. */
  prepare(test: TestSystem): void;
  create(): Source<unknown>;
  readonly expected: readonly unknown[];
}

const records = (count: number, from: number = 0): { id: number; text: string }[] =>
  Array.from({ length: count }, (_, i) => ({
    id: from + i,
    text: `text ${from + i} ${'x'.repeat((from + i) % 50)}`,
  }));

const ndjson = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const csv = (rows: readonly { id: number; text: string }[]): string =>
  `id,text\n${rows.map(({ id, text }) => `${id},"${text}"\r\n`).join('')}`;

const nothing = (): void => {};

const fileCase = (
  name: string,
  content: string | Uint8Array,
  options: Omit<Parameters<typeof files>[0], 'path'>,
  expected: readonly unknown[],
): SourceCase => ({
  name,
  prepare: (test) => {
    test.files.readBytes = 900;
    test.files.put('/base/in/data', content);
  },
  create: () => files({ path: 'in/data', ...options }),
  expected,
});

/** Every source there is, in each of its forms. */
export const sourceCases: readonly SourceCase[] = [
  {
    name: 'collection',
    prepare: nothing,
    create: () => collection(records(7000)),
    expected: records(7000),
  },
  { name: 'collection of nothing', prepare: nothing, create: () => collection([]), expected: [] },
  {
    name: 'generator',
    prepare: nothing,
    create: () =>
      generator({ count: 9000, seed: 5, generate: (id, random) => ({ id, n: random.integer(10) >= 0 }) }),
    expected: Array.from({ length: 9000 }, (_, id) => ({ id, n: true })),
  },
  {
    name: 'generator with a rate',
    prepare: nothing,
    create: () => generator({ count: 500, recordsPerSecond: 1000, generate: (id) => ({ id }) }),
    expected: Array.from({ length: 500 }, (_, id) => ({ id })),
  },
  {
    name: 'generator of more splits than subtasks',
    prepare: nothing,
    create: () => generator({ count: 30_000, splits: 7, generate: (id) => ({ id }) }),
    expected: Array.from({ length: 30_000 }, (_, id) => ({ id })),
  },
  fileCase('NDJSON file', ndjson(records(600)), { format: 'ndjson' }, records(600)),
  fileCase(
    'NDJSON file in byte ranges',
    ndjson(records(600)),
    { format: 'ndjson', splitBytes: 1024 },
    records(600),
  ),
  fileCase(
    'NDJSON file of which one field is read',
    ndjson(records(600)),
    { format: 'ndjson', splitBytes: 3000, fields: ['id'] },
    records(600).map(({ id }) => ({ id })),
  ),
  fileCase('NDJSON file, gzip', gzipSync(ndjson(records(3000))), { format: 'ndjson' }, records(3000)),
  fileCase('NDJSON file, zstd', zstdCompressSync(ndjson(records(3000))), { format: 'ndjson' }, records(3000)),
  fileCase('JSON array', JSON.stringify(records(500), null, 2), { format: 'json' }, records(500)),
  fileCase('JSON array, gzip', gzipSync(JSON.stringify(records(500))), { format: 'json' }, records(500)),
  fileCase('CSV file', csv(records(500)), { format: 'csv', types: { id: 'number' } }, records(500)),
  fileCase(
    'CSV file, zstd',
    zstdCompressSync(csv(records(2000))),
    { format: 'csv', types: { id: 'number' } },
    records(2000),
  ),
  fileCase(
    'CSV file in byte ranges',
    csv(records(500)),
    { format: 'csv', types: { id: 'number' }, quotedNewlines: false, splitBytes: 1024 },
    records(500),
  ),
  {
    name: 'many files by a glob',
    prepare: (test) => {
      for (let i = 0; i < 12; i++) test.files.put(`/base/in/${i}.ndjson`, ndjson(records(40, i * 40)));
      test.files.put('/base/in/13.ndjson', '');
    },
    create: () => files({ path: 'in/*.ndjson', format: 'ndjson' }),
    expected: records(480),
  },
  {
    name: 'NDJSON file with a rate limit',
    prepare: (test) => test.files.put('/base/in/data', ndjson(records(200))),
    create: () =>
      rateLimit(files({ path: 'in/data', format: 'ndjson', splitBytes: 1024 }), { recordsPerSecond: 2000 }),
    expected: records(200),
  },
  {
    name: 'hybrid of files and a generator',
    prepare: (test) => test.files.put('/base/in/data', ndjson(records(300))),
    create: () =>
      hybrid(
        files({ path: 'in/data', format: 'ndjson', fields: ['id'], splitBytes: 2048 }),
        collection(records(100, 300).map(({ id }) => ({ id }))),
        generator({ count: 5000, generate: (i) => ({ id: 400 + i }) }),
      ),
    expected: Array.from({ length: 5400 }, (_, id) => ({ id })),
  },
];
