/** Parts and sums of single columns. */
import {
  type AnyColumn,
  type BigIntColumn,
  type BooleanColumn,
  type Column,
  Mark,
  type NumberColumn,
  type StringColumn,
  type TextColumn,
} from './column.ts';

/** `target[i] = source[indices[i]]` for the first `count` indices. */
export const gatherNumbers = (source: Float64Array, indices: Int32Array, count: number): Float64Array => {
  const target = new Float64Array(count);
  for (let i = 0; i < count; i++) target[i] = source[indices[i] as number] as number;
  return target;
};

export const gatherList = <T>(source: readonly T[], indices: Int32Array, count: number): T[] => {
  const target = new Array<T>(count);
  for (let i = 0; i < count; i++) target[i] = source[indices[i] as number] as T;
  return target;
};

const gatherBytes = (source: Uint8Array, indices: Int32Array, count: number): Uint8Array => {
  const target = new Uint8Array(count);
  for (let i = 0; i < count; i++) target[i] = source[indices[i] as number] as number;
  return target;
};

const gatherIntegers = (source: Int32Array, indices: Int32Array, count: number): Int32Array => {
  const target = new Int32Array(count);
  for (let i = 0; i < count; i++) target[i] = source[indices[i] as number] as number;
  return target;
};

const gatherLongs = (source: BigInt64Array, indices: Int32Array, count: number): BigInt64Array => {
  const target = new BigInt64Array(count);
  for (let i = 0; i < count; i++) target[i] = source[indices[i] as number] as bigint;
  return target;
};

type Exceptions = Pick<Column, 'marks' | 'odd'>;

/** Marks and odd values after records moved: `from(i)` is where record i was. */
const moveExceptions = (marks: Uint8Array, { odd }: Exceptions, from: (i: number) => number): Exceptions => {
  if (odd === undefined) return marks.some((mark) => mark !== Mark.value) ? { marks } : {};
  const moved = new Map<number, unknown>();
  let exceptions = false;
  for (let i = 0; i < marks.length; i++) {
    if (marks[i] !== Mark.value) exceptions = true;
    if (marks[i] === Mark.odd) moved.set(i, odd.get(from(i)));
  }
  if (!exceptions) return {};
  return moved.size === 0 ? { marks } : { marks, odd: moved };
};

/** The values at the first `count` of these positions. The bytes of texts are shared, not copied. */
export const gatherColumn = (column: Column, indices: Int32Array, count: number): Column => {
  const { marks } = column;
  const exceptions =
    marks === undefined
      ? {}
      : moveExceptions(gatherBytes(marks, indices, count), column, (i) => indices[i] as number);
  const { type } = column;
  switch (type) {
    case 'number':
      return { type, values: gatherNumbers(column.values, indices, count), ...exceptions };
    case 'boolean':
      return { type, values: gatherBytes(column.values, indices, count), ...exceptions };
    case 'bigint':
      return { type, values: gatherLongs(column.values, indices, count), ...exceptions };
    case 'string':
      return { type, values: gatherList(column.values, indices, count), ...exceptions };
    case 'any':
      return { type, values: gatherList(column.values, indices, count), ...exceptions };
    case 'text': {
      const offsets = gatherIntegers(column.offsets, indices, count);
      const lengths = gatherIntegers(column.lengths, indices, count);
      return { type, bytes: column.bytes, offsets, lengths, ...exceptions };
    }
  }
};

/** The values from `from` up to `to`; typed arrays are shared. */
export const sliceColumn = (column: Column, from: number, to: number): Column => {
  const { marks } = column;
  const exceptions =
    marks === undefined ? {} : moveExceptions(marks.subarray(from, to), column, (i) => from + i);
  const { type } = column;
  switch (type) {
    case 'number':
      return { type, values: column.values.subarray(from, to), ...exceptions };
    case 'boolean':
      return { type, values: column.values.subarray(from, to), ...exceptions };
    case 'bigint':
      return { type, values: column.values.subarray(from, to), ...exceptions };
    case 'string':
      return { type, values: column.values.slice(from, to), ...exceptions };
    case 'any':
      return { type, values: column.values.slice(from, to), ...exceptions };
    case 'text': {
      const { bytes, offsets, lengths } = column;
      return {
        type,
        bytes,
        offsets: offsets.subarray(from, to),
        lengths: lengths.subarray(from, to),
        ...exceptions,
      };
    }
  }
};

const concatExceptions = (
  columns: readonly Column[],
  lengths: readonly number[],
  length: number,
): Exceptions => {
  if (columns.every(({ marks }) => marks === undefined)) return {};
  const marks = new Uint8Array(length);
  const odd = new Map<number, unknown>();
  let at = 0;
  columns.forEach((column, position) => {
    const count = lengths[position] as number;
    if (column.marks !== undefined) marks.set(column.marks.subarray(0, count), at);
    for (const [i, value] of column.odd ?? []) if (i < count) odd.set(at + i, value);
    at += count;
  });
  return odd.size === 0 ? { marks } : { marks, odd };
};

interface Settable<A> {
  set(part: A, at: number): void;
  subarray(from: number, to: number): A;
}

/** Copies the first values of each part behind each other. */
const joinTyped = <A extends Settable<A>>(target: A, parts: readonly A[], lengths: readonly number[]): A => {
  let at = 0;
  parts.forEach((part, position) => {
    const count = lengths[position] as number;
    target.set(part.subarray(0, count), at);
    at += count;
  });
  return target;
};

const joinLists = <T>(parts: readonly (readonly T[])[], lengths: readonly number[]): T[] =>
  parts.flatMap((part, position) => part.slice(0, lengths[position]));

/** Copies the bytes of the values only, so that nothing else of the old byte arrays is kept. */
const joinTexts = (
  parts: readonly TextColumn[],
  counts: readonly number[],
  length: number,
): Pick<TextColumn, 'bytes' | 'offsets' | 'lengths'> => {
  const offsets = new Int32Array(length);
  const lengths = joinTyped(
    new Int32Array(length),
    parts.map((part) => part.lengths),
    counts,
  );
  let size = 0;
  for (let i = 0; i < length; i++) {
    offsets[i] = size;
    size += lengths[i] as number;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  parts.forEach((part, position) => {
    for (let i = 0; i < (counts[position] as number); i++, at++) {
      const from = part.offsets[i] as number;
      bytes.set(part.bytes.subarray(from, from + (part.lengths[i] as number)), offsets[at]);
    }
  });
  return { bytes, offsets, lengths };
};

/** Columns of one type behind each other, `lengths[k]` values of each; undefined when their types differ. */
export const concatColumns = (
  columns: readonly Column[],
  lengths: readonly number[],
  length: number,
): Column | undefined => {
  const type = columns[0]?.type;
  if (type === undefined || columns.some((column) => column.type !== type)) return undefined;
  const exceptions = concatExceptions(columns, lengths, length);
  switch (type) {
    case 'number': {
      const parts = (columns as readonly NumberColumn[]).map(({ values }) => values);
      return { type, values: joinTyped(new Float64Array(length), parts, lengths), ...exceptions };
    }
    case 'boolean': {
      const parts = (columns as readonly BooleanColumn[]).map(({ values }) => values);
      return { type, values: joinTyped(new Uint8Array(length), parts, lengths), ...exceptions };
    }
    case 'bigint': {
      const parts = (columns as readonly BigIntColumn[]).map(({ values }) => values);
      return { type, values: joinTyped(new BigInt64Array(length), parts, lengths), ...exceptions };
    }
    case 'string': {
      const parts = (columns as readonly StringColumn[]).map(({ values }) => values);
      return { type, values: joinLists(parts, lengths), ...exceptions };
    }
    case 'any': {
      const parts = (columns as readonly AnyColumn[]).map(({ values }) => values);
      return { type, values: joinLists(parts, lengths), ...exceptions };
    }
    case 'text':
      return { type, ...joinTexts(columns as readonly TextColumn[], lengths, length), ...exceptions };
  }
};
