import type { KeySelector } from '../api/transform.ts';
import type { Batch, BatchKeys } from '../batch/batch.ts';
import type { Column } from '../batch/column.ts';
import { hashColumn, hashNumber, hashString, hashValue } from '../batch/hash.ts';
import { evaluateExpression } from '../batch/interpret.ts';
import { columnValues } from '../batch/materialize.ts';
import { isInherited } from '../batch/operations.ts';
import { refusePromise } from '../batch/step-checks.ts';
import { assertSupported } from '../batch/values.ts';

/** Computes the keys of a batch. One instance a keyed edge, so that its closure call stays monomorphic. */
export type KeyExtractor = (batch: Batch) => BatchKeys;

/** Numbers, texts and lists of them are as good as all keys; what else comes is looked at, a promise above all. */
const hashOf = (key: unknown): number => {
  if (typeof key === 'number') return hashNumber(key);
  if (typeof key === 'string') return hashString(key);
  if (!Array.isArray(key)) {
    refusePromise(key, 'keyBy');
    assertSupported(key, 'a key');
  }
  return hashValue(key);
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
    for (let i = 0; i < length; i++) {
      const key = select(rows[i]);
      if (typeof key !== 'number') return fromOthers(select, rows, hashes, numbers, i, key);
      numbers[i] = key;
      hashes[i] = hashNumber(key);
    }
    return { values: numbers, hashes };
  };

/** The keys from position `at` on, after numbers only; the first of them is known. */
const fromOthers = (
  select: (value: unknown) => unknown,
  rows: readonly unknown[],
  hashes: Uint32Array,
  numbers: Float64Array,
  at: number,
  first: unknown,
): BatchKeys => {
  const values: unknown[] = Array.from(numbers.subarray(0, at));
  for (let i = at; i < hashes.length; i++) {
    const key = i === at ? first : select(rows[i]);
    values.push(key);
    hashes[i] = hashOf(key);
  }
  return { values, hashes };
};

/** Gives room for the hashes of so many keys. */
type HashRoom = (length: number) => Uint32Array;

const newHashes: HashRoom = (length) => new Uint32Array(length);

/** Room that is used again for every batch: for keys that nobody looks at once the next batch is there. */
export const reusedHashes = (): HashRoom => {
  let hashes = new Uint32Array(0);
  return (length) => {
    if (hashes.length < length) hashes = new Uint32Array(length);
    return hashes;
  };
};

const fromColumn = (column: Column, length: number, roomFor: HashRoom): BatchKeys | undefined => {
  if (column.marks !== undefined) return undefined;
  const hashes = roomFor(length);
  if (column.type === 'number') {
    hashColumn(column, length, hashes);
    return { values: column.values, hashes };
  }
  if (column.type !== 'string' && column.type !== 'text') return undefined;
  hashColumn(column, length, hashes);
  // Texts in bytes are hashed where they lie; of the record nothing but the key becomes a value.
  return { values: columnValues(column, length) as readonly unknown[], hashes };
};

/** Reads a field of a record. What every object inherits under that name is no field. */
const fieldReader = (name: string): ((value: unknown) => unknown) => {
  const read = (value: unknown): unknown => (value as Record<string, unknown>)[name];
  return isInherited(name)
    ? (value) => (Object.hasOwn(value as object, name) ? read(value) : undefined)
    : read;
};

const fromField = (name: string, roomFor: HashRoom): KeyExtractor => {
  const byRow = fromFunction(fieldReader(name));
  return (batch) => {
    const column = batch.column(name);
    return (column === undefined ? undefined : fromColumn(column, batch.length, roomFor)) ?? byRow(batch);
  };
};

/**
 * The extractor of a key selector. A composite of several fields is keyed by the array of their values. `roomFor` gives room for
 * the hashes of a column, which may be longer than the batch.
 */
export const createKeyExtractor = (selector: KeySelector, roomFor: HashRoom = newHashes): KeyExtractor => {
  switch (selector.kind) {
    case 'field':
      return fromField(selector.name, roomFor);
    case 'fields': {
      const readers = selector.names.map(fieldReader);
      return fromFunction((value) => readers.map((read) => read(value)));
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

/** The field of partial results (`Batch.isPartial`) that has the key. */
export const partialKeyField = 'key';

/** The extractor of a keyed edge: partial results have their key with them, other records are asked for it. */
export const createEdgeKeyExtractor = (selector: KeySelector): KeyExtractor => {
  const ofRecords = createKeyExtractor(selector);
  const ofPartials = fromField(partialKeyField, newHashes);
  return (batch) => {
    if (!batch.isPartial) return ofRecords(batch);
    return batch.keys ?? ofPartials(batch);
  };
};
