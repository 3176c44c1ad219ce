/** Columns to rows: plain objects of one hidden class, made by a generated function once a schema has shown up again. */
import { type Column, type ColumnSet, Mark } from './column.ts';
import { generateRowMaker, type RowMaker } from './generate.ts';
import { decodeText } from './text.ts';
import { setField } from './values.ts';

/** Schemas that get a function of their own; a job has a few, and one with a new schema every batch gains nothing. */
const mostMakers = 256;

/** Fields above which an object is no longer built in one piece. */
const mostGeneratedFields = 64;

/** Row makers by the names of the fields; undefined for a schema that has come once. */
const makersByNames = new Map<string, RowMaker | undefined>();

/** An object with these fields, to be copied for each row so that all share its hidden class. */
const templateOf = (names: readonly string[]): Record<string, unknown> => {
  const template: Record<string, unknown> = {};
  for (const name of names) setField(template, name, undefined);
  return template;
};

/** The same without generated code: slower, for the first batch of a schema and where code generation is not allowed. */
const makeRowsPlainly: RowMaker = (template, names, columns, length) => {
  const rows = new Array<unknown>(length);
  for (let i = 0; i < length; i++) rows[i] = { ...template };
  names.forEach((name, position) => {
    const values = columns[position] as ArrayLike<unknown>;
    for (let i = 0; i < length; i++) (rows[i] as Record<string, unknown>)[name] = values[i];
  });
  return rows;
};

/** A maker gets the names as arguments: it is right for all schemas of its width, but fast for the one that it met first. */
const makerFor = (names: readonly string[]): RowMaker => {
  const key = `${names.length} ${names.join(' ')}`;
  const known = makersByNames.get(key);
  if (known !== undefined) return known;
  if (!makersByNames.has(key)) {
    const isWorthwhile = makersByNames.size < mostMakers && names.length <= mostGeneratedFields;
    if (isWorthwhile) makersByNames.set(key, undefined);
    return makeRowsPlainly;
  }
  const maker = generateRowMaker(names.length) ?? makeRowsPlainly;
  makersByNames.set(key, maker);
  return maker;
};

const booleansOf = (values: Uint8Array, length: number): boolean[] => {
  const booleans = new Array<boolean>(length);
  for (let i = 0; i < length; i++) booleans[i] = values[i] !== 0;
  return booleans;
};

const typedValues = (column: Column, length: number): ArrayLike<unknown> => {
  if (column.type === 'text') return decodeText(column, length);
  return column.type === 'boolean' ? booleansOf(column.values, length) : column.values;
};

/** The first `length` values of a column, marks honoured; undefined stands for a missing field too. */
export const columnValues = (column: Column, length: number): ArrayLike<unknown> => {
  const typed = typedValues(column, length);
  const { marks, odd } = column;
  if (marks === undefined) return typed;
  const values = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const mark = marks[i];
    if (mark === Mark.value) values[i] = typed[i];
    else if (mark === Mark.odd) values[i] = odd?.get(i);
    else values[i] = mark === Mark.null ? null : undefined;
  }
  return values;
};

const isMissing = (column: Column, i: number): boolean => column.marks?.[i] === Mark.missing;

const hasMissing = (column: Column, length: number): boolean => {
  const at = column.marks?.indexOf(Mark.missing) ?? -1;
  return at >= 0 && at < length;
};

/** Rows that lack fields are built field by field. */
const makeSparseRows = (set: ColumnSet, values: readonly ArrayLike<unknown>[], length: number): unknown[] => {
  const { names, columns } = set;
  const rows = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const row: Record<string, unknown> = {};
    for (let position = 0; position < names.length; position++) {
      if (isMissing(columns[position] as Column, i)) continue;
      setField(row, names[position] as string, (values[position] as ArrayLike<unknown>)[i]);
    }
    rows[i] = row;
  }
  return rows;
};

/** The first `length` records of a column set as plain objects; fields marked missing are absent. */
export const toRows = (set: ColumnSet, length: number): unknown[] => {
  const values = set.columns.map((column) => columnValues(column, length));
  if (set.columns.some((column) => hasMissing(column, length))) return makeSparseRows(set, values, length);
  return makerFor(set.names)(templateOf(set.names), set.names, values, length);
};
