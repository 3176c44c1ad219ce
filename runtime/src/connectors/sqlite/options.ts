import * as z from 'zod';
import { type Duration, durationMs } from '../../api/duration.ts';
import { isOwnTable } from './staging.ts';

/** What a column of the table is declared as. `NUMERIC` keeps whole numbers whole and others as they are. */
export type SqliteType = 'INTEGER' | 'REAL' | 'NUMERIC' | 'TEXT' | 'BLOB';

export type SqliteGuard =
  /** A row is replaced only by a record whose field is not lower: a version, or the time of the change. */
  | { readonly field: string }
  /** A column of this name holds the attempt that wrote the row; a lower attempt does not replace it. */
  | { readonly attempt: string };

export interface SqliteSinkOptions {
  /** The database; made when it is not there. A relative path starts from the directory of the job. */
  readonly file: string;
  readonly table: string;
  /** The columns that identify a row; a record replaces the row with its key. Empty = every record is a new row. */
  readonly key: readonly string[];
  /** The columns and their types; other fields of the records are left out. Default: the fields of the first record. */
  readonly columns?: Readonly<Record<string, SqliteType>>;
  /** Keeps a slow or repeated writer from replacing what a later one wrote; for other programs, and jobs without checkpoints. */
  readonly guard?: SqliteGuard;
  /** When records are written, as one transaction: after so many, or so long; default 1000 or one second. */
  readonly flush?: { readonly records?: number; readonly interval?: Duration };
  /** How long another process may lock the database before the job fails; default 30 s. */
  readonly busyTimeout?: Duration;
}

/** The options with every default in place. */
export interface SqliteSettings {
  readonly file: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, SqliteType>> | undefined;
  readonly guard: SqliteGuard | undefined;
  readonly flushRecords: number;
  readonly flushIntervalMs: number;
  readonly busyTimeoutMs: number;
}

/** Names are always quoted; these are only such that a person can read and type them. */
const isName = (text: string): boolean =>
  text.length > 0 && text.length <= 128 && !/[\p{Cc}\p{Surrogate}]/u.test(text);
const name = z.string().refine(isName, 'expected a name of 1 to 128 characters without control characters');
const duration = z.union([z.number(), z.string()]);

/** What `sqliteSink` takes, checked when the graph is built. */
export const sqliteOptionsSchema: z.ZodType = z
  .strictObject({
    file: z.string().min(1),
    table: name
      .refine((text) => !/^sqlite_/i.test(text), 'names that begin with sqlite_ belong to SQLite')
      .refine((text) => !isOwnTable(text), 'names that begin with millrace_ belong to the sink'),
    key: z.array(name),
    columns: z.record(name, z.enum(['INTEGER', 'REAL', 'NUMERIC', 'TEXT', 'BLOB'])).optional(),
    guard: z.union([z.strictObject({ field: name }), z.strictObject({ attempt: name })]).optional(),
    flush: z
      .strictObject({
        records: z.number().int().min(1).max(1_000_000).optional(),
        interval: duration.optional(),
      })
      .optional(),
    busyTimeout: duration.optional(),
  })
  .superRefine(({ key, columns, guard }, check) => {
    const refuse = (path: string, message: string): void =>
      check.addIssue({ code: 'custom', path: [path], message });
    if (new Set(key).size !== key.length) refuse('key', 'a column stands there twice');
    if (guard !== undefined && key.length === 0)
      refuse('guard', 'protects rows with a key, and there is no key');
    if (columns === undefined) return;
    const missing = [...key, ...(guard !== undefined && 'field' in guard ? [guard.field] : [])].find(
      (column) => !Object.hasOwn(columns, column),
    );
    if (missing !== undefined) refuse('columns', `${JSON.stringify(missing)} is not among them`);
  });

/** Fills in the defaults of options that have been checked. */
export const toSqliteSettings = (options: SqliteSinkOptions): SqliteSettings => ({
  file: options.file,
  table: options.table,
  key: options.key,
  columns: options.columns,
  guard: options.guard,
  flushRecords: options.flush?.records ?? 1000,
  flushIntervalMs: durationMs(options.flush?.interval ?? '1s', 'flush interval'),
  busyTimeoutMs: durationMs(options.busyTimeout ?? '30s', 'busy timeout'),
});
