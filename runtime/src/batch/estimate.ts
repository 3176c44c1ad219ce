/** About how much memory records take: an estimate from a few of them, for buffers that are bounded by bytes. */
import type { Batch } from './batch.ts';
import type { Column } from './column.ts';

/** Values looked at in a batch or column; more than that would cost more than a better guess is worth. */
const mostSamples = 16;
/** Nested deeper than this, a value counts as a word. */
const deepest = 6;
const wordBytes = 8;
/** What an object, an array or a text takes beside its content. */
const headerBytes = 24;

const membersBytes = (members: Iterable<unknown>, depth: number): number => {
  let bytes = headerBytes;
  for (const member of members) bytes += estimateValueBytes(member, depth + 1);
  return bytes;
};

const objectBytes = (value: object, depth: number): number => {
  if (depth >= deepest) return wordBytes;
  if (value instanceof Uint8Array) return headerBytes + value.length;
  if (Array.isArray(value) || value instanceof Set) return membersBytes(value, depth);
  if (value instanceof Map) return membersBytes(value.keys(), depth) + membersBytes(value.values(), depth);
  return membersBytes(Object.values(value), depth);
};

/** About how many bytes a value takes. */
export const estimateValueBytes = (value: unknown, depth: number = 0): number => {
  if (typeof value === 'string') return headerBytes + value.length;
  return typeof value === 'object' && value !== null ? objectBytes(value, depth) : wordBytes;
};

/** The mean over evenly spread positions, for all of them. */
const sampled = (length: number, bytesAt: (position: number) => number): number => {
  const step = Math.max(1, Math.ceil(length / mostSamples));
  let bytes = 0;
  let samples = 0;
  for (let position = 0; position < length; position += step) {
    bytes += bytesAt(position);
    samples++;
  }
  return samples === 0 ? 0 : Math.ceil((bytes / samples) * length);
};

const columnBytes = (column: Column, length: number): number => {
  switch (column.type) {
    case 'boolean':
      return length;
    case 'number':
    case 'bigint':
      return length * wordBytes;
    case 'text':
      return sampled(length, (position) => wordBytes + (column.lengths[position] as number));
    case 'string':
    case 'any':
      return sampled(length, (position) => estimateValueBytes(column.values[position]));
  }
};

const recordsBytes = (batch: Batch): number => {
  const { length } = batch;
  if (batch.hasRows) {
    const rows = batch.rows();
    return sampled(length, (position) => estimateValueBytes(rows[position]));
  }
  return (batch.columns()?.columns ?? []).reduce((sum, column) => sum + columnBytes(column, length), 0);
};

/** About how many bytes a batch takes: its records as they lie there now, timestamps and keys. */
export const estimateBatchBytes = (batch: Batch): number => {
  const { length, keys } = batch;
  const keyBytes =
    keys === undefined ? 0 : 4 * length + sampled(length, (i) => estimateValueBytes(keys.values[i]));
  return recordsBytes(batch) + wordBytes * length + keyBytes;
};
