import { cloneValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { HeapColumn, NumberColumn } from './columns.ts';
import { isExpired } from './expiry.ts';
import type { KeyGroup } from './key-group.ts';
import type { StoredState } from './state-registry.ts';
import { Timed } from './time-to-live.ts';
import { ValueMap } from './value-map.ts';

/** What a key has in a state; the value is no one's to change. */
export interface PeekedState {
  readonly found: boolean;
  /** An array for a list, a Map for a map, the result for an aggregate. */
  readonly value: unknown;
}

export const nothingThere: PeekedState = { found: false, value: undefined };

/** Longer lists and maps are not shown: whoever looks would hold up the records. */
const mostEntries = 10_000;

const requireFew = (entries: number, { shape }: StoredState): void => {
  if (entries <= mostEntries) return;
  throw new MillraceError(
    'unsupported',
    `The state “${shape.name}” has ${entries} entries for this key; up to ${mostEntries} are shown while a job runs.`,
    { hint: 'Take a savepoint and read it with millrace savepoint export.', where: { state: shape.name } },
  );
};

const visibleEntries = (
  map: ValueMap<unknown, unknown>,
  { expiry }: StoredState,
  nowMs: number,
): Map<unknown, unknown> => {
  const visible = new Map<unknown, unknown>();
  for (const [key, held] of map) {
    if (!(held instanceof Timed)) visible.set(key, held);
    else if (expiry === undefined || expiry.isVisible(held.expiryMs, nowMs)) visible.set(key, held.value);
  }
  return visible;
};

const peekHeapValue = (held: unknown, stored: StoredState, nowMs: number): unknown => {
  const { descriptor } = stored;
  if (held instanceof ValueMap) {
    requireFew(held.size, stored);
    return visibleEntries(held, stored, nowMs);
  }
  if (Array.isArray(held)) requireFew(held.length, stored);
  // A function of the job: it gets a copy, so that it can change nothing.
  return descriptor?.kind === 'aggregating' ? descriptor.aggregate.result(cloneValue(held)) : held;
};

/**
 * What a row has in the state of this number now. Unlike a handle it changes nothing: no life is renewed, nothing that has
 * expired is removed, and the row is not noted as written.
 * @throws MillraceError unsupported when it is too much to be shown
 */
export const peekRow = (
  group: KeyGroup,
  row: number,
  state: number,
  stored: StoredState,
  nowMs: number,
): PeekedState => {
  const column = group.columns[state]!;
  if (!column.has(row) || isExpired(column, row, stored.expiry, nowMs)) return nothingThere;
  if (column instanceof NumberColumn) return { found: true, value: column.values[row] };
  if (!(column instanceof HeapColumn)) return nothingThere;
  return { found: true, value: peekHeapValue(column.read(row), stored, nowMs) };
};
