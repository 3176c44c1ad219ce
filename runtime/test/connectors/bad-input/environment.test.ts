import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { fileSink, files } from '../../../src/connectors/files/index.ts';
import { httpIngest } from '../../../src/connectors/http/index.ts';
import { sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import { serverSentEvents } from '../../../src/connectors/sse/index.ts';
import type { Sink, Source } from '../../../src/index.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import type { SqliteDatabase } from '../../../src/sys/sqlite.ts';
import type { System } from '../../../src/sys/system.ts';
import { runJob } from '../../../src/testing/index.ts';
import { expectSentence, policies, readUnder, useDirectory } from './policies.ts';

const directory = useDirectory();

const platformError = (code: string): Error =>
  Object.assign(new Error(`${code}: what the platform says`), { code });

/** The real machine, with open files changed. */
const withOpenFiles = (
  change: (file: ReturnType<System['files']['open']>, path: string) => Partial<typeof file>,
): System => {
  const system = createNodeSystem();
  const open: System['files']['open'] = (path, mode) => {
    const file = system.files.open(path, mode);
    const bound: typeof file = {
      read: (target, offset, length, position) => file.read(target, offset, length, position),
      write: (bytes) => file.write(bytes),
      sync: () => file.sync(),
      syncSoon: () => file.syncSoon(),
      status: () => file.status(),
      close: () => file.close(),
    };
    return { ...bound, ...change(file, path) };
  };
  return { ...system, files: { ...system.files, open } };
};

const unreadable = (): never => {
  throw platformError('EIO');
};

/** What is wrong with the world and not with a record: no policy lets a job go on as if it were not so. */
const worlds: readonly {
  readonly name: string;
  readonly prepare: () => void;
  readonly source: () => Source<unknown>;
  readonly system?: () => System;
  readonly message: RegExp;
}[] = [
  {
    name: 'a glob that matches nothing',
    prepare: () => mkdirSync(join(directory.path, 'logs')),
    source: () => files({ path: 'logs/*.ndjson', format: 'ndjson' }),
    message: /logs\/\*\.ndjson/,
  },
  {
    name: 'a directory that is not there',
    prepare: () => {},
    source: () => files({ path: 'nowhere/*.ndjson', format: 'ndjson' }),
    message: /nowhere/,
  },
  {
    name: 'a file that is not there',
    prepare: () => {},
    source: () => files({ path: 'in.ndjson', format: 'ndjson' }),
    message: /in\.ndjson/,
  },
  {
    name: 'a directory where a file should be',
    prepare: () => mkdirSync(join(directory.path, 'in.ndjson')),
    source: () => files({ path: 'in.ndjson', format: 'ndjson' }),
    message: /in\.ndjson.*directory/,
  },
  {
    name: 'a file that cannot be read',
    prepare: () => directory.put('in.ndjson', '{"n":1}\n'),
    source: () => files({ path: 'in.ndjson', format: 'ndjson' }),
    system: () => withOpenFiles(() => ({ read: unreadable })),
    message: /in\.ndjson/,
  },
  {
    name: 'a compressed file that was cut off',
    prepare: () => {
      const whole = gzipSync(Array.from({ length: 5000 }, (_, n) => `{"n":${n}}\n`).join(''));
      directory.put('in.ndjson.gz', whole.subarray(0, whole.length / 2));
    },
    source: () => files({ path: 'in.ndjson.gz', format: 'ndjson' }),
    message: /in\.ndjson\.gz is not whole gzip data/,
  },
  {
    name: 'a CSV file without a column that is read',
    prepare: () => directory.put('in.csv', 'a,b\n1,2\n'),
    source: () => files({ path: 'in.csv', format: 'csv', fields: ['c'] }),
    message: /in\.csv.*c/,
  },
];

describe.each(worlds)('$name', ({ prepare, source, system, message }) => {
  it.each(policies)('ends the job with a sentence under the policy %s', async (policy) => {
    prepare();
    const { result, letters } = await readUnder(policy, source(), {
      baseDirectory: directory.path,
      ...(system === undefined ? {} : { system: system() }),
    });
    expect([result.state, letters]).toEqual(['failed', []]);
    expectSentence(result.error, message);
  });
});

const rows = Array.from({ length: 100 }, (_, n) => ({ n, text: `row ${n}` }));

const write = (sink: Sink<(typeof rows)[number]>, policy: (typeof policies)[number], system?: System) =>
  runJob((env) => void env.fromSource(collection(rows)).sinkTo(sink), {
    baseDirectory: directory.path,
    deadLetterPolicy: policy,
    ...(system === undefined ? {} : { system }),
  });

/** Files that take so many bytes, all together. */
const smallDisk = (bytes: number): System => {
  let left = bytes;
  return withOpenFiles((file) => ({
    write: (part) => {
      left -= part.length;
      if (left < 0) throw platformError('ENOSPC');
      file.write(part);
    },
  }));
};

describe.each(policies)('a full disk, under the policy %s,', (policy) => {
  it.each([
    ['at the first part', { roll: { records: 10 } }, 100],
    ['at a later part', { roll: { records: 10 } }, 1500],
    ['at the flush', {}, 100],
    ['among partitions', { partitionBy: 'n' }, 1500],
  ] as const)('ends a job that writes files by name, and leaves whole parts: %s', async (...row) => {
    const [, options, bytes] = row;
    const sink = fileSink<(typeof rows)[number]>({ directory: 'out', format: 'ndjson', ...options });
    const result = await write(sink, policy, smallDisk(bytes));
    expect(result.state).toBe('failed');
    expectSentence(result.error, /disk is full/i);
    const left = readdirSync(join(directory.path, 'out'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.inprogress'))).toEqual([]);
    const parts = left.filter((name) => name.endsWith('.ndjson'));
    const text = parts.map((name) => readFileSync(join(directory.path, 'out', name), 'utf8')).join('');
    expect(text.length).toBeLessThanOrEqual(bytes);
    const visible = text.split('\n').slice(0, -1);
    for (const line of visible) expect(rows).toContainEqual(JSON.parse(line));
    expect(new Set(visible).size).toBe(visible.length);
  });

  it('ends a job that writes a database by name', async () => {
    const system = createNodeSystem();
    const open: System['sqlite']['open'] = (path, busyMs) => {
      const database = system.sqlite.open(path, busyMs);
      const full: SqliteDatabase = {
        execute: (sql) => database.execute(sql),
        close: () => database.close(),
        prepare: (sql) => {
          const statement = database.prepare(sql);
          if (!sql.startsWith('INSERT')) return statement;
          return {
            ...statement,
            run: () => {
              throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
            },
          };
        },
      };
      return full;
    };
    const sink = sqliteSink<(typeof rows)[number]>({ file: 'out.db', table: 'rows', key: ['n'] });
    const result = await write(sink, policy, { ...system, sqlite: { ...system.sqlite, open } });
    expect(result.state).toBe('failed');
    expectSentence(result.error, /out\.db.*full|full.*out\.db/i);
  });
});

describe.each(policies)('a port that is taken, under the policy %s,', (policy) => {
  const withTakenPort = async (use: (port: number) => Promise<void>): Promise<void> => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      await use((server.address() as { readonly port: number }).port);
    } finally {
      await new Promise((resolve) => void server.close(resolve));
    }
  };

  it('ends a job that would listen for records', () =>
    withTakenPort(async (port) => {
      const { result } = await readUnder(policy, httpIngest({ port }), { baseDirectory: directory.path });
      expect(result.state).toBe('failed');
      expectSentence(result.error, new RegExp(`cannot listen on 127.0.0.1:${port}`));
    }));

  it('ends a job that would show a page', () =>
    withTakenPort(async (port) => {
      const result = await write(serverSentEvents({ port }), policy);
      expect(result.state).toBe('failed');
      expectSentence(result.error, new RegExp(`cannot listen on 127.0.0.1:${port}`));
    }));
});
