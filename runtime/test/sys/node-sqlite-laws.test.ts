import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeSqlite } from '../../src/sys/node-sqlite.ts';
import { type SqliteDatabase, type SqliteValue, sqliteResultCode } from '../../src/sys/sqlite.ts';

fc.configureGlobal({ seed: 20_011 });

let directory: string;
const path = (): string => join(directory, 'data.db');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The result code of what a call throws, without its extension. */
const codeOf = (call: () => unknown): number | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    return (sqliteResultCode(error) ?? 0) & 0xff;
  }
};

const withDatabase = (name: string, use: (database: SqliteDatabase) => void): void => {
  const database = nodeSqlite.open(name, 0);
  try {
    use(database);
  } finally {
    database.close();
  }
};

const cell: fc.Arbitrary<SqliteValue> = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true }).map((number) => number + 0),
  fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
);

describe('a cell of SQLite', () => {
  it('gives back what was stored in it', () => {
    withDatabase(':memory:', (database) => {
      database.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)');
      const insert = database.prepare('INSERT OR REPLACE INTO t VALUES (1, ?, ?)');
      const select = database.prepare('SELECT a, b FROM t');
      fc.assert(
        fc.property(cell, cell, (a, b) => {
          insert.run([a, b]);
          const [row] = select.all([]);
          expect({ ...row }).toEqual({ a, b });
        }),
        { numRuns: 200 },
      );
    });
  });

  it('holds integers of 64 bits exactly', () => {
    withDatabase(':memory:', (database) => {
      database.execute('CREATE TABLE t (a)');
      const numbers = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n];
      for (const number of numbers) database.prepare('INSERT INTO t VALUES (?)').run([number]);
      const texts = database.prepare('SELECT CAST(a AS TEXT) AS text FROM t').all([]);
      expect(texts.map(({ text }) => text)).toEqual(numbers.map(String));
      expect(() => database.prepare('INSERT INTO t VALUES (?)').run([2n ** 63n])).toThrow('too large');
    });
  });

  it('holds the bytes that a view shows, and none around it', () => {
    withDatabase(':memory:', (database) => {
      database.execute('CREATE TABLE t (a)');
      database.prepare('INSERT INTO t VALUES (?)').run([Uint8Array.of(1, 2, 3, 4).subarray(1, 3)]);
      expect(database.prepare('SELECT length(a) AS bytes, hex(a) AS hex FROM t').all([])).toEqual([
        { bytes: 2, hex: '0203' },
      ]);
    });
  });

  it('takes text for data, whatever stands in it', () => {
    withDatabase(':memory:', (database) => {
      database.execute('CREATE TABLE t (a)');
      const text = "'); DROP TABLE t; --";
      database.prepare('INSERT INTO t VALUES (?)').run([text]);
      expect(database.prepare('SELECT a FROM t').all([])).toEqual([{ a: text }]);
    });
  });
});

describe('a file of SQLite', () => {
  it('has what was committed, and nothing of what was not', () => {
    withDatabase(path(), (database) => {
      database.execute('CREATE TABLE t (a)');
      database.execute('BEGIN; INSERT INTO t VALUES (1); COMMIT');
      database.execute('BEGIN; INSERT INTO t VALUES (2)');
    });
    withDatabase(path(), (database) => {
      expect(database.prepare('SELECT a FROM t').all([])).toEqual([{ a: 1 }]);
    });
  });

  it('says that it is busy while another writes, and is free afterwards', () => {
    withDatabase(path(), (one) => {
      one.execute('CREATE TABLE t (a)');
      withDatabase(path(), (two) => {
        one.execute('BEGIN IMMEDIATE');
        const busy = 5;
        expect(codeOf(() => two.execute('INSERT INTO t VALUES (1)'))).toBe(busy);
        one.execute('COMMIT');
        expect(codeOf(() => two.execute('INSERT INTO t VALUES (1)'))).toBe(undefined);
      });
      expect(one.prepare('SELECT count(*) AS n FROM t').all([])).toEqual([{ n: 1 }]);
    });
  });

  it('tells by its code what is wrong', () => {
    const [error, cannotOpen, notADatabase, constraint] = [1, 14, 26, 19];
    expect(codeOf(() => nodeSqlite.open(join(directory, 'none', 'x.db'), 0))).toBe(cannotOpen);
    withDatabase(path(), (database) => {
      expect(codeOf(() => database.execute('SELEKT 1'))).toBe(error);
      expect(codeOf(() => database.prepare('SELECT * FROM missing'))).toBe(error);
      database.execute('CREATE TABLE t (a NOT NULL)');
      expect(codeOf(() => database.prepare('INSERT INTO t VALUES (?)').run([null]))).toBe(constraint);
    });
    const strange = join(directory, 'strange');
    rmSync(strange, { force: true });
    withDatabase(':memory:', (database) => {
      // What is no database is found at the first use.
      expect(
        codeOf(() => database.execute(`ATTACH '${import.meta.filename}' AS other; SELECT * FROM other.t`)),
      ).toBe(notADatabase);
    });
  });

  it('has no result code for errors that are not of SQLite', () => {
    for (const thrown of [
      new Error('x'),
      'text',
      undefined,
      { errcode: 5 },
      Object.assign(new Error('x'), { errcode: '5' }),
    ]) {
      expect(sqliteResultCode(thrown)).toBe(undefined);
    }
    expect(sqliteResultCode(Object.assign(new Error('x'), { errcode: 5 }))).toBe(5);
  });

  it('cannot be used after it was closed', () => {
    const database = nodeSqlite.open(path(), 0);
    database.execute('CREATE TABLE t (a)');
    const statement = database.prepare('SELECT a FROM t');
    database.close();
    expect(() => database.execute('SELECT 1')).toThrow('database is not open');
    expect(() => statement.all([])).toThrow('finalized');
  });
});
