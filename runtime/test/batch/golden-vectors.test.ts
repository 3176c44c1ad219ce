import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, decodeValue, encodeBatch } from '../../src/batch/codec.ts';
import { type Column, Mark } from '../../src/batch/column.ts';
import { encodeColumn } from '../../src/batch/column-codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { encodeTimestamps } from '../../src/batch/timestamp-codec.ts';
import { WrittenShapes } from '../../src/batch/value-codec.ts';
import { equalValues } from '../../src/batch/values.ts';
import { oneOfEach } from './kinds.ts';
import { fromNotation, type Notation, readGolden } from './notation.ts';

interface GoldenValue {
  readonly value: Notation;
  readonly bytes: string;
}

interface GoldenBatch {
  readonly name: string;
  readonly rows: readonly Notation[];
  readonly times: readonly (number | null)[];
  readonly bytes: string;
}

const values = readGolden<GoldenValue>('values.json');
const hashes = readGolden<{ readonly value: Notation; readonly hash: number }>('hash.json');
const batches = readGolden<GoldenBatch>('batches.json');

const batchOf = ({ rows, times }: GoldenBatch): Batch =>
  Batch.ofRows(
    rows.map(fromNotation),
    Float64Array.from(times, (time) => time ?? Number.NaN),
  );

const digestOf = (entries: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(entries)).digest('hex');

/** Bytes in hexadecimal. */
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

describe('the golden files', () => {
  // Savepoints hold such bytes, and key groups follow from such hashes: entries are only ever added at the end, and
  // whoever adds some adds a line here. A line that is here stays as it is.
  it.each([
    ['values.json', 66, '65bdf36459eda07ca3aacbe117a8ef50af842278465b21003a9cf6c67bcfabb0'],
    ['values.json', 155, '1f9665dd7d291ac64ed88f0246f2df2ecbc278b41a422eac0e2e782aba34694b'],
    ['hash.json', 66, 'ba839e516efe805348d2fb47f95c86eb4be47398740199aa32ef28396b8fe17e'],
    ['hash.json', 155, 'ad347d8cc9f2feb07f485468e70195e96bbe72e6a7e601c1879eece34f28a6c8'],
    ['batches.json', 8, '9fc74154c899e234ef0ed95497854e5e60ef418cfb4e754320a2379f7750a371'],
    ['batches.json', 16, '2d4e45fc3fbe50b63470bdaadd6b8643960ee20ab0d1e68bac8bd23d9af0ea58'],
    ['expressions.json', 219, '9a2c55e015f8f69a653b3e1f7c960cee2bdb29e372f36cc022fde9eee6c08f0a'],
  ])('begin as they always have: %s, the first %i entries', (file, count, digest) => {
    expect(digestOf(readGolden(file).slice(0, count))).toBe(digest);
  });

  it('hold a value of every kind, with its bytes and its hash', () => {
    for (const value of oneOfEach()) {
      expect(values.some((entry) => equalValues(fromNotation(entry.value), value))).toBe(true);
      expect(hashes.some((entry) => equalValues(fromNotation(entry.value), value))).toBe(true);
    }
  });

  it('hold the same values in the same order for bytes and for hashes', () => {
    expect(values.map(({ value }) => value)).toEqual(hashes.map(({ value }) => value));
  });

  it('give equal values one hash, and only those', () => {
    const all = hashes.map(({ value, hash }) => ({ value: fromNotation(value), hash }));
    for (const one of all) {
      for (const two of all) expect(one.hash === two.hash).toBe(equalValues(one.value, two.value));
    }
  });

  it('begin with every tag that a value can begin with by itself', () => {
    const tags = new Set(values.map(({ bytes }) => Number.parseInt(bytes.slice(0, 2), 16)));
    expect([...tags].sort((one, two) => one - two)).toEqual(Array.from({ length: 16 }, (_, tag) => tag));
  });

  it('have each tag of one meaning: what it stands for is what comes back', () => {
    for (const { value, bytes } of values) {
      const decoded = decodeValue(new ByteReader(fromHex(bytes)));
      expect(equalValues(decoded, fromNotation(value))).toBe(true);
      expect(hashValue(decoded)).toBe(hashValue(fromNotation(value)));
    }
  });
});

/** What the parts of the golden batches begin with. */
const layoutsOf = (
  batch: Batch,
): { readonly columns: readonly Column[]; readonly layouts: number[]; readonly times: number } => {
  const columns = batch.columns()?.columns ?? [];
  const layouts = columns.map((column) => {
    const writer = new ByteWriter();
    encodeColumn(column, batch.length, writer, new WrittenShapes());
    return writer.view()[0] as number;
  });
  const writer = new ByteWriter();
  encodeTimestamps(batch.timestamps, batch.length, writer);
  return { columns, layouts, times: writer.view()[0] as number };
};

describe('the golden batches', () => {
  const all = batches.map((batch) => layoutsOf(batchOf(batch)));

  it('have columns of every layout', () => {
    const layouts = new Set(all.flatMap((batch) => batch.layouts));
    expect([...layouts].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('have timestamps of every layout', () => {
    expect([...new Set(all.map(({ times }) => times))].sort()).toEqual([0, 1, 2, 3]);
  });

  it('have every mark, beside values of every type', () => {
    const marked = new Set<string>();
    for (const { columns } of all) {
      for (const { type, marks } of columns) for (const mark of marks ?? []) marked.add(`${type} ${mark}`);
    }
    for (const type of ['number', 'string', 'boolean', 'bigint']) {
      for (const mark of Object.values(Mark)) expect(marked).toContain(`${type} ${mark}`);
    }
    // A column of any values says by marks only what is missing.
    expect(marked).toContain(`any ${Mark.missing}`);
  });

  it('refer to names that were written before, and have both forms of a batch', () => {
    const orders = batches.find(({ name }) => name === 'records in two orders of their fields');
    // The third record: like the first kind, 5, 6.
    expect(orders?.bytes).toContain('100004050406');
    const forms = batches.map((batch) => batchOf(batch).columns() === undefined);
    expect(new Set(forms)).toEqual(new Set([true, false]));
  });

  it('are written alike from what was read', () => {
    for (const { bytes, name } of batches) {
      const writer = new ByteWriter();
      encodeBatch(decodeBatch(new ByteReader(fromHex(bytes))), writer);
      expect([name, Buffer.from(writer.view()).toString('hex')]).toEqual([name, bytes]);
    }
  });
});
