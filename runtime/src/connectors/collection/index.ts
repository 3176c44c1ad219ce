/**
 * `collection` reads values that the job already holds in memory: for examples, tests and small reference data. The values
 * are cut into contiguous *ranges*, one split a subtask; the position in a split is the number of the next value.
 */
import * as z from 'zod';
import { checkOptions, functionOption } from '../../api/connector-options.ts';
import type { Source } from '../../api/connectors.ts';
import { createFixedSplits, type FixedSplitsState } from '../../api/fixed-splits.ts';
import { type ActiveSplit, createSplitReader } from '../../api/split-reader.ts';
import { createTimestampReader, type TimestampOption } from '../../api/timestamp-reader.ts';
import { Batch } from '../../batch/batch.ts';
import { assertSupported } from '../../batch/values.ts';

export interface CollectionOptions<T> {
  /** Event time of a value in ms since the epoch: the name of a numeric field, or a function. Absent = no timestamps. */
  readonly timestamp?: TimestampOption<T>;
}

/** The values numbered `next` up to, without, `end`. */
export interface RangeSplit {
  readonly id: string;
  readonly next: number;
  readonly end: number;
}

const recordsPerBatch = 2048;

const optionsSchema = z.strictObject({
  timestamp: z
    .union([z.string().min(1), functionOption<(value: never, position: number) => number>()])
    .optional(),
});

const toRanges = (length: number, parallelism: number): RangeSplit[] =>
  Array.from({ length: parallelism }, (_, i) => ({
    id: `range-${i}`,
    next: Math.floor((length * i) / parallelism),
    end: Math.floor((length * (i + 1)) / parallelism),
  }));

/**
 * A bounded source of these values, in order within each subtask.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const collection = <T>(
  values: readonly T[],
  options: CollectionOptions<T> = {},
): Source<T, RangeSplit, FixedSplitsState<RangeSplit>> => {
  checkOptions('collection', optionsSchema, options);
  const readTimestamps = createTimestampReader(options.timestamp);
  return {
    kind: 'collection',
    boundedness: 'bounded',
    createEnumerator: (context, restored) =>
      createFixedSplits(context, toRanges(values.length, context.parallelism), restored),
    createReader: (context) => {
      const start = (split: RangeSplit): ActiveSplit<RangeSplit> => {
        const output = context.split(split.id);
        let next = split.next;
        // A job that goes on from a checkpoint may have fewer values than there were.
        const end = Math.min(split.end, values.length);
        return {
          poll: () => {
            if (next >= end) return 'end';
            const rows = values.slice(next, Math.min(next + recordsPerBatch, end));
            // One value in a batch: a look at each would cost more than all the rest.
            assertSupported(rows[0], 'a value of the collection');
            const timestamps = new Float64Array(rows.length);
            readTimestamps(rows, next, timestamps);
            next += rows.length;
            output.emitBatch(Batch.ofRows(rows, timestamps));
            return next < end ? 'more' : 'end';
          },
          snapshot: () => ({ ...split, next }),
          close: () => output.release(),
        };
      };
      return createSplitReader({ order: 'sequence', requestSplit: () => context.requestSplit(), start });
    },
  };
};
