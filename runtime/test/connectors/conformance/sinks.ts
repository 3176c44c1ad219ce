import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Sink } from '../../../src/api/connectors.ts';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import { fileSink, files } from '../../../src/connectors/files/index.ts';
import { print } from '../../../src/connectors/print/index.ts';
import { sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import { SourceRun } from '../support/source-run.ts';
import type { TestSystem } from '../support/test-system.ts';

export interface Order {
  readonly id: number;
  readonly text: string;
}

/** A sink in use: what it writes with, and what somebody outside sees of it. */
export interface SinkInUse {
  readonly sink: Sink<Order>;
  readonly baseDirectory?: string;
  visible(): Promise<readonly Order[]>;
  dispose(): void;
}

export interface SinkCase {
  readonly name: string;
  /** Whether records of one key replace each other, so that writing twice changes nothing. */
  readonly upserts: boolean;
  create(test: TestSystem): SinkInUse;
}

const visibleFiles = async (
  test: TestSystem,
  glob: string,
  format: 'ndjson' | 'csv',
): Promise<readonly Order[]> => {
  const matching = test.files.glob(glob, '/base').filter((path) => !path.includes('/.'));
  if (matching.length === 0) return [];
  const types = format === 'csv' ? { types: { id: 'number' as const } } : {};
  const run = await new SourceRun(files<Order>({ path: [...matching], format, ...types }), test).open();
  await run.runToEnd();
  await run.close();
  return run.values();
};

const fileCase = (format: 'ndjson' | 'csv', name: string, options: object, glob: string): SinkCase => ({
  name,
  upserts: false,
  create: (test) => ({
    sink: fileSink<Order>({ directory: 'out', format, ...options }),
    visible: () => visibleFiles(test, glob, format),
    dispose: () => {},
  }),
});

const sqliteCase = (name: string, options: object): SinkCase => ({
  name,
  upserts: true,
  create: () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-'));
    return {
      sink: sqliteSink<Order>({ file: 'data.db', table: 'orders', key: ['id'], ...options }),
      baseDirectory: directory,
      visible: async () => {
        const database = new DatabaseSync(join(directory, 'data.db'));
        try {
          const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'orders'").all();
          return tables.length === 0
            ? []
            : (database
                .prepare('SELECT id, text FROM orders')
                .all()
                .map((row) => ({ ...row })) as unknown as Order[]);
        } finally {
          database.close();
        }
      },
      dispose: () => rmSync(directory, { recursive: true }),
    };
  },
});

/** Every sink that shows what it was given. */
export const sinkCases: readonly SinkCase[] = [
  {
    name: 'collect',
    upserts: false,
    create: () => {
      const collected = new Collected<Order>();
      return { sink: collect(collected), visible: async () => collected.values, dispose: () => {} };
    },
  },
  {
    name: 'print',
    upserts: false,
    create: (test) => ({
      sink: print<Order>(),
      visible: async () =>
        test.printed
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line.replace(/^\d+> /, '')) as Order),
      dispose: () => {},
    }),
  },
  fileCase('ndjson', 'NDJSON files', {}, 'out/*.ndjson'),
  fileCase('ndjson', 'NDJSON files of few records', { roll: { records: 3 } }, 'out/*.ndjson'),
  fileCase('csv', 'CSV files', { roll: { bytes: 100 } }, 'out/*.csv'),
  fileCase('ndjson', 'partitioned files', { partitionBy: 'id' }, 'out/*/*.ndjson'),
  sqliteCase('SQLite', {}),
  sqliteCase('SQLite with small transactions', { flush: { records: 2 } }),
  sqliteCase('SQLite with a guard', { guard: { attempt: 'attempt' } }),
];
