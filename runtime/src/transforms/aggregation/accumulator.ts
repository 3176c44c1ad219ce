/**
 * `aggregation` is the running form of aggregates. An *accumulator* is what one aggregate keeps for one row of a table:
 * some numbers in typed columns, perhaps one heap value; it knows how to take in a batch column-wise, how to merge with
 * another accumulator, and how to say its result. Heap values are values of the value domain, so that the one codec of the
 * project moves them. An *input* is what an aggregate reads of a batch, read once before anything is changed.
 */

/** The columns of a table of accumulators. Arrays are replaced when the table grows: read them again after a lookup. */
export interface AccumulatorColumns {
  readonly numbers: readonly Float64Array[];
  readonly heaps: readonly unknown[][];
}

/** What one aggregate reads of one batch, by position of the record. Filled by an input reader (inputs.ts). */
export interface AggregateInputs {
  /** Numbers of numeric aggregates. */
  numbers: Float64Array;
  /** 0 where there is nothing to aggregate; absent = everything counts. */
  present: Uint8Array | undefined;
  /** Values of the others; null and undefined are ignored. */
  values: ArrayLike<unknown>;
  /** The records, for aggregates that keep them. */
  records: ArrayLike<unknown>;
  timestamps: Float64Array;
  /** Number of the first record of the batch in order of arrival; the record at position i has this plus i. */
  arrival: number;
}

/**
 * A part of a batch and where it goes: record `positions[j]` belongs to row `rows[j]`, for j in [from, to). A row may occur
 * several times; records of a row are in order of arrival.
 */
export interface RowSelection {
  readonly rows: Int32Array;
  readonly positions: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** Pairs of rows to merge: row `sources[j]` of one table into row `targets[j]` of another (or the same), for j < length. */
export interface RowPairs {
  readonly targets: Int32Array;
  readonly sources: Int32Array;
  readonly length: number;
}

/** One aggregate over tables. Stateless: everything that changes is in the columns. */
export interface Accumulator {
  /** Initial values of its number columns. */
  readonly initialNumbers: readonly number[];
  /** Whether it keeps a heap value; undefined = none yet. */
  readonly hasHeap: boolean;
  /** What its input reader must provide. */
  readonly reads: 'nothing' | 'numbers' | 'values' | 'rankedRecords';
  /** Whether it gives the same result when records were aggregated in parts, in any order: allows two phases. */
  readonly mergesInAnyOrder: boolean;
  /** Takes records in. */
  update(columns: AccumulatorColumns, selection: RowSelection, inputs: AggregateInputs): void;
  /** Takes other accumulators in, without changing them or sharing anything with them. */
  merge(target: AccumulatorColumns, source: AccumulatorColumns, pairs: RowPairs): void;
  /** The result of one row. */
  result(columns: AccumulatorColumns, row: number): unknown;
  /** Results of the first `length` rows of a list, into `target` from `at` on, for aggregates whose result is a number. */
  numberResults?(
    columns: AccumulatorColumns,
    rows: Int32Array,
    length: number,
    target: Float64Array,
    at: number,
  ): void;
  /** Its first number column is the number of records that a row has taken. */
  readonly countsRecords?: boolean;
  /** A NaN from `numberResults` stands for undefined. */
  readonly noneIsNaN?: boolean;
}

/** Where the columns of one accumulator start in its table. */
export interface ColumnPlace {
  readonly number: number;
  readonly heap: number;
}
