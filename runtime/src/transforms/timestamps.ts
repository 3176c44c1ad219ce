import type { TimestampRange, TimestampSelector } from '../api/watermarks.ts';
import type { Batch } from '../batch/batch.ts';
import { evaluateExpression } from '../batch/interpret.ts';
import { selectRows } from '../batch/slice.ts';
import { MillraceError } from '../contract/errors.ts';
import type { FailureHandler } from './processor.ts';

/** Gives the records of a batch their timestamps. Bad ones go to the failure handler and are left out. */
export type TimestampAssigner = (batch: Batch, nowMs: number) => Batch;

/** What reading the timestamps of a batch gave. */
interface Times {
  readonly timestamps: Float64Array;
  /** By position, where reading threw; absent = nowhere. */
  readonly failed?: ReadonlyMap<number, unknown> | undefined;
}

const fromRows = (read: (value: unknown, previousMs: number) => unknown, batch: Batch): Times => {
  const rows = batch.rows();
  const timestamps = new Float64Array(batch.length);
  let failed: Map<number, unknown> | undefined;
  for (let i = 0; i < batch.length; i++) {
    try {
      const value = read(rows[i], batch.timestamps[i] as number);
      timestamps[i] = typeof value === 'number' ? value : value instanceof Date ? value.getTime() : NaN;
    } catch (error) {
      failed ??= new Map();
      failed.set(i, error);
    }
  }
  return { timestamps, failed };
};

const fromField = (name: string, batch: Batch): Times => {
  const column = batch.column(name);
  if (column?.type === 'number' && column.marks === undefined) return { timestamps: column.values };
  return fromRows((value) => (value as Record<string, unknown> | null)?.[name], batch);
};

const read = (selector: TimestampSelector, batch: Batch, nowMs: number): Times => {
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
      return { timestamps: batch.timestamps };
    case 'ingestion':
      return { timestamps: new Float64Array(batch.length).fill(nowMs) };
  }
};

/** What a timestamp must be, and what becomes of a record that has none such. */
interface Rules {
  readonly selector: TimestampSelector;
  readonly range: TimestampRange;
  /** Records may be without a timestamp (NaN). */
  readonly optional: boolean;
  readonly failures: FailureHandler;
}

const isGood = (timestampMs: number, { range, optional }: Rules): boolean =>
  (timestampMs >= range.minimumMs && timestampMs <= range.maximumMs) ||
  (optional && Number.isNaN(timestampMs));

const badTimestamp = (timestampMs: number, { selector, range }: Rules): MillraceError => {
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

/** Leaves out the records with bad timestamps and those where reading threw, each by way of the failure handler. */
const withoutBad = (batch: Batch, failed: Times['failed'], rules: Rules): Batch => {
  const kept = new Int32Array(batch.length);
  let count = 0;
  for (let i = 0; i < batch.length; i++) {
    const timestampMs = batch.timestamps[i] as number;
    if (failed?.has(i) === true) rules.failures.handle(failed.get(i), batch.rows()[i], NaN);
    else if (isGood(timestampMs, rules)) kept[count++] = i;
    else rules.failures.handle(badTimestamp(timestampMs, rules), batch.rows()[i], timestampMs);
  }
  return selectRows(batch, kept, count);
};

/**
 * An assigner for a selector. When `optional`, records may be without a timestamp (NaN): no event time is used.
 */
export const createTimestampAssigner = (
  selector: TimestampSelector,
  range: TimestampRange,
  optional: boolean,
  failures: FailureHandler,
): TimestampAssigner => {
  const rules: Rules = { selector, range, optional, failures };
  const { minimumMs, maximumMs } = range;
  return (batch, nowMs) => {
    const { timestamps, failed } = read(selector, batch, nowMs);
    const assigned = timestamps === batch.timestamps ? batch : batch.withTimestamps(timestamps);
    if (failed !== undefined) return withoutBad(assigned, failed, rules);
    for (let i = 0; i < batch.length; i++) {
      const timestampMs = timestamps[i] as number;
      if (timestampMs >= minimumMs && timestampMs <= maximumMs) continue;
      if (optional && Number.isNaN(timestampMs)) continue;
      return withoutBad(assigned, failed, rules);
    }
    return assigned;
  };
};
