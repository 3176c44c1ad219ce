import { resolve } from 'node:path';
import type { Committer, CommitterContext } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { SqliteDatabase } from '../../sys/sqlite.ts';
import { Connection } from './connection.ts';
import type { SqliteSettings } from './options.ts';
import {
  endSql,
  forgetSql,
  hasStagingSql,
  rememberSql,
  removeStagedSql,
  removeStraysSql,
  type SqliteTransaction,
  stagedRowsSql,
  stagedTable,
  stagingTableNamesSql,
} from './staging.ts';
import { upsertFromSql } from './table.ts';

const lost = ({ file, table, name, checkpoint, rows }: SqliteTransaction, found: string): MillraceError =>
  new MillraceError(
    'output-lost',
    `${rows} rows of checkpoint ${checkpoint} can no longer come into the table ${table}: ${found}.`,
    {
      hint:
        'Leave the tables millrace_… of the database alone, and do not put an older copy in its place. These rows are lost: to write ' +
        'them again, begin from a checkpoint before this one.',
      where: { file, table, transaction: name },
    },
  );

/** Brings staged rows into their table. */
export class SqliteCommitter implements Committer<SqliteTransaction> {
  private readonly settings: SqliteSettings;
  private readonly context: CommitterContext;
  private readonly connections = new Map<string, Connection>();

  constructor(settings: SqliteSettings, context: CommitterContext) {
    this.settings = settings;
    this.context = context;
  }

  async commit(transaction: SqliteTransaction): Promise<void> {
    const connection = this.connectionTo(transaction.file);
    await connection.transactionSoon(() => commitIn(connection.database, transaction), 'full');
  }

  async abort({ file, name, columns }: SqliteTransaction): Promise<void> {
    const connection = this.connectionTo(file);
    await connection.transactionSoon(() => {
      if (hasStaging(connection.database)) remove(connection.database, name, columns.length);
    });
  }

  async abortOlder(attempt: number): Promise<void> {
    const connection = this.connectionTo(resolve(this.context.baseDirectory, this.settings.file));
    const { database } = connection;
    await connection.transactionSoon(() => {
      if (!hasStaging(database)) return;
      const left = database
        .prepare('SELECT name, columns FROM millrace_transactions WHERE owner = ? AND attempt < ?')
        .all([this.context.owner, attempt]);
      for (const { name, columns } of left) remove(database, String(name), Number(columns));
      removeStrays(database);
    });
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
  }

  private connectionTo(file: string): Connection {
    const known = this.connections.get(file);
    if (known !== undefined) return known;
    const connection = new Connection(file, this.settings.busyTimeoutMs, this.context.system);
    this.connections.set(file, connection);
    return connection;
  }
}

const hasStaging = (database: SqliteDatabase): boolean => database.prepare(hasStagingSql).all([]).length > 0;

const remove = (database: SqliteDatabase, name: string, columns: number): void => {
  database.prepare(removeStagedSql(columns)).run([name]);
  database.prepare(endSql).run([name]);
};

/** Rows of a transaction that was ended while its writer, stopped or cut off, had not heard of it. */
const removeStrays = (database: SqliteDatabase): void => {
  for (const { name } of database.prepare(stagingTableNamesSql).all([])) {
    database.prepare(removeStraysSql(String(name))).run([]);
  }
};

/** The rows, that they are committed, and that they are no longer staged: all in one transaction. */
const commitIn = (database: SqliteDatabase, transaction: SqliteTransaction): void => {
  const { name, owner, subtask, checkpoint, columns, rows } = transaction;
  if (!hasStaging(database)) throw lost(transaction, 'nothing was ever prepared in this database');
  if (database.prepare('SELECT 1 FROM millrace_checkpoints WHERE name = ?').all([name]).length > 0) return;
  const begun = database.prepare('SELECT 1 FROM millrace_transactions WHERE name = ?').all([name]).length > 0;
  if (!begun) throw lost(transaction, 'they are not there any more');
  const [staged] = database
    .prepare(`SELECT count(*) AS rows FROM ${stagedTable(columns.length)} WHERE name = ?`)
    .all([name]);
  if (staged?.['rows'] !== rows) throw lost(transaction, `${String(staged?.['rows'])} of them are left`);
  database
    .prepare(upsertFromSql({ ...transaction, names: columns }, stagedRowsSql(columns.length)))
    .run([name]);
  remove(database, name, columns.length);
  database.prepare(rememberSql).run([owner, subtask, checkpoint, name]);
  database.prepare(forgetSql).run([owner, subtask, owner, subtask]);
};
