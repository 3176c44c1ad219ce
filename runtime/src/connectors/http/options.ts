import * as z from 'zod';

export interface HttpIngestOptions<T> {
  /** 0 = a free one, named in the log. With several subtasks each listens on the next port. */
  readonly port: number;
  /** Default `127.0.0.1`: only this machine. */
  readonly host?: string;
  /** Where records are posted; default `/records`. */
  readonly path?: string;
  /** Records must fit it; what it makes of them goes on. */
  readonly schema?: z.ZodType<T>;
  /** A larger body is refused (413); default 8 MiB. */
  readonly maximumBodyBytes?: number;
  /** Beyond so many records that wait for the job, posts are refused (429) until there is room; default 100 000. */
  readonly maximumQueuedRecords?: number;
  /**
   * When a post is answered: `received` = when its records are in memory, so a crash loses them (at-most-once);
   * `checkpoint` = when they are in a checkpoint.
   */
  readonly ack?: 'received' | 'checkpoint';
  /** Posts must carry `Authorization: Bearer <token>`. Take it from an environment variable, not from the code. */
  readonly token?: string;
}

/** The options with their defaults filled in. */
export interface CheckedOptions {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly schema?: z.ZodType | undefined;
  readonly maximumBodyBytes: number;
  readonly maximumQueuedRecords: number;
  readonly ack: 'received' | 'checkpoint';
  readonly token?: string | undefined;
}

export const optionsSchema: z.ZodType<CheckedOptions> = z.strictObject({
  port: z.number().int().min(0).max(65_535),
  host: z.string().min(1).default('127.0.0.1'),
  path: z
    .string()
    .regex(/^\/[\w/.-]*$/, 'expected a path like /records')
    .default('/records'),
  schema: z
    .custom<z.ZodType>(
      (value) => value === undefined || (typeof value === 'object' && value !== null && 'safeParse' in value),
      'expected a zod schema',
    )
    .optional(),
  maximumBodyBytes: z
    .number()
    .int()
    .min(1)
    .max(2 ** 30)
    .default(8 * 1024 * 1024),
  maximumQueuedRecords: z.number().int().min(1).max(1e8).default(100_000),
  ack: z
    .enum(['received', 'checkpoint'])
    .refine(
      (ack) => ack !== 'checkpoint',
      'checkpoint needs checkpoints, which do not exist yet; use received',
    )
    .default('received'),
  token: z.string().min(16, 'expected at least 16 characters').optional(),
});
