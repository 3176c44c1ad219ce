import type { KeySelector } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import type { Column } from '../batch/column.ts';
import { hashColumn, hashNumber, hashString, hashValue } from '../batch/hash.ts';
import { evaluateExpression } from '../batch/interpret.ts';

/** Computes the keys of a batch. One instance a keyed edge, so that its closure call stays monomorphic. */
export type KeyExtractor = (batch: Batch) => BatchKeys;

const hashOf = (key: unknown): number => {
  if (typeof key === 'number') return hashNumber(key);
  return typeof key === 'string' ? hashString(key) : hashValue(key);
};

/** Keys that are all numbers move in a Float64Array; the first other one switches the batch to plain values. */
const fromValues = (values: readonly unknown[], length: number): BatchKeys => {
  const hashes = new Uint32Array(length);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const key = values[i];
    if (typeof key !== 'number') return fromMixed(values, length, hashes);
    numbers[i] = key;
    hashes[i] = hashNumber(key);
  }
  return { values: numbers, hashes };
};

const fromMixed = (values: readonly unknown[], length: number, hashes: Uint32Array): BatchKeys => {
  for (let i = 0; i < length; i++) hashes[i] = hashOf(values[i]);
  return { values, hashes };
};

const fromFunction =
  (select: (value: unknown) => unknown): KeyExtractor =>
  (batch) => {
    const rows = batch.rows();
    const { length } = batch;
    const hashes = new Uint32Array(length);
    const numbers = new Float64Array(length);
    let i = 0;
    for (; i < length; i++) {
      const key = select(rows[i]);
      if (typeof key !== 'number') break;
      numbers[i] = key;
      hashes[i] = hashNumber(key);
    }
    if (i === length) return { values: numbers, hashes };
    const values: unknown[] = Array.from(numbers.subarray(0, i));
    for (; i < length; i++) {
      const key = select(rows[i]);
      values.push(key);
      hashes[i] = hashOf(key);
    }
    return { values, hashes };
  };

const fromColumn = (column: Column, length: number): BatchKeys | undefined => {
  if (column.marks !== undefined) return undefined;
  const hashes = new Uint32Array(length);
  if (column.type === 'number') {
    hashColumn(column, length, hashes);
    return { values: column.values, hashes };
  }
  if (column.type !== 'string') return undefined;
  hashColumn(column, length, hashes);
  return { values: column.values, hashes };
};

const fromField = (name: string): KeyExtractor => {
  const byRow = fromFunction((value) => (value as Record<string, unknown>)[name]);
  return (batch) => {
    const column = batch.column(name);
    return (column === undefined ? undefined : fromColumn(column, batch.length)) ?? byRow(batch);
  };
};

/** The extractor of a key selector. A composite of several fields is keyed by the array of their values. */
export const createKeyExtractor = (selector: KeySelector): KeyExtractor => {
  switch (selector.kind) {
    case 'field':
      return fromField(selector.name);
    case 'fields': {
      const { names } = selector;
      return fromFunction((value) => names.map((name) => (value as Record<string, unknown>)[name]));
    }
    case 'expression': {
      const { expression } = selector;
      return (batch) =>
        fromValues(
          batch.rows().map((row) => evaluateExpression(expression, row)),
          batch.length,
        );
    }
    case 'function':
      return fromFunction(selector.function);
  }
};
