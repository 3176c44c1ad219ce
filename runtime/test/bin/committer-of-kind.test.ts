import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import type { TwoPhaseSink, TwoPhaseSinkWriter } from '../../src/api/connectors.ts';
import { committerOfKind } from '../../src/bin/committer-of-kind.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { fileSink } from '../../src/connectors/files/index.ts';
import { sqliteSink } from '../../src/connectors/sqlite/index.ts';
import { nodeFiles } from '../../src/sys/node-files.ts';
import { openWriter, rowBatch, sinkContext } from '../connectors/support/sink-run.ts';
import { TestSystem } from '../connectors/support/test-system.ts';

/** Prepares one record with a sink, and commits it by nothing but the kind of that. */
const commitWithoutTheSink = async <C>(
  sink: TwoPhaseSink<{ readonly id: number }, C>,
  baseDirectory: string,
): Promise<void> => {
  const test = new TestSystem();
  Object.assign(test.system, { files: nodeFiles });
  const place = { baseDirectory, checkpoints: true };
  const writer = (await openWriter(sink, test, place)) as TwoPhaseSinkWriter<unknown>;
  writer.write(rowBatch([{ id: 1 }]));
  const prepared = await writer.prepare(1);
  await writer.close();
  const committer = committerOfKind(sink.kind, sinkContext(test, { ...place, baseDirectory: '/elsewhere' }));
  for (const committable of prepared) await committer?.commit(committable);
  await committer?.close?.();
};

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

it('what a file sink has prepared is committed by its kind alone', async () => {
  const folder = newFolder();
  await commitWithoutTheSink(fileSink({ directory: 'out', format: 'csv', prefix: 'orders' }), folder);
  expect(readdirSync(join(folder, 'out'))).toEqual([expect.stringMatching(/^orders-.*\.csv$/)]);
});

it('what a SQLite sink has prepared is committed by its kind alone', async () => {
  const folder = newFolder();
  await commitWithoutTheSink(sqliteSink({ file: 'out.db', table: 'orders', key: ['id'] }), folder);
  const database = new DatabaseSync(join(folder, 'out.db'));
  expect(database.prepare('SELECT id FROM orders').all()).toHaveLength(1);
  database.close();
});

it('there is none for a sink that prepares nothing', () => {
  expect(committerOfKind(blackhole().kind, sinkContext(new TestSystem()))).toBeUndefined();
});
