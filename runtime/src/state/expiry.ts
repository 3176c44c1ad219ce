import { absent, HeapColumn, type StateColumn } from './columns.ts';
import type { KeyGroup } from './key-group.ts';
import type { StoredState } from './state-registry.ts';
import { type ExpiryPolicy, Timed } from './time-to-live.ts';
import { ValueMap } from './value-map.ts';

/** The map of a row; of other states the expiry stands in the column, and no value need be looked at. */
const mapOf = (column: StateColumn, row: number): ValueMap<unknown, unknown> | undefined => {
  if (!(column instanceof HeapColumn) || column.expiriesMs !== undefined) return undefined;
  const value = column.read(row);
  return value !== absent && value instanceof ValueMap ? value : undefined;
};

const hasExpired = (held: unknown, nowMs: number): boolean => held instanceof Timed && nowMs >= held.expiryMs;

/** Whether all that a row has in a column has expired. */
export const isExpired = (
  column: StateColumn,
  row: number,
  expiry: ExpiryPolicy | undefined,
  nowMs: number,
): boolean => {
  if (expiry === undefined || expiry.returnsExpired) return false;
  const map = mapOf(column, row);
  if (map === undefined) return nowMs >= column.expiryMs(row);
  for (const held of map.values()) if (!hasExpired(held, nowMs)) return false;
  return true;
};

/** Whether something has expired in a column at a row that has something. */
const hasAnyExpired = (column: StateColumn, row: number, nowMs: number): boolean => {
  const map = mapOf(column, row);
  if (map === undefined) return nowMs >= column.expiryMs(row);
  for (const held of map.values()) if (hasExpired(held, nowMs)) return true;
  return false;
};

const expireColumn = (column: StateColumn, row: number, nowMs: number): void => {
  if (!(column instanceof HeapColumn) || column.expiriesMs !== undefined) return column.clear(row);
  const map = column.valueAt(row) as ValueMap<unknown, unknown>;
  for (const [key, held] of map) if (hasExpired(held, nowMs)) map.delete(key);
  if (map.size === 0) column.clear(row);
};

/** Removes what has expired in a row, which is noted as a write in this epoch. Returns whether there was any. */
export const expireRow = (
  group: KeyGroup,
  row: number,
  states: readonly StoredState[],
  nowMs: number,
  epoch: number,
): boolean => {
  let removed = false;
  for (let state = 0; state < states.length; state++) {
    const column = group.columns[state]!;
    if (states[state]!.expiry === undefined || !column.has(row)) continue;
    if (!hasAnyExpired(column, row, nowMs)) continue;
    group.touch(row, epoch);
    expireColumn(column, row, nowMs);
    removed = true;
  }
  return removed;
};
