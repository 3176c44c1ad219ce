/**
 * `sqlite` writes records to a table of a SQLite database, one row a key. Records are collected and written in transactions; the table is
 * made from the first record when it is not there. Under checkpoints rows wait, *staged*, in tables of the same database and come into
 * the table with the checkpoint: exactly once, with or without a key. Without checkpoints a record that is written again after a restart
 * replaces itself where there is a key.
 */
import { resolve } from 'node:path';
import { checkOptions } from '../../api/connector-options.ts';
import type { TwoPhaseSink } from '../../api/connectors.ts';
import { SqliteCommitter } from './committer.ts';
import { Connection } from './connection.ts';
import { DirectTarget } from './direct-target.ts';
import { type SqliteSinkOptions, sqliteOptionsSchema, toSqliteSettings } from './options.ts';
import { StagedWriter } from './staged-writer.ts';
import type { SqliteTransaction } from './staging.ts';
import { SqliteWriter } from './writer.ts';

export type { SqliteGuard, SqliteSinkOptions, SqliteType } from './options.ts';
export type { SqliteTransaction } from './staging.ts';

/**
 * A sink that keeps the last record of each key in a table. In a database that other programs read, `millrace_checkpoints` says which
 * checkpoints are in.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const sqliteSink = <T>(options: SqliteSinkOptions): TwoPhaseSink<T, SqliteTransaction> => {
  checkOptions('sqliteSink', sqliteOptionsSchema, options);
  const settings = toSqliteSettings(options);
  return {
    kind: 'sqlite',
    delivery: 'exactly-once',
    createWriter: (context) => {
      const file = resolve(context.baseDirectory, settings.file);
      const connection = new Connection(file, settings.busyTimeoutMs, context.system);
      try {
        return context.checkpoints === true
          ? new StagedWriter(settings, context, connection)
          : new SqliteWriter(settings, context, connection, new DirectTarget(settings));
      } catch (error) {
        connection.close();
        throw error;
      }
    },
    createCommitter: (context) => new SqliteCommitter(settings, context),
  };
};
