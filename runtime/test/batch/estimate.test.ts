import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import { estimateBatchBytes, estimateValueBytes } from '../../src/batch/estimate.ts';

const batchOf = (rows: readonly unknown[]): Batch => Batch.ofRows(rows, new Float64Array(rows.length));

const columnar = (rows: readonly unknown[]): Batch => {
  const writer = new ByteWriter();
  encodeBatch(batchOf(rows), writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

describe('the estimate of what records take', () => {
  it('counts texts and bytes by their length, and all else by words', () => {
    expect(estimateValueBytes(1)).toBe(8);
    expect(estimateValueBytes(null)).toBe(8);
    expect(estimateValueBytes('x'.repeat(1000))).toBeGreaterThan(1000);
    expect(estimateValueBytes(new Uint8Array(1000))).toBeGreaterThan(1000);
    expect(estimateValueBytes(new Date(0))).toBeGreaterThan(8);
  });

  it.each([
    ['an array', ['x'.repeat(500), 'y'.repeat(500)]],
    ['a set', new Set(['x'.repeat(500), 'y'.repeat(500)])],
    ['a map', new Map([['x'.repeat(500), 'y'.repeat(500)]])],
    ['an object', { a: { b: 'x'.repeat(1000) } }],
  ])('counts what is in %s', (_, value) => {
    expect(estimateValueBytes(value)).toBeGreaterThan(1000);
    expect(estimateValueBytes(value)).toBeLessThan(1300);
  });

  it('does not walk down for ever', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    expect(estimateValueBytes(endless)).toBeLessThan(1000);
  });

  it.each([
    ['rows', batchOf],
    ['columns', columnar],
  ])('grows with the records of a batch, as %s', (_, make) => {
    const rows = (count: number, text: string): unknown[] =>
      Array.from({ length: count }, (__, i) => ({ id: i, big: BigInt(i), is: i % 2 === 0, text, list: [i] }));
    const few = estimateBatchBytes(make(rows(10, 'short')));
    const many = estimateBatchBytes(make(rows(1000, 'short')));
    const long = estimateBatchBytes(make(rows(1000, 'long'.repeat(100))));
    expect(many / few).toBeGreaterThan(90);
    expect(many / few).toBeLessThan(110);
    expect(long - many).toBeGreaterThan(300_000);
    expect(long - many).toBeLessThan(600_000);
  });

  it('counts keys and timestamps, and nothing for no records', () => {
    expect(estimateBatchBytes(batchOf([]))).toBe(0);
    const batch = batchOf([1, 2, 3]);
    const keyed = batch.withKeys({ values: ['a', 'b', 'c'], hashes: new Uint32Array(3) });
    expect(estimateBatchBytes(batch)).toBe(3 * 16);
    expect(estimateBatchBytes(keyed)).toBeGreaterThan(estimateBatchBytes(batch) + 3 * 24);
  });
});
