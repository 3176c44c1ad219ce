import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SqliteSinkOptions, toSqliteSettings } from '../../../src/connectors/sqlite/options.ts';
import { isBusy, sqliteError } from '../../../src/connectors/sqlite/sqlite-error.ts';
import {
  createTableSql,
  quoteName,
  shapeOf,
  toSqliteValue,
  upsertSql,
} from '../../../src/connectors/sqlite/table.ts';
import { MillraceError } from '../../../src/contract/errors.ts';

const settingsOf = (options: Partial<SqliteSinkOptions> = {}) =>
  toSqliteSettings({ file: 'x', table: 't', key: ['id'], ...options });

describe('the SQL of a table', () => {
  it('quotes any name so that SQLite takes it for that name', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(name, (text) => {
        const database = new DatabaseSync(':memory:');
        const settings = settingsOf({ table: `t${text}`, key: [text] });
        const shape = shapeOf(settings, { [text]: 1 });
        database.exec(createTableSql(settings, shape));
        const upsert = database.prepare(upsertSql(settings, shape));
        upsert.run(1);
        upsert.run(1);
        expect(
          database.prepare(`SELECT ${quoteName(text)} AS v FROM ${quoteName(`t${text}`)}`).all().length,
        ).toBe(1);
        expect(database.prepare('SELECT name FROM sqlite_master WHERE type = ?').all('table')).toEqual([
          { name: `t${text}` },
        ]);
        database.close();
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('replaces the row with the key', () => {
    const settings = settingsOf();
    expect(upsertSql(settings, shapeOf(settings, { id: 1, v: 'x' }))).toBe(
      'INSERT INTO "t" ("id", "v") VALUES (?, ?) ON CONFLICT ("id") DO UPDATE SET "v" = excluded."v"',
    );
  });

  it('only adds when there is no key, and does nothing again when there is only a key', () => {
    const keyless = settingsOf({ key: [] });
    expect(upsertSql(keyless, shapeOf(keyless, { id: 1 }))).toBe('INSERT INTO "t" ("id") VALUES (?)');
    const settings = settingsOf();
    expect(upsertSql(settings, shapeOf(settings, { id: 1 }))).toBe(
      'INSERT INTO "t" ("id") VALUES (?) ON CONFLICT ("id") DO NOTHING',
    );
  });

  it('asks the guard before it replaces', () => {
    const settings = settingsOf({ guard: { attempt: 'by' } });
    const shape = shapeOf(settings, { id: 1, v: 1 });
    expect(shape).toEqual({
      names: ['id', 'v', 'by'],
      types: ['NUMERIC', 'NUMERIC', 'INTEGER'],
      attemptColumn: 'by',
    });
    expect(upsertSql(settings, shape)).toMatch(/ WHERE "t"\."by" IS NULL OR excluded\."by" >= "t"\."by"$/);
  });

  it('has the named columns only, in their order', () => {
    const settings = settingsOf({ columns: { v: 'TEXT', id: 'INTEGER' } });
    expect(createTableSql(settings, shapeOf(settings, { id: 1, other: 2 }))).toBe(
      'CREATE TABLE IF NOT EXISTS "t" ("v" TEXT, "id" INTEGER, PRIMARY KEY ("id"))',
    );
  });

  it('needs the fields of key and guard', () => {
    const settings = settingsOf({ guard: { field: 'version' } });
    expect(() => shapeOf(settings, { id: 1 })).toThrow('The first record has no field "version"');
    expect(() => shapeOf(settings, { version: 1 })).toThrow('The first record has no field "id"');
  });
});

describe('a value in SQLite', () => {
  it.each([
    ['text', 'text'],
    [1.5, 1.5],
    [Number.NaN, null],
    [true, 1],
    [false, 0],
    [null, null],
    [undefined, null],
    [5n, 5n],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), null],
    [[1, 2n], '[1,"2"]'],
    [new Map([['a', 1]]), '[["a",1]]'],
    [{ a: 1 }, '{"a":1}'],
  ])('%o is stored as %o', (value, stored) => {
    expect(toSqliteValue(value, 'c')).toEqual(stored);
  });

  it('keeps bytes as they are', () => {
    const bytes = new Uint8Array([1, 2]);
    expect(toSqliteValue(bytes, 'c')).toBe(bytes);
  });

  it('has at most 64 bits if it is a whole number', () => {
    expect(toSqliteValue(2n ** 63n - 1n, 'c')).toBe(2n ** 63n - 1n);
    expect(toSqliteValue(-(2n ** 63n), 'c')).toBe(-(2n ** 63n));
    expect(() => toSqliteValue(2n ** 63n, 'c')).toThrow(
      'Column "c" got a whole number of more than 64 bits.',
    );
  });
});

describe('an error of SQLite', () => {
  const platform = (errcode: number): Error => Object.assign(new Error('what SQLite says'), { errcode });

  it.each([
    [5, 'another process has locked it'],
    [261, 'another process has locked it'],
    [6, 'another connection has locked the table'],
    [8, 'it is read-only'],
    [10, 'the disk reported an error'],
    [11, 'it is damaged'],
    [13, 'the disk is full'],
    [14, 'it cannot be opened'],
    [26, 'it is not a SQLite database'],
    [1, 'what SQLite says'],
  ])('with the code %i is said in a sentence', (code, reason) => {
    const error = sqliteError('write to', '/x.db', platform(code));
    expect(error).toMatchObject({
      code: 'io',
      message: `Cannot write to the database /x.db: ${reason}.`,
      where: { file: '/x.db', sqliteCode: code },
    });
  });

  it('is worth another try only when something is locked', () => {
    expect([5, 6, 517, 262].map((code) => isBusy(platform(code)))).toEqual([true, true, true, true]);
    expect([1, 13, 19].map((code) => isBusy(platform(code)))).toEqual([false, false, false]);
    expect(isBusy(new Error('other'))).toBe(false);
  });

  it('stays as it is when it is a sentence already', () => {
    const known = new MillraceError('job-invalid', 'Known.');
    expect(sqliteError('open', '/x.db', known)).toBe(known);
  });
});
