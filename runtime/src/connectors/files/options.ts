import * as z from 'zod';
import { type Duration, durationMs } from '../../api/duration.ts';
import type { CompressionFormat } from '../../sys/compression.ts';
import type { CsvType } from '../formats/csv-scanner.ts';

export interface FollowOptions {
  /** How often a file that has nothing new is looked at; default 200 ms. */
  readonly poll?: Duration;
  /** How often new files are looked for; default 1 s. */
  readonly discover?: Duration;
  /** How long a file is still read after another one took its name; default 5 s. */
  readonly rotated?: Duration;
}

export interface FilesOptions<T> {
  /** A path or glob, or several; relative ones start from the directory of the job. */
  readonly path: string | readonly string[];
  /** `ndjson`: one JSON value a line. `json`: one array. `csv`: RFC 4180. All in UTF-8. */
  readonly format: 'ndjson' | 'json' | 'csv';
  /** `auto` (the default) looks at the first bytes of each file. */
  readonly compression?: 'auto' | 'none' | CompressionFormat;
  /** Read only these fields; records have no others. Much faster for NDJSON and CSV. Lines must then be JSON objects. */
  readonly fields?: readonly string[];
  /** Checks each record; one that does not fit goes to the dead letters with the reason. Records are what the schema gives. */
  readonly schema?: z.ZodType<T>;
  /** CSV: how columns become values; default `string`. */
  readonly types?: Readonly<Record<string, CsvType>>;
  /** CSV: the names of the columns when the files have no header line; default: the first line names them. */
  readonly header?: readonly string[];
  /** CSV: one ASCII character; default a comma. */
  readonly delimiter?: string;
  /** CSV: false promises that no value holds a line feed, so that several slots may share one file. Default true. */
  readonly quotedNewlines?: boolean;
  /** Never end: wait for new lines and new files, through rotation and truncation. NDJSON and CSV, not compressed. */
  readonly follow?: boolean | FollowOptions;
  /** Bytes a split has at most, at least 1024; default up to 64 MiB, less when there are more slots than that gives splits. */
  readonly splitBytes?: number;
  /** A record of more bytes is invalid; default 1 MiB. */
  readonly maximumRecordBytes?: number;
}

/** The options with every default in place. */
export interface FilesSettings {
  readonly patterns: readonly string[];
  readonly format: 'ndjson' | 'json' | 'csv';
  readonly compression: 'auto' | 'none' | CompressionFormat;
  readonly fields: readonly string[] | undefined;
  readonly schema: z.ZodType | undefined;
  readonly types: Readonly<Record<string, CsvType>>;
  readonly header: readonly string[] | undefined;
  readonly delimiter: string;
  readonly quotedNewlines: boolean;
  readonly follow:
    | { readonly pollMs: number; readonly discoverMs: number; readonly rotatedMs: number }
    | undefined;
  readonly splitBytes: number | undefined;
  readonly maximumRecordBytes: number;
}

const text = z.string().min(1);
const names = z
  .array(text)
  .max(10_000)
  .refine((list) => new Set(list).size === list.length, 'a name stands there twice');
const duration = z.union([z.number(), z.string()]);
const isSchema = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'safeParse' in value &&
  typeof value.safeParse === 'function';

/** What `files` takes, checked when the graph is built. */
export const filesOptionsSchema: z.ZodType = z
  .strictObject({
    path: z.union([text, z.array(text).min(1)]),
    format: z.enum(['ndjson', 'json', 'csv']),
    compression: z.enum(['auto', 'none', 'gzip', 'zstd']).optional(),
    fields: names.optional(),
    schema: z.custom(isSchema, 'expected a zod schema').optional(),
    types: z.record(text, z.enum(['string', 'number', 'boolean'])).optional(),
    header: names.min(1).optional(),
    delimiter: z
      .string()
      .regex(/^[^"\r\n\u0080-\uffff]$/, 'expected one ASCII character that is no quote and no line end')
      .optional(),
    quotedNewlines: z.boolean().optional(),
    follow: z
      .union([
        z.boolean(),
        z.strictObject({
          poll: duration.optional(),
          discover: duration.optional(),
          rotated: duration.optional(),
        }),
      ])
      .optional(),
    splitBytes: z.number().int().min(1024).optional(),
    maximumRecordBytes: z
      .number()
      .int()
      .min(1)
      .max(2 ** 30)
      .optional(),
  })
  .superRefine((options, check) => {
    const refuse = (path: string, message: string): void =>
      check.addIssue({ code: 'custom', path: [path], message });
    if (options.format !== 'csv') {
      for (const name of ['types', 'header', 'delimiter', 'quotedNewlines'] as const) {
        if (options[name] !== undefined) refuse(name, 'is for the format csv only');
      }
    }
    if (options.follow !== undefined && options.follow !== false) {
      if (options.format === 'json') refuse('follow', 'a JSON array ends and cannot be followed; use ndjson');
      if (options.compression === 'gzip' || options.compression === 'zstd') {
        refuse('follow', 'compressed files cannot be followed');
      }
    }
  });

const followSettings = (follow: boolean | FollowOptions | undefined): FilesSettings['follow'] => {
  if (follow === undefined || follow === false) return undefined;
  const given = follow === true ? {} : follow;
  return {
    pollMs: durationMs(given.poll ?? 200, 'poll interval'),
    discoverMs: durationMs(given.discover ?? '1s', 'discover interval'),
    rotatedMs: durationMs(given.rotated ?? '5s', 'time a rotated file is read'),
  };
};

/** Fills in the defaults of options that have been checked. */
export const toSettings = <T>(options: FilesOptions<T>): FilesSettings => ({
  patterns: typeof options.path === 'string' ? [options.path] : options.path,
  format: options.format,
  compression: options.compression ?? 'auto',
  fields: options.fields,
  schema: options.schema,
  types: options.types ?? {},
  header: options.header,
  delimiter: options.delimiter ?? ',',
  quotedNewlines: options.quotedNewlines ?? true,
  follow: followSettings(options.follow),
  splitBytes: options.splitBytes,
  maximumRecordBytes: options.maximumRecordBytes ?? 2 ** 20,
});
