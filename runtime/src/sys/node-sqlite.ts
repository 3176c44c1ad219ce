import type * as sqlite from 'node:sqlite';
import type { Sqlite, SqliteDatabase, SqliteValue } from './sqlite.ts';

/** Loads the built-in module at first use, without the notice that its API may still change: the job's author cannot act on it. */
const loadModule = (): typeof sqlite => {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
};

const open = (path: string, busyTimeoutMs: number): SqliteDatabase => {
  const { DatabaseSync } = loadModule();
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  return {
    execute: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        run: (values) => void statement.run(...values),
        all: (values) => statement.all(...values) as Readonly<Record<string, SqliteValue>>[],
      };
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
};

/** SQLite as built into Node. */
export const nodeSqlite: Sqlite = { open };
