import type * as z from 'zod';
import { Batch } from '../../batch/batch.ts';

/** A record that does not fit the schema. Returns to go on without it; throws to stop. */
export type UnfitRecordHandler = (record: unknown, reason: string) => void;

const reasonOf = (error: z.core.$ZodError): string =>
  error.issues
    .map((issue) => {
      const path = issue.path.map(String).join('.');
      return path === '' ? issue.message : `field ${path}: ${issue.message}`;
    })
    .join('; ');

/**
 * Checks the records of a batch against a schema: a batch of what the schema made of them (defaults, conversions), without
 * those that do not fit; undefined when none does. Timestamps go along.
 */
export const validateBatch = (
  batch: Batch,
  schema: z.ZodType,
  onUnfit: UnfitRecordHandler,
): Batch | undefined => {
  const rows = batch.rows();
  const checked: unknown[] = [];
  const timestamps = new Float64Array(batch.length);
  for (let i = 0; i < batch.length; i++) {
    const result = schema.safeParse(rows[i]);
    if (result.success) {
      timestamps[checked.length] = batch.timestamps[i]!;
      checked.push(result.data);
    } else onUnfit(rows[i], reasonOf(result.error));
  }
  return checked.length === 0 ? undefined : Batch.ofRows(checked, timestamps);
};
