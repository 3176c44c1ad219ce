import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type { FusedPlan } from '../../src/batch/plan.ts';
import { concatBatches, sliceBatch } from '../../src/batch/slice.ts';
import * as arbitrary from './arbitrary.ts';

/** Records as a sink would write them: with their fields in order, and nothing that JSON cannot tell apart. */
const written = (rows: readonly unknown[]): string[] =>
  rows.map((row) => {
    const seen = (_: string, value: unknown): unknown => {
      if (typeof value === 'bigint') return `${value}n`;
      if (value === undefined) return 'undefined!';
      if (value instanceof Map || value instanceof Set) return [...value];
      return Object.is(value, -0) ? '-0' : value;
    };
    return JSON.stringify(row, seen);
  });

/** Cuts a batch into parts of so many records. */
const parts = (batch: Batch, size: number): Batch[] => {
  const made: Batch[] = [];
  for (let from = 0; from < batch.length; from += size) {
    made.push(sliceBatch(batch, from, Math.min(from + size, batch.length)));
  }
  return made;
};

const overWire = (batch: Batch): Batch => {
  const writer = new ByteWriter(16);
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

const run = (plan: FusedPlan): ((batch: Batch) => Batch) => {
  const loop = createLoop(plan);
  return (batch) => {
    const columns = loop.runColumns?.(batch);
    if (columns !== undefined) return columns;
    const output = new FusedRows(batch.length);
    const cursor = { index: 0, step: 0, countBefore: 0 };
    for (let from = 0; from < batch.length; ) {
      try {
        loop.runRows(batch.rows(), batch.timestamps, from, batch.length, output, cursor);
        from = batch.length;
      } catch {
        output.truncate(cursor.countBefore);
        from = cursor.index + 1;
      }
    }
    return output.toBatch();
  };
};

const sizes = [1, 2, 3, 1024];

const rowsOf = (batches: readonly Batch[]): unknown[] =>
  batches.flatMap((batch) => batch.rows().slice(0, batch.length));

const batchOf = (rows: readonly unknown[]): Batch =>
  Batch.ofRows(
    rows,
    Float64Array.from(rows, (_, i) => i),
  );

describe('where batches are cut', () => {
  it('does not show in what comes over the wire, the order of fields included', () => {
    fc.assert(
      fc.property(arbitrary.records, (rows) => {
        for (const size of sizes) {
          const received = parts(batchOf(rows), size).map(overWire);
          assert.deepStrictEqual(rowsOf(received), rows);
          expect(written(rowsOf(received))).toEqual(written(rows));
          expect(rowsOf([concatBatches(received)])).toEqual(rows);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not show in the results of expressions, over rows or columns', () => {
    fc.assert(
      fc.property(arbitrary.expressionPlan, arbitrary.records, (plan, rows) => {
        const results = sizes.flatMap((size) => {
          const whole = parts(batchOf(rows), size);
          return [whole, whole.map(overWire)].map((batches) => {
            const process = run(plan);
            return written(rowsOf(batches.map(process)));
          });
        });
        for (const result of results) expect(result).toEqual(results[0]);
      }),
      { numRuns: 200 },
    );
  });

  it('does not show in what functions make of the records, over any number of exchanges', () => {
    fc.assert(
      fc.property(arbitrary.plan, arbitrary.records, (plan, rows) => {
        const results = sizes.flatMap((size) =>
          [0, 1, 2].map((exchanges) => {
            let batches = parts(batchOf(rows), size);
            for (let i = 0; i < exchanges; i++) batches = batches.map(overWire);
            return written(
              rowsOf(batches.map(run(plan)).map((batch) => (exchanges > 0 ? overWire(batch) : batch))),
            );
          }),
        );
        for (const result of results) expect(result).toEqual(results[0]);
      }),
      { numRuns: 100 },
    );
  });
});
