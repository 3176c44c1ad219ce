import { dirname, resolve } from 'node:path';
import type { ConnectorContext, SinkWriter } from '../../api/connectors.ts';
import type { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { SqliteDatabase, SqliteStatement, SqliteValue } from '../../sys/sqlite.ts';
import type { Cancellable } from '../../sys/system.ts';
import type { SqliteSettings } from './options.ts';
import { isBusy, sqliteError } from './sqlite-error.ts';
import { checkTable, createTableSql, shapeOf, type TableShape, toSqliteValue, upsertSql } from './table.ts';

/** How long a call may block the slot for a lock; longer locks are waited for between calls. */
const blockingBusyMs = 20;
const setUpBusyMs = 5000;
const retryMs = 50;

type Row = SqliteValue[];

/**
 * Collects records and writes them in transactions. Of several records with one key in a transaction only the last is
 * written. While the database is locked records wait in memory, up to two transactions of them, then the task waits.
 */
export class SqliteWriter implements SinkWriter {
  private readonly settings: SqliteSettings;
  private readonly context: ConnectorContext;
  private readonly file: string;
  private readonly database: SqliteDatabase;
  private shape: TableShape | undefined;
  private upsert: SqliteStatement | undefined;
  private keyPositions: readonly number[] = [];
  private rows: Row[] = [];
  /** Where in `rows` the record of a key is. */
  private readonly positions = new Map<string, number>();
  private timer: Cancellable | undefined;
  private busySinceMs: number | undefined;

  constructor(settings: SqliteSettings, context: ConnectorContext) {
    this.settings = settings;
    this.context = context;
    this.file = resolve(context.baseDirectory, settings.file);
    this.database = this.open();
    if (settings.columns !== undefined) this.setUp({});
  }

  hasRoom(): boolean {
    return this.rows.length < this.settings.flushRecords * 2;
  }

  write(batch: Batch): void {
    const rows = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      this.add(rows[i]);
      if (this.rows.length >= this.settings.flushRecords && this.busySinceMs === undefined) this.tryWrite();
    }
    if (this.rows.length > 0) this.writeLater(this.settings.flushIntervalMs);
  }

  async flush(): Promise<void> {
    while (!this.tryWrite())
      await new Promise<void>((resume) => this.context.system.timers.after(retryMs, resume));
  }

  close(): void {
    this.timer?.cancel();
    this.database.close();
  }

  private open(): SqliteDatabase {
    const { system } = this.context;
    try {
      system.files.makeDirectory(dirname(this.file));
      const database = system.sqlite.open(this.file, setUpBusyMs);
      try {
        database.execute('PRAGMA journal_mode = WAL');
        database.execute('PRAGMA synchronous = NORMAL');
      } catch (error) {
        database.close();
        throw error;
      }
      return database;
    } catch (error) {
      throw sqliteError('open', this.file, error);
    }
  }

  private setUp(first: Readonly<Record<string, unknown>>): void {
    const { settings, database } = this;
    const shape = shapeOf(settings, first);
    try {
      database.execute(createTableSql(settings, shape));
      checkTable(database, settings, shape, this.file);
      database.execute(`PRAGMA busy_timeout = ${blockingBusyMs}`);
      this.upsert = database.prepare(upsertSql(settings, shape));
    } catch (error) {
      throw sqliteError(`prepare the table ${settings.table} of`, this.file, error);
    }
    this.keyPositions = settings.key.map((name) => shape.names.indexOf(name));
    this.shape = shape;
  }

  private add(record: unknown): void {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new MillraceError(
        'record-invalid',
        'A record that is not an object cannot be a row of a table.',
        {
          hint: 'Map the records to objects with a field for each column.',
          where: { table: this.settings.table },
        },
      );
    }
    const fields = record as Readonly<Record<string, unknown>>;
    if (this.shape === undefined) this.setUp(fields);
    const row = this.toRow(fields, this.shape as unknown as TableShape);
    const key = this.keyOf(row);
    const known = key === undefined ? undefined : this.positions.get(key);
    if (known !== undefined) this.rows[known] = row;
    else {
      if (key !== undefined) this.positions.set(key, this.rows.length);
      this.rows.push(row);
    }
  }

  private toRow(fields: Readonly<Record<string, unknown>>, { names, attemptColumn }: TableShape): Row {
    if (this.settings.columns === undefined) {
      for (const name in fields) if (!names.includes(name)) throw this.unknownField(name, names);
    }
    return names.map((name) => {
      if (name === attemptColumn) return this.context.attempt;
      return Object.hasOwn(fields, name) ? toSqliteValue(fields[name], name) : null;
    });
  }

  /** Tells rows with the same key; undefined when all must be written, because there is no key or the guard compares them. */
  private keyOf(row: Row): string | undefined {
    const { key, guard } = this.settings;
    let text = '';
    for (let i = 0; i < key.length; i++) {
      const value = row[this.keyPositions[i] as number] ?? null;
      if (value === null) throw this.nullKey(key[i] as string);
      const part =
        value instanceof Uint8Array ? `b${value.join()}` : `${typeof value === 'string' ? 's' : 'n'}${value}`;
      text += `${part.length}:${part}`;
    }
    return key.length === 0 || (guard !== undefined && 'field' in guard) ? undefined : text;
  }

  /** Writes everything collected in one transaction. False = the database is locked now. */
  private tryWrite(): boolean {
    if (this.rows.length === 0) return true;
    try {
      this.database.execute('BEGIN IMMEDIATE');
    } catch (error) {
      if (!isBusy(error)) throw sqliteError('write to', this.file, error);
      return this.waitForLock(error);
    }
    try {
      for (const row of this.rows) this.upsert?.run(row);
      this.database.execute('COMMIT');
    } catch (error) {
      this.rollBack();
      if (isBusy(error)) return this.waitForLock(error);
      throw sqliteError('write to', this.file, error);
    }
    const wasFull = !this.hasRoom();
    this.rows = [];
    this.positions.clear();
    this.busySinceMs = undefined;
    if (wasFull) this.context.wake();
    return true;
  }

  private rollBack(): void {
    try {
      this.database.execute('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself: a full disk ends the transaction.
    }
  }

  /** Always false, for the caller to pass on. */
  private waitForLock(error: unknown): false {
    const nowMs = this.context.system.clock.monotonicMs();
    this.busySinceMs ??= nowMs;
    if (nowMs - this.busySinceMs >= this.settings.busyTimeoutMs)
      throw sqliteError('write to', this.file, error);
    this.timer?.cancel();
    this.timer = undefined;
    this.writeLater(retryMs);
    return false;
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

  private unknownField(name: string, names: readonly string[]): MillraceError {
    return new MillraceError(
      'record-invalid',
      `A record has the field ${JSON.stringify(name)}, and the table has no such column.`,
      {
        hint: 'Name the columns to write in the option `columns`, or map the records to the same fields.',
        where: { table: this.settings.table, field: name, columns: names.join(', ') },
      },
    );
  }

  private nullKey(column: string): MillraceError {
    return new MillraceError(
      'record-invalid',
      `A record has no value in ${JSON.stringify(column)}, a column of the key.`,
      {
        hint: 'Filter such records out, or give the field a value.',
        where: { table: this.settings.table, column },
      },
    );
  }
}
