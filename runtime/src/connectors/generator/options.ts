import * as z from 'zod';
import { functionOption } from '../../api/connector-options.ts';
import type { TimestampOption } from '../../api/timestamp-reader.ts';
import type { Batch } from '../../batch/batch.ts';
import type { RecordRandom } from './random.ts';

interface CommonOptions {
  /** How many records; absent = endless. */
  readonly count?: number;
  /** Records a second over all subtasks, on the average since the start; absent = as fast as they are taken. */
  readonly recordsPerSecond?: number;
  /** Splits, fixed for the life of the job: the greatest parallelism that can ever share the work. Default: the first parallelism. */
  readonly splits?: number;
}

/** Makes one record at a time. */
export interface RowGeneratorOptions<T> extends CommonOptions {
  /** Any integer; the same seed gives the same records. Default 0. */
  readonly seed?: number;
  /** Makes the record with this number. `random` is seeded for it and valid only during the call. */
  readonly generate: (index: number, random: RecordRandom) => T;
  /** Event time in ms since the epoch: the name of a numeric field, or a function. Absent = no timestamps. */
  readonly timestamp?: TimestampOption<T>;
}

/** Makes whole batches, for speed; the batch carries its own timestamps. */
export interface BatchGeneratorOptions extends CommonOptions {
  /** Makes the records `from` to `from + count − 1`; `fields` are those that the job reads, absent = all. */
  readonly generateBatch: (from: number, count: number, fields: readonly string[] | undefined) => Batch;
}

export type GeneratorOptions<T> = RowGeneratorOptions<T> | BatchGeneratorOptions;

const common = {
  count: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  recordsPerSecond: z.number().positive().max(1e9).optional(),
  splits: z.number().int().min(1).max(32_768).optional(),
};

const rowOptionsSchema = z.strictObject({
  ...common,
  seed: z.number().int().optional(),
  generate: functionOption<(index: number, random: RecordRandom) => unknown>(),
  timestamp: z
    .union([z.string().min(1), functionOption<(value: never, index: number) => number>()])
    .optional(),
});

const batchOptionsSchema = z.strictObject({
  ...common,
  generateBatch: functionOption<BatchGeneratorOptions['generateBatch']>(),
});

/** What `generator` takes, checked when the graph is built. */
export const schemaFor = (options: object): z.ZodType =>
  'generateBatch' in options ? batchOptionsSchema : rowOptionsSchema;
