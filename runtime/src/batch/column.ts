/**
 * A column holds one field of a batch of records, typed where the data is regular. What does not fit the type of its
 * column is marked and lies in a side map, so one odd value never slows the others down.
 */

/** What stands at one position of a column. `value` is the typed value; the others say why there is none. */
export const Mark = { value: 0, null: 1, undefined: 2, missing: 3, odd: 4 } as const;

interface ColumnBase {
  /** One `Mark` a position; absent when every position holds a typed value. */
  readonly marks?: Uint8Array | undefined;
  /** The values at positions marked `odd`. */
  readonly odd?: ReadonlyMap<number, unknown> | undefined;
}

export interface NumberColumn extends ColumnBase {
  readonly type: 'number';
  readonly values: Float64Array;
}

export interface BooleanColumn extends ColumnBase {
  readonly type: 'boolean';
  /** 0 or 1. */
  readonly values: Uint8Array;
}

export interface BigIntColumn extends ColumnBase {
  readonly type: 'bigint';
  /** Values beyond 64 bits are `odd`. */
  readonly values: BigInt64Array;
}

/** Strings, decoded. */
export interface StringColumn extends ColumnBase {
  readonly type: 'string';
  readonly values: readonly string[];
}

/** Strings as bytes (UTF-8, lone surrogates as three bytes each): value i is `bytes[offsets[i] .. offsets[i] + lengths[i])`. */
export interface TextColumn extends ColumnBase {
  readonly type: 'text';
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
}

/** Anything of the value domain, untyped; holds nulls and undefined itself, `marks` only says `missing`. */
export interface AnyColumn extends ColumnBase {
  readonly type: 'any';
  readonly values: readonly unknown[];
}

export type Column = NumberColumn | BooleanColumn | BigIntColumn | StringColumn | TextColumn | AnyColumn;

/** The fields of a batch of plain objects, in the order in which records show them. */
export interface ColumnSet {
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  /**
   * The records are not records of the job but accumulators under way from the first phase of an aggregation to the second.
   * A mark of its own, since no field name can be kept from the author's records.
   */
  readonly partial?: true;
}
