/**
 * `sqlite` writes records to a table of a SQLite database, one row a key. Records are collected and written in transactions;
 * the table is made from the first record when it is not there. Written again after a restart, a record replaces itself.
 */
import { checkOptions } from '../../api/connector-options.ts';
import type { Sink } from '../../api/connectors.ts';
import { type SqliteSinkOptions, sqliteOptionsSchema, toSqliteSettings } from './options.ts';
import { SqliteWriter } from './writer.ts';

export type { SqliteGuard, SqliteSinkOptions, SqliteType } from './options.ts';

/**
 * A sink that keeps the last record of each key in a table.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const sqliteSink = <T>(options: SqliteSinkOptions): Sink<T> => {
  checkOptions('sqliteSink', sqliteOptionsSchema, options);
  const settings = toSqliteSettings(options);
  return {
    kind: 'sqlite',
    delivery: settings.guard === undefined ? 'at-least-once' : 'exactly-once',
    createWriter: (context) => new SqliteWriter(settings, context),
  };
};
