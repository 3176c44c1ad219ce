import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { blackhole } from '../../../src/connectors/blackhole/index.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { fileSink, files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import { print } from '../../../src/connectors/print/index.ts';
import { sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import type { Job } from '../../../src/index.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { createTestSystem, executeAndCollect, runJob } from '../../../src/testing/index.ts';
import { expectEverywhere } from './everywhere.ts';
import { oneByOne } from './one-by-one.ts';

let baseDirectory = '';
beforeEach(() => {
  baseDirectory = mkdtempSync(join(tmpdir(), 'millrace-breadth-'));
  mkdirSync(join(baseDirectory, 'in'));
});
afterEach(() => rmSync(baseDirectory, { recursive: true, force: true }));
const put = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(baseDirectory, 'in', name), content);

interface Row {
  readonly n: number;
  readonly city: string;
}
const rows = Array.from({ length: 300 }, (_, n) => ({ n, city: `city ${n % 7}` }));
const ndjson = rows.map((row) => JSON.stringify(row)).join('\n');

describe('sources', () => {
  it('read NDJSON in byte ranges that slots share, plain and compressed, by globs', async () => {
    put('a.ndjson', ndjson);
    put('b.ndjson.gz', gzipSync(ndjson));
    put('c.ndjson.zst', zstdCompressSync(ndjson));
    await expectEverywhere(
      (env) => env.fromSource(files<Row>({ path: 'in/*.ndjson*', format: 'ndjson', splitBytes: 1024 })),
      [...rows, ...rows, ...rows],
      { baseDirectory },
    );
  });

  it('read only the fields that are named', async () => {
    put('a.ndjson', ndjson);
    await expectEverywhere(
      (env) =>
        env.fromSource(files<Pick<Row, 'n'>>({ path: 'in/a.ndjson', format: 'ndjson', fields: ['n'] })),
      rows.map(({ n }) => ({ n })),
      { baseDirectory },
    );
  });

  it('read CSV with a header, and JSON arrays', async () => {
    put('a.csv', `n,city\n${rows.map(({ n, city }) => `${n},"${city}"`).join('\n')}`);
    put('b.json', JSON.stringify(rows));
    const csv = files<Row>({ path: 'in/a.csv', format: 'csv', types: { n: 'number' } });
    const json = files<Row>({ path: 'in/b.json', format: 'json' });
    await expectEverywhere((env) => env.fromSource(csv).union(env.fromSource(json)), [...rows, ...rows], {
      baseDirectory,
    });
  });

  it('check records by a schema; those that do not fit are dead letters with the reason', async () => {
    put('a.ndjson', '{"n":1,"city":"Kyiv"}\n{"n":"one","city":"Oslo"}\n{"n":2,"city":"Lima"}');
    const letters: string[] = [];
    const source = files({ path: 'in/a.ndjson', format: 'ndjson', schema: z.object({ n: z.number() }) });
    const results = await executeAndCollect((env) => env.fromSource(source), {
      baseDirectory,
      deadLetterPolicy: 'deadLetter',
      onDeadLetter: ({ reason }) => void letters.push(reason),
    });
    expect(results).toEqual([{ n: 1 }, { n: 2 }]);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatch(/n.*number/);
  });

  it('generate the same records from the same seed', async () => {
    const make = (seed: number) =>
      executeAndCollect((env) =>
        env.fromSource(generator({ count: 50, seed, generate: (_index, random) => random.integer(1000) })),
      );
    expect(await make(1)).toEqual(await make(1));
    expect(await make(1)).not.toEqual(await make(2));
  });

  it('follow each other: history, then what is new', async () => {
    put('a.ndjson', ndjson);
    const history = files<Row>({ path: 'in/a.ndjson', format: 'ndjson' });
    const results = await executeAndCollect(
      (env) => env.fromSource(hybrid<Row>(history, collection<Row>([{ n: -1, city: 'live' }]))),
      { baseDirectory },
    );
    expect(results).toEqual([...rows, { n: -1, city: 'live' }]);
  });

  it('may be of one’s own', async () => {
    await expectEverywhere((env) => env.fromSource(oneByOne([1, 2], [3], [])), [1, 2, 3]);
  });
});

describe('sinks', () => {
  const source = (env: Parameters<Job>[0]) => env.fromSource(collection(rows));
  const run = (job: Job, parallelism = 1) => runJob(job, { baseDirectory, parallelism });

  it('write files of NDJSON and CSV, partitioned by a field', async () => {
    const job: Job = (env) => {
      const all = source(env);
      all.sinkTo(fileSink({ directory: 'plain', format: 'ndjson', roll: { records: 100 } }));
      all.sinkTo(fileSink({ directory: 'by-city', format: 'csv', partitionBy: 'city' }));
    };
    expect(await run(job, 2)).toMatchObject({ state: 'finished' });
    const parts = readdirSync(join(baseDirectory, 'plain'));
    const lines = parts.flatMap((part) =>
      readFileSync(join(baseDirectory, 'plain', part), 'utf8')
        .trim()
        .split('\n'),
    );
    expect(lines.sort()).toEqual(ndjson.split('\n').sort());
    expect(readdirSync(join(baseDirectory, 'by-city'))).toHaveLength(7);
  });

  it('write a table of SQLite, one row a key', async () => {
    const job: Job = (env) => {
      source(env)
        .keyBy('city')
        .sinkTo(sqliteSink({ file: 'out.sqlite', table: 'cities', key: ['city'] }));
    };
    expect(await run(job)).toMatchObject({ state: 'finished' });
    const database = createNodeSystem().sqlite.open(join(baseDirectory, 'out.sqlite'), 1000);
    const table = database.prepare('SELECT n, city FROM cities ORDER BY n').all([]);
    database.close();
    expect(table.map((row) => ({ ...row }))).toEqual(rows.slice(-7).sort((a, b) => a.n - b.n));
  });

  it('print, and swallow', async () => {
    const machine = createTestSystem();
    const job: Job = (env) => {
      const few = source(env).filter(({ n }) => n < 2);
      few.sinkTo(print({ prefix: 'row' }));
      few.sinkTo(blackhole());
    };
    const { system } = machine;
    const real = createNodeSystem();
    const result = await runJob(job, {
      system: { ...system, clock: real.clock, timers: real.timers },
    });
    expect(result).toMatchObject({ state: 'finished' });
    expect(machine.printed).toBe('row> {"n":0,"city":"city 0"}\nrow> {"n":1,"city":"city 1"}\n');
  });
});
