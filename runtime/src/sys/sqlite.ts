/** What SQLite stores in a cell. Booleans and dates are the caller's to map. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** One open SQLite database. Calls are synchronous; errors are the platform's own, with SQLite's result code. */
export interface SqliteDatabase {
  /** Runs statements without parameters or results. */
  execute(sql: string): void;
  prepare(sql: string): SqliteStatement;
  /** Twice is harmless. */
  close(): void;
}

export interface SqliteStatement {
  run(values: readonly SqliteValue[]): void;
  all(values: readonly SqliteValue[]): readonly Readonly<Record<string, SqliteValue>>[];
}

/** SQLite's result code of an error thrown by a `SqliteDatabase`, e.g. 5 = busy, 13 = full; undefined for other errors. */
export const sqliteResultCode = (error: unknown): number | undefined => {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code : undefined;
};

export interface Sqlite {
  /** Opens or creates the file. A lock held by another process is waited for `busyTimeoutMs`, blocking. */
  open(path: string, busyTimeoutMs: number): SqliteDatabase;
}
