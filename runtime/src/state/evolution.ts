import type { StateDescriptor } from '../api/state.ts';
import { describeValue } from '../batch/describe.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import { HeapColumn, NumberColumn, type StateColumn } from './columns.ts';
import { describeShape, type StateKind, type StateShape } from './state-shape.ts';
import { Timed } from './time-to-live.ts';
import { ValueMap } from './value-map.ts';

/** Makes a stored value one of today's shape. */
export type ConvertValue = (value: unknown) => unknown;

const isSingle = (kind: StateKind): boolean => kind !== 'list' && kind !== 'map';

const refuse = (message: string, hint: string, name: string): MillraceError =>
  new MillraceError('job-invalid', message, { hint, where: { state: name } });

const incompatible = (stored: StateShape, now: StateShape, why: string, hint: string): MillraceError =>
  refuse(
    `The state “${stored.name}” was ${describeShape(stored)} and is ${describeShape(now)} now${why}.`,
    hint,
    now.name,
  );

/** Calls the author's function; a failure names the state. */
const migration =
  ({ name, migrate }: StateDescriptor, fromVersion: number): ConvertValue =>
  (value) => {
    try {
      return migrate?.(value, fromVersion);
    } catch (error) {
      throw new MillraceError('user-code', `migrate of the state “${name}” failed: ${reasonOf(error)}`, {
        cause: error,
        hint: `Correct it, so that it takes every value that version ${fromVersion} has stored.`,
        where: { state: name },
      });
    }
  };

/**
 * How values stored in one shape become those of a registered state; undefined = they are the same.
 * @throws MillraceError job-invalid when they cannot
 */
export const conversionOf = (
  stored: StateShape,
  now: StateShape,
  descriptor: StateDescriptor,
): ConvertValue | undefined => {
  const giveMigrate =
    'Raise the version of its descriptor and give it a migrate function, or give the new state another name.';
  if (stored.version > now.version)
    throw incompatible(stored, now, '', 'Run the version of the job that wrote it, or a newer one.');
  const sameKind = stored.kind === now.kind || (isSingle(stored.kind) && isSingle(now.kind));
  if (!sameKind) throw incompatible(stored, now, '', 'Give the new state another name.');
  if (stored.version < now.version) {
    if (descriptor.migrate === undefined)
      throw incompatible(stored, now, ', and it has no migrate', giveMigrate);
    return migration(descriptor, stored.version);
  }
  if (stored.kind !== now.kind) throw incompatible(stored, now, '', giveMigrate);
  if (stored.isNumeric === now.isNumeric) return undefined;
  if (now.isNumeric) throw incompatible(stored, now, '', giveMigrate);
  return (value) => value;
};

/** A column for what is read of a state before it is converted. */
export const columnFor = ({ isNumeric }: StateShape, rowCount: number): StateColumn => {
  const column = isNumeric ? new NumberColumn(true) : new HeapColumn(true);
  column.grow(rowCount);
  return column;
};

const convertMap = (map: ValueMap<unknown, unknown>, convert: ConvertValue): ValueMap<unknown, unknown> => {
  const converted = new ValueMap<unknown, unknown>();
  for (const [key, held] of map)
    converted.set(key, held instanceof Timed ? new Timed(convert(held.value), held.expiryMs) : convert(held));
  return converted;
};

const convertCell = (cell: unknown, kind: StateKind, convert: ConvertValue): unknown => {
  if (kind === 'map') return convertMap(cell as ValueMap<unknown, unknown>, convert);
  return kind === 'list' ? (cell as readonly unknown[]).map(convert) : convert(cell);
};

/** Takes over the rows that a column has, in the shape of another one. */
export const convertColumn = (
  from: StateColumn,
  to: StateColumn,
  rows: readonly number[],
  { kind, name }: StateShape,
  convert: ConvertValue,
): void => {
  for (const row of rows) {
    if (!from.has(row)) continue;
    const cell = convertCell(
      from instanceof NumberColumn ? from.values[row] : (from as HeapColumn).read(row),
      kind,
      convert,
    );
    if (to instanceof NumberColumn) {
      if (typeof cell !== 'number')
        throw refuse(
          `migrate of the state “${name}” gave ${describeValue(cell, 60)}, but its type is number.`,
          'Return a number, or leave the type of the state out.',
          name,
        );
      to.set(row, cell);
    } else (to as HeapColumn).setValue(row, cell);
    if (kind !== 'map') to.setExpiryMs(row, from.expiryMs(row));
  }
};
