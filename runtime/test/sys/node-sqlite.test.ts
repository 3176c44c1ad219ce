import { describe, expect, it } from 'vitest';
import { nodeSqlite } from '../../src/sys/node-sqlite.ts';
import { sqliteResultCode } from '../../src/sys/sqlite.ts';

describe('SQLite as built into Node', () => {
  it('runs statements and gives back what was stored', () => {
    const database = nodeSqlite.open(':memory:', 0);
    database.execute('CREATE TABLE t (a, b)');
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    insert.run([1, 'x']);
    insert.run([null, new Uint8Array([7])]);
    expect(database.prepare('SELECT * FROM t WHERE a IS ?').all([1])).toEqual([{ a: 1, b: 'x' }]);
    expect(database.prepare('SELECT * FROM t').all([]).length).toBe(2);
    database.close();
  });

  it('throws errors that tell SQLite’s result code', () => {
    const database = nodeSqlite.open(':memory:', 0);
    database.execute('CREATE TABLE t (a PRIMARY KEY)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    insert.run([1]);
    let code: number | undefined;
    try {
      insert.run([1]);
    } catch (error) {
      code = sqliteResultCode(error);
    }
    expect((code ?? 0) & 0xff).toBe(19);
    expect(sqliteResultCode(new Error('another'))).toBeUndefined();
    database.close();
  });

  it('is closed once, however often it is told to', () => {
    const database = nodeSqlite.open(':memory:', 0);
    database.close();
    expect(() => database.close()).not.toThrow();
    expect(() => database.execute('SELECT 1')).toThrow(/not open/);
  });

  it('leaves warnings as they were after it was loaded', () => {
    const before = process.emitWarning;
    nodeSqlite.open(':memory:', 0).close();
    expect(process.emitWarning).toBe(before);
  });
});
