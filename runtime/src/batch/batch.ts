/**
 * `batch` holds the value domain and the batch: what a record may be, how records are hashed, compared and encoded, and
 * the run of records in which they move. A *batch* carries timestamps and either *rows* (plain values, best for user
 * closures) or *columns* (typed arrays, best for built-in aggregates, expressions and the wire); each form is made from the
 * other on demand, once. A batch and everything in it is immutable once emitted.
 */
import type { Column, ColumnSet } from './column.ts';
import { toColumns } from './columnize.ts';
import { toRows } from './materialize.ts';

/** The keys of a batch that went through a keyBy: one a record, and its hash (the murmur3 of the key, unsigned 32 bits). */
export interface BatchKeys {
  readonly values: Float64Array | readonly unknown[];
  readonly hashes: Uint32Array;
}

export class Batch {
  readonly kind = 'batch';
  readonly length: number;
  /** Event time in ms since the epoch, NaN where a record has none. At least `length` long. */
  readonly timestamps: Float64Array;
  /** There on the receiving side of a keyed edge; absent elsewhere. */
  readonly keys: BatchKeys | undefined;
  private rowsForm: readonly unknown[] | undefined;
  private columnsForm: ColumnSet | undefined | null;

  private constructor(
    length: number,
    timestamps: Float64Array,
    rows: readonly unknown[] | undefined,
    columns: ColumnSet | undefined | null,
    keys: BatchKeys | undefined,
  ) {
    this.length = length;
    this.timestamps = timestamps;
    this.rowsForm = rows;
    this.columnsForm = columns;
    this.keys = keys;
  }

  /** A batch over these rows; the arrays belong to the batch from now on. */
  static ofRows(rows: readonly unknown[], timestamps: Float64Array, length: number = rows.length): Batch {
    return new Batch(length, timestamps, rows, undefined, undefined);
  }

  /** A batch over these columns; the arrays belong to the batch from now on. */
  static ofColumns(columns: ColumnSet, timestamps: Float64Array, length: number): Batch {
    return new Batch(length, timestamps, undefined, columns, undefined);
  }

  /** A batch that has one of the two forms, or both of the same records. */
  static of(
    rows: readonly unknown[] | undefined,
    columns: ColumnSet | undefined,
    timestamps: Float64Array,
    length: number,
  ): Batch {
    return new Batch(length, timestamps, rows, columns, undefined);
  }

  /** The same records with keys; shares everything else. */
  withKeys(keys: BatchKeys | undefined): Batch {
    return new Batch(this.length, this.timestamps, this.rowsForm, this.columnsForm, keys);
  }

  /** The same records with other timestamps; shares everything else. */
  withTimestamps(timestamps: Float64Array): Batch {
    return new Batch(this.length, timestamps, this.rowsForm, this.columnsForm, this.keys);
  }

  /** Whether the columns are already there, so that using them costs nothing. */
  get isColumnar(): boolean {
    return this.columnsForm !== undefined && this.columnsForm !== null;
  }

  /** Whether these are accumulators under way from the first phase of an aggregation to the second. */
  get isPartial(): boolean {
    return this.columnsForm?.partial === true;
  }

  /** Whether the rows are already there. */
  get hasRows(): boolean {
    return this.rowsForm !== undefined;
  }

  /** The records as values; made once. */
  rows(): readonly unknown[] {
    this.rowsForm ??= toRows(this.columnsForm as ColumnSet, this.length);
    return this.rowsForm;
  }

  /** The records as columns, made once; undefined when some record is not a plain object. */
  columns(): ColumnSet | undefined {
    if (this.columnsForm === undefined) {
      this.columnsForm = toColumns(this.rowsForm as readonly unknown[], this.length) ?? null;
    }
    return this.columnsForm ?? undefined;
  }

  /** One field as a column if the batch is columnar and has it. Never converts rows. */
  column(name: string): Column | undefined {
    if (!this.isColumnar) return undefined;
    const set = this.columnsForm as ColumnSet;
    const position = set.names.indexOf(name);
    return position < 0 ? undefined : set.columns[position];
  }
}
