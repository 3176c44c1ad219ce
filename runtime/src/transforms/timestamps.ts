import type { TimestampRange, TimestampSelector } from '../api/watermarks.ts';
import type { Batch } from '../batch/batch.ts';
import { evaluateExpression } from '../batch/interpret.ts';
import { selectRows } from '../batch/slice.ts';
import { MillraceError } from '../contract/errors.ts';
import type { FailureHandler } from './processor.ts';

/** Gives the records of a batch their timestamps. Bad ones go to the failure handler and are left out. */
export type TimestampAssigner = (batch: Batch, nowMs: number) => Batch;

const fromRows = (read: (value: unknown, previousMs: number) => unknown, batch: Batch): Float64Array => {
  const rows = batch.rows();
  const timestamps = new Float64Array(batch.length);
  for (let i = 0; i < batch.length; i++) {
    const value = read(rows[i], batch.timestamps[i] as number);
    timestamps[i] = typeof value === 'number' ? value : value instanceof Date ? value.getTime() : NaN;
  }
  return timestamps;
};

const fromField = (name: string, batch: Batch): Float64Array => {
  const column = batch.column(name);
  if (column?.type === 'number' && column.marks === undefined) return column.values;
  return fromRows((value) => (value as Record<string, unknown> | null)?.[name], batch);
};

const read = (selector: TimestampSelector, batch: Batch, nowMs: number): Float64Array => {
  switch (selector.kind) {
    case 'field':
      return fromField(selector.name, batch);
    case 'expression': {
      const { expression } = selector;
      return fromRows((value) => evaluateExpression(expression, value), batch);
    }
    case 'function':
      return fromRows(selector.function, batch);
    case 'source':
      return batch.timestamps;
    case 'ingestion':
      return new Float64Array(batch.length).fill(nowMs);
  }
};

const badTimestamp = (
  timestampMs: number,
  selector: TimestampSelector,
  range: TimestampRange,
): MillraceError => {
  const from = selector.kind === 'field' ? `the field “${selector.name}”` : `the ${selector.kind}`;
  return new MillraceError(
    'record-invalid',
    `The timestamp ${timestampMs} from ${from} cannot be used as event time.`,
    {
      hint:
        `Timestamps are milliseconds since 1970 as numbers, from ${range.minimumMs} to ${range.maximumMs}. ` +
        'Parse texts with a function in withTimestamps, or widen withTimestampRange.',
    },
  );
};

/** Leaves the records with bad timestamps out, each by way of the failure handler. */
const withoutBad = (
  batch: Batch,
  selector: TimestampSelector,
  range: TimestampRange,
  failures: FailureHandler,
): Batch => {
  const kept = new Int32Array(batch.length);
  let count = 0;
  for (let i = 0; i < batch.length; i++) {
    const timestampMs = batch.timestamps[i] as number;
    if (timestampMs >= range.minimumMs && timestampMs <= range.maximumMs) kept[count++] = i;
    else failures.handle(badTimestamp(timestampMs, selector, range), batch.rows()[i], timestampMs);
  }
  return selectRows(batch, kept, count);
};

/**
 * An assigner for a selector. When `optional`, records may be without a timestamp (NaN): no event time is used.
 */
export const createTimestampAssigner =
  (
    selector: TimestampSelector,
    range: TimestampRange,
    optional: boolean,
    failures: FailureHandler,
  ): TimestampAssigner =>
  (batch, nowMs) => {
    const timestamps = read(selector, batch, nowMs);
    const assigned = timestamps === batch.timestamps ? batch : batch.withTimestamps(timestamps);
    for (let i = 0; i < batch.length; i++) {
      const timestampMs = timestamps[i] as number;
      if (timestampMs >= range.minimumMs && timestampMs <= range.maximumMs) continue;
      if (optional && Number.isNaN(timestampMs)) continue;
      return withoutBad(assigned, selector, range, failures);
    }
    return assigned;
  };
