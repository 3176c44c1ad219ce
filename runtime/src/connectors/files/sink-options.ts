import * as z from 'zod';
import { type Duration, durationMs } from '../../api/duration.ts';
import type { PartitionBy } from './partition.ts';

export interface FileSinkOptions {
  /** Where parts are written; made when it is not there. A relative one starts from the directory of the job. */
  readonly directory: string;
  readonly format: 'ndjson' | 'csv';
  /** When a part is finished, whichever comes first; default 128 MiB or one minute. */
  readonly roll?: { readonly records?: number; readonly bytes?: number; readonly interval?: Duration };
  /** Spread records over directories by a field, or by time. */
  readonly partitionBy?: PartitionBy;
  /** With what the names of parts begin; default `part`. */
  readonly prefix?: string;
  /** CSV: the columns, in order; default the fields of the first record that a subtask writes. */
  readonly columns?: readonly string[];
  /** CSV: one ASCII character; default a comma. */
  readonly delimiter?: string;
}

/** The options with every default in place. */
export interface FileSinkSettings {
  readonly directory: string;
  readonly format: 'ndjson' | 'csv';
  readonly rollRecords: number;
  readonly rollBytes: number;
  readonly rollIntervalMs: number;
  readonly partitionBy: PartitionBy | undefined;
  readonly prefix: string;
  readonly columns: readonly string[] | undefined;
  readonly delimiter: string;
}

const text = z.string().min(1);
const safeSegments = (pattern: string): boolean =>
  pattern.split('/').every((part) => /^[\w.=-]+$/.test(part) && !/^\.+$/.test(part));

/** What `fileSink` takes, checked when the graph is built. */
export const fileSinkOptionsSchema: z.ZodType = z
  .strictObject({
    directory: text,
    format: z.enum(['ndjson', 'csv']),
    roll: z
      .strictObject({
        records: z.number().int().min(1).optional(),
        bytes: z.number().int().min(1).optional(),
        interval: z.union([z.number(), z.string()]).optional(),
      })
      .optional(),
    partitionBy: z
      .union([
        text,
        z.strictObject({
          time: text
            .regex(/yyyy|MM|dd|HH|mm/, 'expected yyyy, MM, dd, HH or mm in it')
            .refine(safeSegments, 'expected letters, digits and _ . = - between slashes'),
          field: text.optional(),
        }),
      ])
      .optional(),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$/, 'expected up to 60 letters, digits and _ . -')
      .optional(),
    columns: z.array(text).min(1).optional(),
    delimiter: z
      .string()
      .regex(/^[^"\r\n\u0080-\uffff]$/, 'expected one ASCII character that is no quote and no line end')
      .optional(),
  })
  .superRefine((options, check) => {
    for (const name of ['columns', 'delimiter'] as const) {
      if (options.format !== 'csv' && options[name] !== undefined) {
        check.addIssue({ code: 'custom', path: [name], message: 'is for the format csv only' });
      }
    }
  });

/** Fills in the defaults of options that have been checked. */
export const toSinkSettings = (options: FileSinkOptions): FileSinkSettings => ({
  directory: options.directory,
  format: options.format,
  rollRecords: options.roll?.records ?? Number.POSITIVE_INFINITY,
  rollBytes: options.roll?.bytes ?? 128 * 2 ** 20,
  rollIntervalMs: durationMs(options.roll?.interval ?? '1m', 'roll interval'),
  partitionBy: options.partitionBy,
  prefix: options.prefix ?? 'part',
  columns: options.columns,
  delimiter: options.delimiter ?? ',',
});
