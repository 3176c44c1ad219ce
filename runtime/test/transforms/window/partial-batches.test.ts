import { describe, expect, it } from 'vitest';
import { Batch } from '../../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../../src/batch/codec.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { concatBatches, selectRows, sliceBatch } from '../../../src/batch/slice.ts';
import { AccumulatorTable } from '../../../src/state/typed-table.ts';
import {
  emitTable,
  firstPhaseShape,
  partialColumns,
  partialCounts,
} from '../../../src/transforms/window/partial-batches.ts';

const shape = { initialNumbers: [0, Number.NaN], heapCount: 1, countColumn: undefined };

/** A table with a column for the number of records behind those of the shape. */
const tableOf = (keys: readonly unknown[]): AccumulatorTable => {
  const table = new AccumulatorTable({ columns: [...shape.initialNumbers, 0], heapColumns: 1 });
  keys.forEach((key, i) => {
    const row = table.rowFor(key, hashValue(key));
    table.numbers[0]![row] = i * 1.5;
    table.numbers[2]![row] = i + 1;
    table.heaps[0]![row] = [i];
  });
  return table;
};

const tableBatches = (table: AccumulatorTable, startMs: number, keyed: boolean): Batch[] => {
  const batches: Batch[] = [];
  emitTable(table, shape, startMs, keyed, (batch) => batches.push(batch));
  return batches;
};

/** What a receiver on another thread sees. */
const sent = (batch: Batch): Batch => {
  const writer = new ByteWriter();
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

describe('partial results as batches', () => {
  it('carry keys, accumulators, counts and the start of the slice', () => {
    const [batch, ...rest] = tableBatches(tableOf([10, 20, 30]), 500, true);
    expect(rest).toEqual([]);
    expect(batch!.keys).toEqual({
      values: Float64Array.of(10, 20, 30),
      hashes: Uint32Array.from([10, 20, 30], (key) => hashValue(key)),
    });
    expect([...batch!.timestamps]).toEqual([500, 500, 500]);
    expect(batch!.rows()[1]).toEqual({ key: 20, number0: 1.5, number1: Number.NaN, records: 2, heap0: [1] });
    const { numbers, heaps } = partialColumns(batch!, shape);
    expect(numbers).toEqual([
      Float64Array.of(0, 1.5, 3),
      Float64Array.of(Number.NaN, Number.NaN, Number.NaN),
    ]);
    expect(heaps).toEqual([[[0], [1], [2]]]);
    expect([...partialCounts(batch!, shape)]).toEqual([1, 2, 3]);
  });

  it('stay what they are, marked as partial, on the way to another thread and in parts', () => {
    const [batch] = tableBatches(tableOf(['a', 'b', 'c']), 0, true);
    for (const received of [
      sent(batch!),
      selectRows(batch!, Int32Array.of(0, 1, 2), 3),
      sliceBatch(batch!, 0, 3),
    ]) {
      expect(received.isPartial).toBe(true);
      expect(partialColumns(received, shape)).toEqual(partialColumns(batch!, shape));
      expect(partialCounts(received, shape)).toEqual(partialCounts(batch!, shape));
    }
  });

  it('are not mistaken for records with the same fields', () => {
    const [batch] = tableBatches(tableOf(['a', 'b']), 0, true);
    const records = Batch.ofRows([...batch!.rows()], batch!.timestamps);
    expect(sent(records).isPartial).toBe(false);
    expect(concatBatches([batch!, sent(records)]).isPartial).toBe(false);
    expect(concatBatches([batch!, batch!]).isPartial).toBe(true);
  });

  it('have no key where there is only one', () => {
    const [batch] = tableBatches(tableOf([0]), 0, false);
    expect(batch!.keys).toBeUndefined();
    expect(Object.keys(batch!.rows()[0] as object)).toEqual(['number0', 'number1', 'records', 'heap0']);
  });

  it('have no count of their own where an accumulator counts records', () => {
    const counting = { ...shape, countColumn: 1 };
    expect(firstPhaseShape(counting).initialNumbers).toEqual([0, Number.NaN]);
    expect(firstPhaseShape(shape).initialNumbers).toEqual([0, Number.NaN, 0]);
    const table = new AccumulatorTable({ columns: [0, 7], heapColumns: 1 });
    table.rowFor(1, hashValue(1));
    const batches: Batch[] = [];
    emitTable(table, counting, 0, true, (batch) => batches.push(batch));
    expect(batches[0]!.rows()).toEqual([{ key: 1, number0: 0, number1: 7, heap0: undefined }]);
    expect([...partialCounts(batches[0]!, counting)]).toEqual([7]);
  });

  it('take keys of any kind, and come in batches of bounded size', () => {
    const keys = [1, 'one', null, [1]];
    expect(tableBatches(tableOf(keys), 0, true)[0]!.keys?.values).toEqual(keys);
    const many = tableBatches(tableOf(Array.from({ length: 5000 }, (_, key) => key)), 0, true);
    expect(many.map(({ length }) => length)).toEqual([2048, 2048, 904]);
    expect(tableBatches(tableOf([]), 0, true)).toEqual([]);
  });

  it('that lack a column are refused', () => {
    const batch = Batch.ofRows([{ key: 1, records: 1 }], new Float64Array(1));
    expect(() => partialColumns(batch, shape)).toThrow('no whole column “number0”');
    const strange = Batch.ofColumns(
      { names: ['number0'], columns: [{ type: 'string', values: ['a'] }], partial: true },
      new Float64Array(1),
      1,
    );
    expect(() => partialColumns(strange, shape)).toThrow(
      '“number0” of a batch of partial results has no numbers',
    );
  });
});
