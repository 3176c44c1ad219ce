import { dirname } from 'node:path';
import type { SqliteDatabase } from '../../sys/sqlite.ts';
import type { System } from '../../sys/system.ts';
import { isBusy, sqliteError } from './sqlite-error.ts';

/** How long a call may block its thread for a lock; longer locks are waited for between calls. */
const blockingBusyMs = 20;
const setUpBusyMs = 5000;
export const retryMs = 50;

/** One connection to a database that others write to as well: what it does goes in transactions, which wait for locks. */
export class Connection {
  readonly file: string;
  readonly database: SqliteDatabase;
  private readonly system: System;
  private readonly busyTimeoutMs: number;
  private busySinceMs: number | undefined;

  /** Makes the database, and its directory, when it is not there. */
  constructor(file: string, busyTimeoutMs: number, system: System) {
    this.file = file;
    this.busyTimeoutMs = busyTimeoutMs;
    this.system = system;
    this.database = this.open();
  }

  /** Whether the last transaction has not come about yet. */
  get isWaiting(): boolean {
    return this.busySinceMs !== undefined;
  }

  /** Makes tables; may block its thread for a while. */
  setUp(what: string, work: (database: SqliteDatabase) => void): void {
    try {
      this.database.execute(`PRAGMA busy_timeout = ${setUpBusyMs}`);
      work(this.database);
      this.database.execute(`PRAGMA busy_timeout = ${blockingBusyMs}`);
    } catch (error) {
      throw sqliteError(what, this.file, error);
    }
  }

  /**
   * Does some work as one transaction, or nothing at all. False = the database is locked now, try again in `retryMs`. `full`: it is
   * durable when that is done, and so are the transactions before it; `normal`: it is when a full one behind it is.
   * @throws MillraceError io when the database has been locked for too long.
   */
  transaction(work: () => void, synchronous: 'normal' | 'full' = 'normal'): boolean {
    try {
      this.database.execute(`PRAGMA synchronous = ${synchronous}`);
      this.database.execute('BEGIN IMMEDIATE');
    } catch (error) {
      return this.locked(error);
    }
    try {
      work();
      this.database.execute('COMMIT');
    } catch (error) {
      this.rollBack();
      return this.locked(error);
    }
    this.busySinceMs = undefined;
    return true;
  }

  /** The same, and waits. */
  async transactionSoon(work: () => void, synchronous?: 'normal' | 'full'): Promise<void> {
    while (!this.transaction(work, synchronous)) {
      await new Promise<void>((resume) => void this.system.timers.after(retryMs, resume));
    }
  }

  close(): void {
    this.database.close();
  }

  private open(): SqliteDatabase {
    const { files, sqlite } = this.system;
    try {
      files.makeDirectory(dirname(this.file));
      const database = sqlite.open(this.file, setUpBusyMs);
      try {
        database.execute('PRAGMA journal_mode = WAL');
        database.execute('PRAGMA synchronous = NORMAL');
        database.execute(`PRAGMA busy_timeout = ${blockingBusyMs}`);
      } catch (error) {
        database.close();
        throw error;
      }
      return database;
    } catch (error) {
      throw sqliteError('open', this.file, error);
    }
  }

  private rollBack(): void {
    try {
      this.database.execute('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself: a full disk ends the transaction.
    }
  }

  /** Always false, for the caller to pass on. */
  private locked(error: unknown): false {
    if (!isBusy(error)) throw sqliteError('write to', this.file, error);
    const nowMs = this.system.clock.monotonicMs();
    this.busySinceMs ??= nowMs;
    if (nowMs - this.busySinceMs >= this.busyTimeoutMs) throw sqliteError('write to', this.file, error);
    return false;
  }
}
