import { MillraceError } from '../../contract/errors.ts';
import type { SqliteDatabase, SqliteValue } from '../../sys/sqlite.ts';
import { toJsonText } from '../formats/json-text.ts';
import type { SqliteSettings, SqliteType } from './options.ts';

/** A name as SQL takes it, whatever characters it has. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const typeOf = (value: unknown): SqliteType | '' => {
  if (value === null || value === undefined) return '';
  switch (typeof value) {
    case 'number':
      return 'NUMERIC';
    case 'bigint':
    case 'boolean':
      return 'INTEGER';
    case 'string':
      return 'TEXT';
    default:
      return value instanceof Uint8Array ? 'BLOB' : 'TEXT';
  }
};

/** The table as the sink writes it: columns in order, with the types it would be made with. */
export interface TableShape {
  readonly names: readonly string[];
  readonly types: readonly (SqliteType | '')[];
  /** The column that holds the attempt, the last one; undefined = none. */
  readonly attemptColumn: string | undefined;
}

/** The shape that the options give, or else the first record. */
export const shapeOf = (settings: SqliteSettings, first: Readonly<Record<string, unknown>>): TableShape => {
  const { columns, guard } = settings;
  const names = columns === undefined ? Object.keys(first) : Object.keys(columns);
  const types = names.map((name) => columns?.[name] ?? typeOf(first[name]));
  const attemptColumn = guard !== undefined && 'attempt' in guard ? guard.attempt : undefined;
  const missing = [...settings.key, ...(guard !== undefined && 'field' in guard ? [guard.field] : [])].find(
    (name) => !names.includes(name),
  );
  if (missing !== undefined) {
    throw new MillraceError(
      'record-invalid',
      `The first record has no field ${JSON.stringify(missing)}, which is in the key or guard.`,
      {
        hint: 'Name the table’s columns in the option `columns`, or see that every record has the fields of the key.',
        where: { table: settings.table, fields: names.join(', ') },
      },
    );
  }
  return attemptColumn === undefined || names.includes(attemptColumn)
    ? { names, types, attemptColumn }
    : { names: [...names, attemptColumn], types: [...types, 'INTEGER'], attemptColumn };
};

/** Makes the table if it is not there. */
export const createTableSql = ({ table, key }: SqliteSettings, { names, types }: TableShape): string => {
  const columns = names.map((name, i) => `${quoteName(name)} ${types[i]}`.trimEnd());
  const primaryKey = key.length === 0 ? [] : [`PRIMARY KEY (${key.map(quoteName).join(', ')})`];
  return `CREATE TABLE IF NOT EXISTS ${quoteName(table)} (${[...columns, ...primaryKey].join(', ')})`;
};

/** How rows come into a table. */
export interface Upsert {
  readonly table: string;
  readonly key: readonly string[];
  readonly names: readonly string[];
  /** A row is replaced only by one whose value in this column is not lower; null = by any. */
  readonly guard: string | null;
}

/** Writes the rows of a source, which is `VALUES …` or a `SELECT` with a `WHERE`: each replaces the one with its key. */
export const upsertFromSql = ({ table, key, names, guard }: Upsert, source: string): string => {
  const insert = `INSERT INTO ${quoteName(table)} (${names.map(quoteName).join(', ')}) ${source}`;
  if (key.length === 0) return insert;
  const others = names.filter((name) => !key.includes(name));
  const conflict = `${insert} ON CONFLICT (${key.map(quoteName).join(', ')}) DO`;
  if (others.length === 0) return `${conflict} NOTHING`;
  const update = others.map((name) => `${quoteName(name)} = excluded.${quoteName(name)}`).join(', ');
  if (guard === null) return `${conflict} UPDATE SET ${update}`;
  const old = `${quoteName(table)}.${quoteName(guard)}`;
  return `${conflict} UPDATE SET ${update} WHERE ${old} IS NULL OR excluded.${quoteName(guard)} >= ${old}`;
};

/** The column that keeps older rows from replacing newer ones. */
export const guardColumnOf = ({ guard }: SqliteSettings, { attemptColumn }: TableShape): string | undefined =>
  attemptColumn ?? (guard !== undefined && 'field' in guard ? guard.field : undefined);

/** Writes one row: replaces the one with its key, unless the guard says that it is newer. */
export const upsertSql = (settings: SqliteSettings, shape: TableShape): string => {
  const { table, key } = settings;
  const { names } = shape;
  const guard = guardColumnOf(settings, shape) ?? null;
  return upsertFromSql({ table, key, names, guard }, `VALUES (${names.map(() => '?').join(', ')})`);
};

/**
 * Checks a table that was there before.
 * @throws MillraceError job-invalid when it lacks a column, or nothing makes the key unique.
 */
export const checkTable = (
  database: SqliteDatabase,
  settings: SqliteSettings,
  shape: TableShape,
  file: string,
): void => {
  const rows = database.prepare(`SELECT name FROM pragma_table_info(?)`).all([settings.table]);
  const present = rows.map((row) => String(row['name']).toLowerCase());
  const missing = shape.names.filter((name) => !present.includes(name.toLowerCase()));
  const where = { file, table: settings.table };
  if (missing.length > 0) {
    throw new MillraceError(
      'job-invalid',
      `The table ${settings.table} in ${file} has no column ${missing.map((name) => JSON.stringify(name)).join(', ')}.`,
      { hint: 'Add the column, name another table, or leave the field out by the option `columns`.', where },
    );
  }
  try {
    database.prepare(upsertSql(settings, shape));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('ON CONFLICT')) throw error;
    throw new MillraceError(
      'job-invalid',
      `In ${file}, nothing makes (${settings.key.join(', ')}) unique in the table ${settings.table}.`,
      {
        hint: 'Make these columns its primary key or a unique index, or name another table.',
        cause: error,
        where,
      },
    );
  }
};

/**
 * A field as SQLite stores it: booleans as 0 and 1, dates as ISO text, arrays, maps and objects as JSON, NaN as null.
 * @throws MillraceError record-invalid for a whole number that needs more than 64 bits.
 */
export const toSqliteValue = (value: unknown, column: string): SqliteValue => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isNaN(value) ? null : value;
    case 'boolean':
      return value ? 1 : 0;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value;
      throw new MillraceError(
        'record-invalid',
        `Column ${JSON.stringify(column)} got a whole number of more than 64 bits.`,
        {
          hint: 'Write it as text: map the field to String(value).',
          where: { column },
        },
      );
    default:
      if (value === null || value === undefined || value instanceof Uint8Array) return value ?? null;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
      return toJsonText(value);
  }
};
