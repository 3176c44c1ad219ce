/**
 * Rows to columns: the schema is inferred from the rows of one batch. A field gets the type of its first value; what does not
 * fit is marked and lies aside, and a field of which most does not fit becomes an `any` column.
 */
import { type BigIntColumn, type Column, type ColumnSet, Mark } from './column.ts';
import { isPlainObject } from './values.ts';

type Row = Readonly<Record<string, unknown>>;

/** Cells of a column set for each cell that holds something, above which rows are the better form. */
const mostEmptiness = 16;

/** Whether all rows are plain objects with exactly these fields in this order. */
const isRegular = (rows: readonly unknown[], length: number, names: readonly string[]): boolean => {
  const width = names.length;
  for (let i = 0; i < length; i++) {
    const row = rows[i];
    if (!isPlainObject(row)) return false;
    let position = 0;
    for (const name in row) {
      if (name !== names[position]) return false;
      position += 1;
    }
    if (position !== width) return false;
  }
  return true;
};

/** The fields of all rows, with the fields that stand right behind each of them in some row. */
type FieldGraph = Map<string, Set<string>>;

const addFieldOrder = (graph: FieldGraph, names: readonly string[]): void => {
  let before: Set<string> | undefined;
  for (const name of names) {
    before?.add(name);
    before = graph.get(name);
    if (before === undefined) {
      before = new Set();
      graph.set(name, before);
    }
  }
};

/** All fields, none before one that it stands behind in some row; undefined if rows contradict each other. */
const sortedNames = (graph: FieldGraph): string[] | undefined => {
  const predecessors = new Map<string, number>();
  for (const behind of graph.values()) {
    for (const name of behind) predecessors.set(name, (predecessors.get(name) ?? 0) + 1);
  }
  const names: string[] = [...graph.keys()].filter((name) => !predecessors.has(name));
  for (const name of names) {
    for (const behind of graph.get(name) ?? []) {
      const left = (predecessors.get(behind) ?? 0) - 1;
      predecessors.set(behind, left);
      if (left === 0) names.push(behind);
    }
  }
  return names.length === graph.size ? names : undefined;
};

const isSame = (left: readonly string[], right: readonly string[]): boolean => {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
};

/** The fields of all rows in an order that every row follows; undefined if there is none or the rows have too little in common. */
const commonNames = (rows: readonly unknown[], length: number): string[] | undefined => {
  const graph: FieldGraph = new Map();
  let cells = 0;
  let previous: readonly string[] = [];
  for (let i = 0; i < length; i++) {
    const row = rows[i];
    if (!isPlainObject(row)) return undefined;
    const names = Object.keys(row);
    cells += names.length;
    if (!isSame(names, previous)) addFieldOrder(graph, names);
    if (graph.size * (i + 1) > mostEmptiness * (cells + mostEmptiness)) return undefined;
    previous = names;
  }
  return sortedNames(graph);
};

/** Reads a field of the rows into a list; `missing` marks rows without it. */
const readField = (
  rows: readonly Row[],
  length: number,
  name: string,
  regular: boolean,
): readonly unknown[] => {
  const values = new Array<unknown>(length);
  if (regular) {
    for (let i = 0; i < length; i++) values[i] = (rows[i] as Row)[name];
  } else {
    // The prototype has names too, `constructor` for one: only own fields count.
    for (let i = 0; i < length; i++) {
      const row = rows[i] as Row;
      values[i] = Object.hasOwn(row, name) ? row[name] : undefined;
    }
  }
  return values;
};

const missingOf = (
  rows: readonly Row[],
  values: readonly unknown[],
  name: string,
): Uint8Array | undefined => {
  let marks: Uint8Array | undefined;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== undefined || Object.hasOwn(rows[i] as Row, name)) continue;
    marks ??= new Uint8Array(values.length);
    marks[i] = Mark.missing;
  }
  return marks;
};

type Typed = 'number' | 'string' | 'boolean' | 'bigint';

/** Whether a value fits a column of this type. */
const fits = (value: unknown, type: Typed): boolean =>
  typeof value === type && (type !== 'bigint' || BigInt.asIntN(64, value as bigint) === value);

/** The type of the first value that is not null or undefined; undefined if it has no column type. */
const typeOf = (values: readonly unknown[]): Typed | undefined => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined || value === null) continue;
    const type = typeof value;
    // A function or symbol is no value of the domain: the codec says so when it comes to it.
    return type === 'object' || type === 'function' || type === 'symbol' ? undefined : (type as Typed);
  }
  return undefined;
};

interface Exceptions {
  readonly marks?: Uint8Array;
  readonly odd?: ReadonlyMap<number, unknown>;
}

/** Marks what is no value of the type; undefined when most of the values are odd. */
const exceptionsOf = (
  values: readonly unknown[],
  type: Typed,
  missing: Uint8Array | undefined,
): Exceptions | undefined => {
  const marks = missing ?? new Uint8Array(values.length);
  const odd = new Map<number, unknown>();
  let fitting = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null) marks[i] = Mark.null;
    else if (value === undefined) marks[i] = marks[i] === Mark.missing ? Mark.missing : Mark.undefined;
    else if (fits(value, type)) fitting += 1;
    else odd.set(i, value);
  }
  if (odd.size > fitting) return undefined;
  if (odd.size === 0) return fitting === values.length ? {} : { marks };
  for (const i of odd.keys()) marks[i] = Mark.odd;
  return { marks, odd };
};

/** The values as a typed column; at the marked positions stands zero or an empty text. */
const typedColumn = (values: readonly unknown[], type: Typed, { marks, odd }: Exceptions): Column => {
  const exceptions = { ...(marks && { marks }), ...(odd && { odd }) };
  const { length } = values;
  const isValue = (i: number): boolean => marks === undefined || marks[i] === Mark.value;
  switch (type) {
    case 'number': {
      const numbers = new Float64Array(length);
      for (let i = 0; i < length; i++) if (isValue(i)) numbers[i] = values[i] as number;
      return { type, values: numbers, ...exceptions };
    }
    case 'string': {
      const texts = new Array<string>(length);
      for (let i = 0; i < length; i++) texts[i] = isValue(i) ? (values[i] as string) : '';
      return { type, values: texts, ...exceptions };
    }
    case 'boolean': {
      const flags = new Uint8Array(length);
      for (let i = 0; i < length; i++) if (isValue(i) && values[i] === true) flags[i] = 1;
      return { type, values: flags, ...exceptions };
    }
    case 'bigint': {
      const longs: BigIntColumn['values'] = new BigInt64Array(length);
      for (let i = 0; i < length; i++) if (isValue(i)) longs[i] = values[i] as bigint;
      return { type, values: longs, ...exceptions };
    }
  }
};

const anyColumn = (values: readonly unknown[], missing: Uint8Array | undefined): Column =>
  missing === undefined ? { type: 'any', values } : { type: 'any', values, marks: missing };

/** Any field, with everything that may stand in it. */
const generalColumn = (rows: readonly Row[], length: number, name: string, regular: boolean): Column => {
  const values = readField(rows, length, name, regular);
  return columnOfValues(values, regular ? undefined : missingOf(rows, values, name));
};

/** Values as a column of the type that fits most of them; `missing` marks positions that have no value at all. */
export const columnOfValues = (values: readonly unknown[], missing?: Uint8Array): Column => {
  const type = typeOf(values);
  if (type === undefined) return anyColumn(values, missing);
  const exceptions = exceptionsOf(values, type, missing?.slice());
  return exceptions === undefined ? anyColumn(values, missing) : typedColumn(values, type, exceptions);
};

/** The fast ways: a field that has one type in all rows; undefined at the first value of another. */
const numberColumn = (rows: readonly Row[], length: number, name: string): Column | undefined => {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value = (rows[i] as Row)[name];
    if (typeof value !== 'number') return undefined;
    values[i] = value;
  }
  return { type: 'number', values };
};

const stringColumn = (rows: readonly Row[], length: number, name: string): Column | undefined => {
  const values = new Array<string>(length);
  for (let i = 0; i < length; i++) {
    const value = (rows[i] as Row)[name];
    if (typeof value !== 'string') return undefined;
    values[i] = value;
  }
  return { type: 'string', values };
};

const booleanColumn = (rows: readonly Row[], length: number, name: string): Column | undefined => {
  const values = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const value = (rows[i] as Row)[name];
    if (typeof value !== 'boolean') return undefined;
    values[i] = value ? 1 : 0;
  }
  return { type: 'boolean', values };
};

const regularColumn = (rows: readonly Row[], length: number, name: string): Column => {
  let column: Column | undefined;
  switch (typeof (rows[0] as Row)[name]) {
    case 'number':
      column = numberColumn(rows, length, name);
      break;
    case 'string':
      column = stringColumn(rows, length, name);
      break;
    case 'boolean':
      column = booleanColumn(rows, length, name);
      break;
    default:
  }
  return column ?? generalColumn(rows, length, name, true);
};

/**
 * The first `length` rows as columns; `toRows` gives the same rows back, the order of their fields included. Undefined when
 * rows are the only form: some record is not a plain object, or the records' fields have no common order or little in common.
 */
export const toColumns = (rows: readonly unknown[], length: number): ColumnSet | undefined => {
  if (length === 0) return { names: [], columns: [] };
  const [first] = rows;
  if (!isPlainObject(first)) return undefined;
  const plain = rows as readonly Row[];
  const firstNames = Object.keys(first);
  if (isRegular(rows, length, firstNames)) {
    return { names: firstNames, columns: firstNames.map((name) => regularColumn(plain, length, name)) };
  }
  const names = commonNames(rows, length);
  if (names === undefined) return undefined;
  return { names, columns: names.map((name) => generalColumn(plain, length, name, false)) };
};
