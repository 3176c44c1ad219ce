import type { z } from 'zod';
import { childSchema, describeField } from './schema-walk.ts';

/**
 * What changing a field of a running job does: `operator` = only the operator's own conduct from now on; `live` = the running job
 * takes it over; `rescale` = slots come or go inside the deployment; `switch-over` = a new revision replaces the old one at a
 * checkpoint; `immutable` = refused, only a new job can have another value.
 */
export type Change = 'operator' | 'live' | 'rescale' | 'switch-over' | 'immutable';

/** All of them, from the one that disturbs a job least to the one that is impossible. */
export const changes: readonly Change[] = ['operator', 'live', 'rescale', 'switch-over', 'immutable'];

const isChange = (value: unknown): value is Change => changes.some((change) => change === value);

/**
 * What changing the field at `path` does: as the field itself declares, or the nearest field around it (the entries of a list or
 * a map have no declaration of their own). Undefined when the schema has no such field.
 */
export const changeIn = (schema: z.core.$ZodType, path: readonly (string | number)[]): Change | undefined => {
  let here: z.core.$ZodType | undefined = schema;
  let change = describeField(schema).meta['change'];
  for (const part of path) {
    here = childSchema(here, part);
    if (here === undefined) return undefined;
    change = describeField(here).meta['change'] ?? change;
  }
  return isChange(change) ? change : undefined;
};
