import type { ConnectorContext, TwoPhaseSinkWriter } from '../../api/connectors.ts';
import type { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { SqliteStatement } from '../../sys/sqlite.ts';
import type { Connection } from './connection.ts';
import type { SqliteSettings } from './options.ts';
import type { Row } from './row-collector.ts';
import { beginSql, type SqliteTransaction, sealSql, stageRowSql, stagingTablesSql } from './staging.ts';
import { guardColumnOf, type TableShape } from './table.ts';
import { type RowTarget, SqliteWriter } from './writer.ts';

/** The rows of one checkpoint of one writer, staged under a name of their own. */
class Transaction {
  readonly name: string;
  rows = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/** Puts rows into the staging tables, under the transaction in hand. */
class StagingTarget implements RowTarget {
  shape: TableShape | undefined;
  private readonly context: ConnectorContext;
  private readonly newName: () => string;
  private transaction: Transaction;
  private begin: SqliteStatement | undefined;
  private stage: SqliteStatement | undefined;
  private sealing: SqliteStatement | undefined;

  constructor(context: ConnectorContext) {
    this.context = context;
    this.newName = () => `${context.subtask}-${context.attempt}-${context.system.random.id()}`;
    this.transaction = new Transaction(this.newName());
  }

  setUp({ database }: Connection, shape: TableShape): void {
    const columns = shape.names.length;
    for (const sql of stagingTablesSql(columns)) database.execute(sql);
    this.begin = database.prepare(beginSql);
    this.stage = database.prepare(stageRowSql(columns));
    this.sealing = database.prepare(sealSql);
    this.shape = shape;
  }

  store(rows: readonly Row[]): void {
    this.storeIn(this.transaction, rows);
  }

  /** What is stored is counted by `stored`, once the transaction of the database has come about. */
  storeIn({ name, rows: before }: Transaction, rows: readonly Row[]): void {
    const { owner, attempt } = this.context;
    if (before === 0) this.begin?.run([name, owner, attempt, this.shape?.names.length ?? 0]);
    for (const [i, row] of rows.entries()) this.stage?.run([name, before + i, ...row]);
  }

  stored(rows: number): void {
    this.transaction.rows += rows;
  }

  /** Nothing more goes into it. */
  seal({ name, rows }: Transaction, last: readonly Row[]): void {
    this.sealing?.run([rows + last.length, name]);
  }

  /** The transaction in hand, and another one is begun. */
  next(): Transaction {
    const sealed = this.transaction;
    this.transaction = new Transaction(this.newName());
    return sealed;
  }
}

/**
 * Under checkpoints: rows wait in staging tables of the same database until their checkpoint is complete, and go into the table in the
 * transaction that also records the checkpoint.
 */
export class StagedWriter implements TwoPhaseSinkWriter<SqliteTransaction> {
  private readonly settings: SqliteSettings;
  private readonly context: ConnectorContext;
  private readonly connection: Connection;
  private readonly target: StagingTarget;
  private readonly writer: SqliteWriter;

  constructor(settings: SqliteSettings, context: ConnectorContext, connection: Connection) {
    this.settings = settings;
    this.context = context;
    this.connection = connection;
    this.target = new StagingTarget(context);
    this.writer = new SqliteWriter(settings, context, connection, this.target);
  }

  hasRoom(): boolean {
    return this.writer.hasRoom();
  }

  write(batch: Batch): void {
    this.writer.write(batch);
  }

  /** Stages what is collected; a transaction is only sealed by `prepare`. */
  flush(): Promise<void> {
    return this.writer.flush();
  }

  async prepare(checkpointId: number): Promise<readonly SqliteTransaction[]> {
    const transaction = this.target.next();
    let count = transaction.rows;
    await this.writer.takeRows(async (rows) => {
      count += rows.length;
      if (count === 0) return;
      await this.connection.transactionSoon(() => {
        this.target.storeIn(transaction, rows);
        this.target.seal(transaction, rows);
      }, 'full');
    });
    return count === 0 ? [] : [this.committable(transaction.name, count, checkpointId)];
  }

  close(): void {
    this.writer.close();
  }

  private committable(name: string, rows: number, checkpoint: number): SqliteTransaction {
    const { shape } = this.target;
    if (shape === undefined) throw new MillraceError('internal', 'Rows were staged without a table.');
    const { table, key } = this.settings;
    const { owner, subtask } = this.context;
    const guard = guardColumnOf(this.settings, shape) ?? null;
    const { file } = this.connection;
    return { file, table, key, columns: shape.names, guard, name, owner, subtask, checkpoint, rows };
  }
}
