import { MillraceError } from '../../contract/errors.ts';
import type { SqliteValue } from '../../sys/sqlite.ts';
import type { SqliteSettings } from './options.ts';
import { shapeOf, type TableShape, toSqliteValue } from './table.ts';

export type Row = readonly SqliteValue[];

type Fields = Readonly<Record<string, unknown>>;

/** Makes rows of records. Of several with one key only the last is kept, unless a guard compares them. */
export class RowCollector {
  private readonly settings: SqliteSettings;
  private readonly attempt: number;
  private readonly onShape: (shape: TableShape) => void;
  private shape: TableShape | undefined;
  private keyPositions: readonly number[] = [];
  private rows: Row[] = [];
  /** Where in `rows` the record of a key is. */
  private readonly positions = new Map<string, number>();

  /** `onShape` is called once, before the first row is kept: at once where the options name the columns. */
  constructor(settings: SqliteSettings, attempt: number, onShape: (shape: TableShape) => void) {
    this.settings = settings;
    this.attempt = attempt;
    this.onShape = onShape;
    if (settings.columns !== undefined) this.setUp({});
  }

  get length(): number {
    return this.rows.length;
  }

  get all(): readonly Row[] {
    return this.rows;
  }

  clear(): void {
    this.rows = [];
    this.positions.clear();
  }

  add(record: unknown): void {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) throw this.noObject();
    const fields = record as Fields;
    const row = this.toRow(fields, this.shape ?? this.setUp(fields));
    const key = this.keyOf(row);
    const known = key === undefined ? undefined : this.positions.get(key);
    if (known !== undefined) this.rows[known] = row;
    else {
      if (key !== undefined) this.positions.set(key, this.rows.length);
      this.rows.push(row);
    }
  }

  private setUp(first: Fields): TableShape {
    const shape = shapeOf(this.settings, first);
    this.onShape(shape);
    this.keyPositions = this.settings.key.map((name) => shape.names.indexOf(name));
    this.shape = shape;
    return shape;
  }

  private toRow(fields: Fields, { names, attemptColumn }: TableShape): Row {
    if (this.settings.columns === undefined) {
      for (const name in fields) if (!names.includes(name)) throw this.unknownField(name, names);
    }
    return names.map((name) => {
      if (name === attemptColumn) return this.attempt;
      return Object.hasOwn(fields, name) ? toSqliteValue(fields[name], name) : null;
    });
  }

  /** Tells rows with the same key; undefined when all must be written, because there is no key or the guard compares them. */
  private keyOf(row: Row): string | undefined {
    const { key, guard } = this.settings;
    let text = '';
    for (let i = 0; i < key.length; i++) {
      const value = row[this.keyPositions[i] as number] ?? null;
      if (value === null) throw this.nullKey(key[i] as string);
      const part =
        value instanceof Uint8Array ? `b${value.join()}` : `${typeof value === 'string' ? 's' : 'n'}${value}`;
      text += `${part.length}:${part}`;
    }
    return key.length === 0 || (guard !== undefined && 'field' in guard) ? undefined : text;
  }

  private noObject(): MillraceError {
    return new MillraceError('record-invalid', 'A record that is not an object cannot be a row of a table.', {
      hint: 'Map the records to objects with a field for each column.',
      where: { table: this.settings.table },
    });
  }

  private unknownField(name: string, names: readonly string[]): MillraceError {
    return new MillraceError(
      'record-invalid',
      `A record has the field ${JSON.stringify(name)}, and the table has no such column.`,
      {
        hint: 'Name the columns to write in the option `columns`, or map the records to the same fields.',
        where: { table: this.settings.table, field: name, columns: names.join(', ') },
      },
    );
  }

  private nullKey(column: string): MillraceError {
    return new MillraceError(
      'record-invalid',
      `A record has no value in ${JSON.stringify(column)}, a column of the key.`,
      {
        hint: 'Filter such records out, or give the field a value.',
        where: { table: this.settings.table, column },
      },
    );
  }
}
