import type { ConnectorContext, TwoPhaseSinkWriter } from '../../api/connectors.ts';
import type { Batch } from '../../batch/batch.ts';
import type { Cancellable } from '../../sys/system.ts';
import { type Connection, retryMs } from './connection.ts';
import type { SqliteSettings } from './options.ts';
import { type Row, RowCollector } from './row-collector.ts';
import { checkTable, createTableSql, type TableShape } from './table.ts';

/** Where a writer puts its rows: the table itself, or a transaction that is prepared and committed. */
export interface RowTarget {
  /** Once, before the first row; the table is there and fits. */
  setUp(connection: Connection, shape: TableShape): void;
  /** Within a transaction of the database. */
  store(rows: readonly Row[]): void;
  /** That transaction has come about. */
  stored?(rows: number): void;
}

/**
 * Collects records and writes them in transactions of the database. While it is locked records wait in memory, up to two
 * transactions of them, then the task waits.
 */
export class SqliteWriter implements TwoPhaseSinkWriter<never> {
  private readonly settings: SqliteSettings;
  private readonly context: ConnectorContext;
  private readonly connection: Connection;
  private readonly target: RowTarget;
  private readonly collector: RowCollector;
  /** Rows taken out that are not stored yet. */
  private taken = 0;
  private timer: Cancellable | undefined;

  constructor(
    settings: SqliteSettings,
    context: ConnectorContext,
    connection: Connection,
    target: RowTarget,
  ) {
    this.settings = settings;
    this.context = context;
    this.connection = connection;
    this.target = target;
    this.collector = new RowCollector(settings, context.attempt, (shape) => this.setUp(shape));
  }

  hasRoom(): boolean {
    return this.collector.length + this.taken < this.settings.flushRecords * 2;
  }

  write(batch: Batch): void {
    const rows = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      this.collector.add(rows[i]);
      if (this.collector.length >= this.settings.flushRecords && !this.connection.isWaiting) this.tryWrite();
    }
    if (this.collector.length > 0) this.writeLater(this.settings.flushIntervalMs);
  }

  async flush(): Promise<void> {
    while (!this.tryWrite())
      await new Promise<void>((resume) => void this.context.system.timers.after(retryMs, resume));
  }

  /** What a target makes visible at once leaves nothing to commit. */
  async prepare(): Promise<readonly never[]> {
    await this.flush();
    return [];
  }

  /** Takes out all that is not stored, for the caller to store; it counts as not stored until the promise settles. */
  takeRows(store: (rows: readonly Row[]) => Promise<void>): Promise<void> {
    const rows = this.collector.all;
    this.collector.clear();
    this.taken += rows.length;
    return store(rows).finally(() => {
      const wasFull = !this.hasRoom();
      this.taken -= rows.length;
      if (wasFull) this.context.wake();
    });
  }

  close(): void {
    this.timer?.cancel();
    this.connection.close();
  }

  private setUp(shape: TableShape): void {
    const { settings, connection } = this;
    connection.setUp(`prepare the table ${settings.table} of`, (database) => {
      database.execute(createTableSql(settings, shape));
      checkTable(database, settings, shape, connection.file);
      this.target.setUp(connection, shape);
    });
  }

  /** Stores everything collected. False = the database is locked now, and it is tried again. */
  private tryWrite(): boolean {
    if (this.collector.length === 0) return true;
    if (!this.connection.transaction(() => this.target.store(this.collector.all))) {
      this.timer?.cancel();
      this.timer = undefined;
      this.writeLater(retryMs);
      return false;
    }
    const wasFull = !this.hasRoom();
    this.target.stored?.(this.collector.length);
    this.collector.clear();
    if (wasFull) this.context.wake();
    return true;
  }

  private writeLater(delayMs: number): void {
    if (this.timer !== undefined) return;
    this.timer = this.context.system.timers.after(delayMs, () => {
      this.timer = undefined;
      try {
        this.tryWrite();
      } catch (error) {
        this.context.fail(error);
      }
    });
  }
}
