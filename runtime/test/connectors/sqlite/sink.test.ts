import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SqliteSinkOptions, sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import { openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

let directory: string;
let test: TestSystem;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
  test = new TestSystem();
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = async (options: Partial<SqliteSinkOptions> = {}, attempt: number = 1) => {
  const signals = { wakes: 0, failures: [] as unknown[] };
  const sink = sqliteSink<unknown>({ file: 'out.db', table: 'rows', key: ['id'], ...options });
  const writer = await openWriter(sink, test, { baseDirectory: directory, attempt }, signals);
  return { writer, signals };
};

const query = (sql: string): Record<string, unknown>[] => {
  const database = new DatabaseSync(join(directory, 'out.db'));
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
};

const execute = (sql: string): void => {
  const database = new DatabaseSync(join(directory, 'out.db'));
  database.exec(sql);
  database.close();
};

/** Writes these records, each in a batch of its own, and closes. */
const write = async (
  records: readonly unknown[],
  options: Partial<SqliteSinkOptions> = {},
  attempt: number = 1,
) => {
  const { writer } = await open(options, attempt);
  try {
    for (const record of records) writer.write(rowBatch([record]));
    await writer.flush();
  } finally {
    await writer.close();
  }
};

describe('the SQLite sink', () => {
  it('makes the table from the first record and stores each kind of value', async () => {
    await write([
      {
        id: 1,
        text: 'x',
        on: true,
        big: 2n ** 60n,
        at: new Date(0),
        bytes: new Uint8Array([1, 2]),
        list: [1, 'a'],
        none: null,
      },
      {
        id: 1.5,
        text: '',
        on: false,
        big: -5n,
        at: new Date(Number.NaN),
        bytes: new Uint8Array(),
        list: { a: 1n },
        none: Number.NaN,
      },
    ]);
    expect(query('SELECT sql FROM sqlite_master')[0]?.['sql']).toBe(
      'CREATE TABLE "rows" ("id" NUMERIC, "text" TEXT, "on" INTEGER, "big" INTEGER, "at" TEXT, "bytes" BLOB, "list" TEXT, "none", PRIMARY KEY ("id"))',
    );
    expect(
      query(
        'SELECT id, typeof(id) AS t, text, "on", CAST(big AS TEXT) AS big, at, hex(bytes) AS bytes, list, none FROM rows ORDER BY id',
      ),
    ).toEqual([
      {
        id: 1,
        t: 'integer',
        text: 'x',
        on: 1,
        big: '1152921504606846976',
        at: '1970-01-01T00:00:00.000Z',
        bytes: '0102',
        list: '[1,"a"]',
        none: null,
      },
      { id: 1.5, t: 'real', text: '', on: 0, big: '-5', at: null, bytes: '', list: '{"a":"1"}', none: null },
    ]);
  });

  it('keeps the last record of each key, whatever falls into one transaction', async () => {
    const record = fc.record({
      a: fc.constantFrom('x', 'y', 'x1'),
      b: fc.constantFrom(1, 11, 2),
      value: fc.nat(),
    });
    const property = fc.asyncProperty(
      fc.array(record, { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      async (records, size) => {
        const table = `t${records.length}_${size}_${Math.abs(records[0]?.value ?? 0)}`;
        await write(records, { table, key: ['a', 'b'], flush: { records: size } });
        const expected = new Map(records.map(({ a, b, value }) => [`${a}/${b}`, value]));
        const stored = records.length === 0 ? [] : query(`SELECT a, b, value FROM ${table}`);
        expect(new Map(stored.map(({ a, b, value }) => [`${String(a)}/${String(b)}`, value]))).toEqual(
          expected,
        );
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 5 });
  });

  it('appends every record when there is no key', async () => {
    await write([{ a: 1 }, { a: 1 }, { a: 2 }], { key: [] });
    expect(query('SELECT a FROM rows')).toEqual([{ a: 1 }, { a: 1 }, { a: 2 }]);
  });

  it('writes only the named columns, with their types', async () => {
    await write([{ id: 1, name: 'a', secret: 'x' }], {
      columns: { id: 'INTEGER', name: 'TEXT', score: 'REAL' },
    });
    expect(query('SELECT * FROM rows')).toEqual([{ id: 1, name: 'a', score: null }]);
  });

  it('makes the table at once when the columns are named', async () => {
    await write([], { columns: { id: 'INTEGER' } });
    expect(query('SELECT * FROM rows')).toEqual([]);
  });

  it('quotes every name, so that none can be taken for SQL', async () => {
    const evil = '"); DROP TABLE rows; --';
    await write([{ id: 1, [evil]: 'x', 'select from': 2 }], { table: evil, key: ['id', 'select from'] });
    await write([{ id: 1, [evil]: 'y', 'select from': 2 }], { table: evil, key: ['id', 'select from'] });
    expect(query(`SELECT * FROM "${evil.replaceAll('"', '""')}"`)).toEqual([
      { id: 1, [evil]: 'y', 'select from': 2 },
    ]);
  });

  it('writes after so many records, or after the interval, as one transaction', async () => {
    const { writer } = await open({ flush: { records: 3, interval: '2s' } });
    const stored = (): number =>
      query("SELECT 1 FROM sqlite_master WHERE name='rows'").length === 0
        ? 0
        : query('SELECT * FROM rows').length;
    writer.write(rowBatch([{ id: 1 }, { id: 2 }]));
    expect(stored()).toBe(0);
    test.manual.advance(1999);
    expect(stored()).toBe(0);
    test.manual.advance(1);
    expect(stored()).toBe(2);
    writer.write(rowBatch([{ id: 3 }, { id: 4 }, { id: 5 }, { id: 6 }]));
    expect(stored()).toBe(5);
    await writer.close();
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('does not let a lower attempt replace what a later one wrote', async () => {
    const guard = { attempt: 'attempt' };
    await write(
      [
        { id: 1, v: 'first' },
        { id: 2, v: 'first' },
      ],
      { guard },
      1,
    );
    await write([{ id: 1, v: 'second' }], { guard }, 2);
    await write(
      [
        { id: 1, v: 'late' },
        { id: 2, v: 'again' },
      ],
      { guard },
      1,
    );
    expect(query('SELECT * FROM rows ORDER BY id')).toEqual([
      { id: 1, v: 'second', attempt: 2 },
      { id: 2, v: 'again', attempt: 1 },
    ]);
  });

  it('does not let a record with a lower version replace one with a higher', async () => {
    const records = [
      { id: 1, version: 5, v: 'new' },
      { id: 1, version: 3, v: 'old' },
      { id: 1, version: 5, v: 'same' },
    ];
    await write(records, { guard: { field: 'version' } });
    expect(query('SELECT v FROM rows')).toEqual([{ v: 'same' }]);
  });

  it('is exactly-once under checkpoints, with a guard or without', () => {
    const options = { file: 'x', table: 'y', key: ['id'] };
    expect(sqliteSink(options).delivery).toBe('exactly-once');
    expect(sqliteSink({ ...options, guard: { attempt: 'a' } }).delivery).toBe('exactly-once');
  });

  it('writes into a table that is there already, if it has what is needed', async () => {
    execute(
      "CREATE TABLE rows (ID INTEGER, v TEXT, more TEXT DEFAULT 'd'); CREATE UNIQUE INDEX one ON rows (id)",
    );
    await write([
      { id: 1, v: 'a' },
      { id: 1, v: 'b' },
    ]);
    expect(query('SELECT * FROM rows')).toEqual([{ ID: 1, v: 'b', more: 'd' }]);
  });
});

describe('what goes wrong with SQLite', () => {
  it('is waited for while another process has locked the database, without blocking the task', async () => {
    await write([{ id: 0, v: 'x' }]);
    const { writer, signals } = await open({ flush: { records: 2 } });
    const other = new DatabaseSync(join(directory, 'out.db'));
    writer.write(rowBatch([{ id: 1, v: 'a' }]));
    other.exec('BEGIN IMMEDIATE');
    writer.write(
      rowBatch([
        { id: 2, v: 'b' },
        { id: 3, v: 'c' },
      ]),
    );
    expect(writer.hasRoom?.()).toBe(true);
    writer.write(rowBatch([{ id: 4, v: 'd' }]));
    expect(writer.hasRoom?.()).toBe(false);
    test.manual.advance(200);
    expect(signals).toEqual({ wakes: 0, failures: [] });
    other.exec('COMMIT');
    other.close();
    test.manual.advance(100);
    expect(signals.wakes).toBe(1);
    expect(writer.hasRoom?.()).toBe(true);
    expect(query('SELECT id FROM rows ORDER BY id')).toEqual([0, 1, 2, 3, 4].map((id) => ({ id })));
    await writer.close();
  });

  it('fails the job when the lock stays', async () => {
    await write([{ id: 0 }]);
    const { writer, signals } = await open({ busyTimeout: '1s', flush: { records: 1 } });
    const other = new DatabaseSync(join(directory, 'out.db'));
    other.exec('BEGIN IMMEDIATE');
    writer.write(rowBatch([{ id: 1 }]));
    test.manual.advance(900);
    expect(signals.failures).toEqual([]);
    test.manual.advance(200);
    expect(signals.failures).toMatchObject([
      {
        code: 'io',
        message: `Cannot write to the database ${join(directory, 'out.db')}: another process has locked it.`,
      },
    ]);
    other.close();
    await writer.close();
  });

  it('is said in words when the disk is full, and nothing of the transaction stays', async () => {
    await write([{ id: 0, v: '' }]);
    const { writer } = await open({ flush: { records: 100 } });
    writer.write(rowBatch([{ id: 1, v: '' }]));
    await writer.flush();
    const pages = query('PRAGMA page_count')[0]?.['page_count'];
    await writer.close();
    const { sqlite } = test.system;
    Object.assign(test.system, {
      sqlite: {
        open: (path: string, busyMs: number) => {
          const database = sqlite.open(path, busyMs);
          database.execute(`PRAGMA max_page_count = ${Number(pages)}`);
          return database;
        },
      },
    });
    const { writer: full } = await open();
    full.write(rowBatch([{ id: 2, v: 'x'.repeat(100_000) }]));
    await expect(full.flush()).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('the disk is full'),
      hint: 'Free space on that disk; then start the job again.',
    });
    await full.close();
    expect(query('SELECT id FROM rows')).toEqual([{ id: 0 }, { id: 1 }]);
  });

  it('is said in words when the file is no database or cannot be made', async () => {
    writeFileSync(
      join(directory, 'out.db'),
      'this is not a database, but long enough to be looked at as one',
    );
    await expect(open()).rejects.toThrow('it is not a SQLite database');
    await expect(open({ file: '.' })).rejects.toThrow('it cannot be opened');
    expect(readdirSync(directory)).toEqual(['out.db']);
  });

  it('names the columns that a table lacks', async () => {
    execute('CREATE TABLE rows (id INTEGER PRIMARY KEY)');
    await expect(write([{ id: 1, price: 2 }])).rejects.toMatchObject({
      code: 'job-invalid',
      message: `The table rows in ${join(directory, 'out.db')} has no column "price".`,
    });
  });

  it('says so when nothing makes the key unique', async () => {
    execute('CREATE TABLE rows (id INTEGER, v TEXT)');
    await expect(write([{ id: 1, v: 'a' }])).rejects.toThrow(/nothing makes \(id\) unique in the table rows/);
  });

  it.each([
    [[5], 'A record that is not an object cannot be a row of a table.'],
    [[{ id: 1 }, { id: 2, extra: 1 }], 'A record has the field "extra", and the table has no such column.'],
    [[{ v: 1 }], 'The first record has no field "id", which is in the key or guard.'],
    [[{ id: 1 }, { id: null }], 'A record has no value in "id", a column of the key.'],
    [[{ id: 2n ** 64n }], 'Column "id" got a whole number of more than 64 bits.'],
  ])('refuses the records %o', async (records, message) => {
    await expect(write(records)).rejects.toMatchObject({ code: 'record-invalid', message });
  });

  it.each([
    [{ table: '' }, /table/],
    [{ table: 'sqlite_master' }, /table: names that begin with sqlite_ belong to SQLite/],
    [{ key: ['a\u0000b'] }, /key\.0/],
    [{ key: ['a', 'a'] }, /key: a column stands there twice/],
    [{ key: [], guard: { attempt: 'a' } }, /guard: protects rows with a key/],
    [{ columns: { v: 'TEXT' } }, /columns: "id" is not among them/],
    [{ columns: { id: 'VARCHAR(5)); DROP TABLE x' } }, /columns\.id/],
    [{ flush: { records: 0 } }, /flush\.records/],
  ])('refuses the options %j', (options, message) => {
    const all = { file: 'x', table: 'rows', key: ['id'], ...options } as SqliteSinkOptions;
    expect(() => sqliteSink(all)).toThrowError(
      expect.objectContaining({ code: 'job-invalid', message: expect.stringMatching(message) }),
    );
  });
});
