import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TwoPhaseSinkWriter } from '../../../src/api/connectors.ts';
import {
  type SqliteSinkOptions,
  type SqliteTransaction,
  sqliteSink,
} from '../../../src/connectors/sqlite/index.ts';
import { CheckpointedRun, liveThrough, type RunStep } from '../support/checkpointed-run.ts';
import { CrashPoints } from '../support/crash-points.ts';
import { openWriter, rowBatch, type SinkPlace, sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

interface Item {
  readonly id: number;
}

/** Without a key, so that a row that came twice would be there twice. */
const options: SqliteSinkOptions = { file: 'out.db', table: 'items', key: [], flush: { records: 2 } };

/** A folder of its own, which is gone after the test. */
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const query = (folder: string, sql: string): readonly Record<string, unknown>[] => {
  const database = new DatabaseSync(join(folder, 'out.db'));
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
};

const execute = (folder: string, sql: string): void => {
  const database = new DatabaseSync(join(folder, 'out.db'));
  database.exec(sql);
  database.close();
};

const tables = (folder: string): readonly unknown[] =>
  query(folder, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").map(({ name }) => name);

/** What others see of the table, and how much is left in the sink's own ones. */
const seen = (folder: string) => {
  const present = tables(folder);
  const count = (table: string): unknown =>
    present.includes(table) ? query(folder, `SELECT count(*) AS n FROM ${table}`)[0]?.['n'] : 0;
  return {
    ids: present.includes('items')
      ? query(folder, 'SELECT id FROM items ORDER BY id').map(({ id }) => id)
      : [],
    left: [count('millrace_staged_1'), count('millrace_transactions')],
  };
};

const begin = () => {
  const folder = newFolder();
  return { folder, run: new CheckpointedRun(sqliteSink<Item>(options), new TestSystem(), folder) };
};

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, id) => id);

const work: readonly RunStep[] = [
  { do: 'write', count: 3 },
  { do: 'checkpoint', logged: false },
  { do: 'write', count: 1 },
  { do: 'checkpoint', logged: true },
];

describe('a table under checkpoints', () => {
  // The process ends before a call: that it ends behind one is the same, a call further on.
  it('has each record once and nothing is left staged, whatever call the process ends at', async () => {
    const counted = new CrashPoints();
    await begin().run.live(work, 2, counted);
    expect(counted.calls).toBeGreaterThan(50);
    for (let at = 1; at <= counted.calls; at++) {
      const { run, folder } = begin();
      await liveThrough(run, [
        { steps: work, parallelism: 2, points: new CrashPoints(at) },
        { steps: [], parallelism: 1, points: new CrashPoints() },
      ]);
      expect(seen(folder), `end at call ${at}`).toEqual({ ids: upTo(run.position), left: [0, 0] });
    }
  }, 60_000);

  it('has each record once after any work, and any number of ends of the process', async () => {
    const step = fc.oneof<fc.Arbitrary<RunStep>[]>(
      fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ do: fc.constant('checkpoint' as const), logged: fc.boolean() }),
    );
    const attempt = fc.record({
      steps: fc.array(step, { maxLength: 8 }),
      parallelism: fc.integer({ min: 1, max: 3 }),
      at: fc.integer({ min: 1, max: 200 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    });
    const property = fc.asyncProperty(fc.array(attempt, { maxLength: 4 }), async (attempts) => {
      const { run, folder } = begin();
      const lives = attempts.map(({ at, when, ...life }) => ({ ...life, points: new CrashPoints(at, when) }));
      await liveThrough(run, [...lives, { steps: work, parallelism: 1, points: new CrashPoints() }]);
      expect(seen(folder)).toEqual({ ids: upTo(run.position), left: [0, 0] });
    });
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);
});

/** One writer and its committer. */
const open = async (
  folder: string,
  given: Partial<SqliteSinkOptions> = {},
  place: SinkPlace = {},
  test: TestSystem = new TestSystem(),
) => {
  const sink = sqliteSink<unknown>({ ...options, ...given });
  const whole = { checkpoints: true, baseDirectory: folder, ...place };
  const signals = { wakes: 0, failures: [] as unknown[] };
  const writer = (await openWriter(sink, test, whole, signals)) as TwoPhaseSinkWriter<SqliteTransaction>;
  const committer = sink.createCommitter(sinkContext(test, whole));
  onTestFinished(async () => {
    await writer.close();
    await committer.close?.();
  });
  return { test, writer, committer, signals };
};

describe('a transaction of the SQLite sink', () => {
  it('replaces rows by key in the order in which they were written, and obeys the guard', async () => {
    const folder = newFolder();
    const { writer, committer } = await open(folder, { key: ['id'], guard: { field: 'version' } });
    writer.write(
      rowBatch([
        { id: 1, version: 2, text: 'b' },
        { id: 1, version: 1, text: 'a' },
        { id: 2, version: 1, text: 'x' },
        { id: 2, version: 1, text: 'y' },
      ]),
    );
    for (const part of await writer.prepare(1)) await committer.commit(part);
    expect(query(folder, 'SELECT id, text FROM items ORDER BY id')).toEqual([
      { id: 1, text: 'b' },
      { id: 2, text: 'y' },
    ]);
  });

  it('brings every kind of value as if it were written at once', async () => {
    const row = {
      id: 1n << 62n,
      text: 'é\u0000',
      none: null,
      yes: true,
      when: new Date(7),
      bytes: new Uint8Array([1, 0]),
      list: [1, 'a'],
      half: 0.5,
      number: '7',
    };
    const types = 'SELECT *, typeof(id), typeof(number), typeof(half), typeof(bytes) FROM items';
    const written = await Promise.all(
      [true, false].map(async (checkpoints) => {
        const folder = newFolder();
        const columns = {
          number: 'NUMERIC',
          ...Object.fromEntries(Object.keys(row).map((name) => [name, 'NUMERIC'])),
        };
        const { writer, committer } = await open(folder, { columns: columns as never }, { checkpoints });
        writer.write(rowBatch([row]));
        if (checkpoints) for (const part of await writer.prepare(1)) await committer.commit(part);
        else await writer.flush();
        const database = new DatabaseSync(join(folder, 'out.db'));
        const statement = database.prepare(types);
        statement.setReadBigInts(true);
        const rows = statement.all();
        database.close();
        return rows;
      }),
    );
    expect(written[0]).toEqual(written[1]);
    expect(written[0]).toHaveLength(1);
  });

  it('is recorded with its checkpoint, and commits again without harm, also behind later ones', async () => {
    const folder = newFolder();
    const { writer, committer } = await open(folder);
    const parts: SqliteTransaction[] = [];
    for (let checkpoint = 1; checkpoint <= 3; checkpoint++) {
      writer.write(rowBatch([{ id: checkpoint }]));
      parts.push(...(await writer.prepare(checkpoint)));
    }
    for (const part of [...parts, ...parts]) await committer.commit(structuredClone(part));
    expect(seen(folder)).toEqual({ ids: [1, 2, 3], left: [0, 0] });
    expect(
      query(folder, 'SELECT owner, subtask, checkpoint FROM millrace_checkpoints ORDER BY number'),
    ).toEqual([1, 2, 3].map((checkpoint) => ({ owner: 'job/sink', subtask: 0, checkpoint })));
  });

  it('is forgotten after a hundred more, so that the database does not grow by them', async () => {
    const folder = newFolder();
    const { writer, committer } = await open(folder);
    for (let checkpoint = 1; checkpoint <= 130; checkpoint++) {
      writer.write(rowBatch([{ id: checkpoint }]));
      for (const part of await writer.prepare(checkpoint)) await committer.commit(part);
    }
    const [kept] = query(folder, 'SELECT count(*) AS n, min(checkpoint) AS first FROM millrace_checkpoints');
    expect(kept).toEqual({ n: 100, first: 31 });
  });

  it('is gone when it is aborted, again without harm, and can then not be committed', async () => {
    const folder = newFolder();
    const { writer, committer } = await open(folder);
    writer.write(rowBatch([{ id: 1 }]));
    const [part] = (await writer.prepare(7)) as [SqliteTransaction];
    await committer.abort(part);
    await committer.abort(part);
    expect(seen(folder)).toEqual({ ids: [], left: [0, 0] });
    await expect(committer.commit(part)).rejects.toMatchObject({
      code: 'output-lost',
      message: '1 rows of checkpoint 7 can no longer come into the table items: they are not there any more.',
    });
  });

  it('is lost, and not committed in part, when somebody has removed rows or the database', async () => {
    const folder = newFolder();
    const { writer, committer } = await open(folder);
    writer.write(rowBatch([{ id: 1 }, { id: 2 }]));
    const [part] = (await writer.prepare(1)) as [SqliteTransaction];
    execute(folder, 'DELETE FROM millrace_staged_1 WHERE c0 = 1');
    await expect(committer.commit(part)).rejects.toThrow('1 of them are left');
    await expect(committer.commit({ ...part, file: join(folder, 'new.db') })).rejects.toMatchObject({
      code: 'output-lost',
      message: expect.stringContaining('nothing was ever prepared in this database') as string,
    });
  });

  it('is left alone when it belongs to another sink or job, or to this attempt', async () => {
    const folder = newFolder();
    const test = new TestSystem();
    const parts: SqliteTransaction[] = [];
    for (const place of [{ owner: 'job/other' }, { owner: 'job 2/sink' }, { attempt: 5 }, { attempt: 4 }]) {
      const { writer } = await open(folder, {}, place, test);
      writer.write(rowBatch([{ id: parts.length }]));
      parts.push(...(await writer.prepare(1)));
    }
    const { committer } = await open(folder, {}, { attempt: 5 });
    await committer.abortOlder?.(5);
    for (const part of parts.slice(0, 3)) await committer.commit(part);
    expect(seen(folder)).toEqual({ ids: [0, 1, 2], left: [0, 0] });
  });

  it('rows of a writer that was stopped while its transaction was ended go with the next look for leftovers', async () => {
    const folder = newFolder();
    const zombie = (await open(folder, { flush: { records: 1 } }, { attempt: 4 })).writer;
    zombie.write(rowBatch([{ id: 1 }]));
    await zombie.flush?.();
    const { committer } = await open(folder, {}, { attempt: 5 });
    await committer.abortOlder?.(5);
    zombie.write(rowBatch([{ id: 2 }]));
    await zombie.flush?.();
    expect(seen(folder).left).toEqual([1, 0]);
    await committer.abortOlder?.(5);
    expect(seen(folder)).toEqual({ ids: [], left: [0, 0] });
  });

  it('waits for a lock, while records of the next one come in, and has those before the barrier only', async () => {
    const folder = newFolder();
    const { writer, committer, test } = await open(folder);
    writer.write(rowBatch([{ id: 1 }]));
    const other = new DatabaseSync(join(folder, 'out.db'));
    other.exec('BEGIN IMMEDIATE');
    const prepared = writer.prepare(1);
    writer.write(rowBatch([{ id: 2 }, { id: 3 }, { id: 4 }]));
    expect(writer.hasRoom?.()).toBe(false);
    other.exec('COMMIT');
    other.close();
    test.manual.advance(1000);
    const [part] = (await prepared) as [SqliteTransaction];
    expect(part.rows).toBe(1);
    await committer.commit(part);
    expect(seen(folder).ids).toEqual([1]);
    const next = await writer.prepare(2);
    for (const later of next) await committer.commit(later);
    expect(seen(folder)).toEqual({ ids: [1, 2, 3, 4], left: [0, 0] });
  });

  it('cannot be prepared, nor committed, while somebody locks the database for too long', async () => {
    const folder = newFolder();
    const { writer, committer, test } = await open(folder, { busyTimeout: '1s' });
    writer.write(rowBatch([{ id: 1 }]));
    const [part] = (await writer.prepare(1)) as [SqliteTransaction];
    writer.write(rowBatch([{ id: 2 }]));
    const other = new DatabaseSync(join(folder, 'out.db'));
    other.exec('BEGIN IMMEDIATE');
    const ended = Promise.allSettled([writer.prepare(2), committer.commit(part)]);
    for (let i = 0; i < 30; i++) {
      await new Promise((resolve) => void setImmediate(resolve));
      test.manual.advance(100);
    }
    const message = expect.stringContaining('another process has locked it') as string;
    expect(await ended).toMatchObject([
      { status: 'rejected', reason: { code: 'io', message } },
      { status: 'rejected', reason: { code: 'io', message } },
    ]);
    other.close();
  });

  it('is none when nothing was written', async () => {
    const { writer } = await open(newFolder());
    expect(await writer.prepare(1)).toEqual([]);
  });
});

it('a table of the sink’s own is refused as a target', () => {
  expect(() => sqliteSink({ ...options, table: 'Millrace_staged_1' })).toThrow('belong to the sink');
});
