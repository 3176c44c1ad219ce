import { describe, expect, it } from 'vitest';
import { Batch } from '../../../src/batch/batch.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { AccumulatorTable } from '../../../src/state/typed-table.ts';
import {
  partialColumns,
  partialCounts,
  tableBatches,
} from '../../../src/transforms/window/partial-batches.ts';

const shape = { initialNumbers: [0, Number.NaN], heapCount: 1 };

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
    expect([...partialCounts(batch!)]).toEqual([1, 2, 3]);
  });

  it('can be read from rows as well as from columns', () => {
    const [batch] = tableBatches(tableOf(['a', 'b']), 0, true);
    const asRows = Batch.ofRows([...batch!.rows()], batch!.timestamps);
    expect(partialColumns(asRows, shape)).toEqual(partialColumns(batch!, shape));
    expect(partialCounts(asRows)).toEqual(partialCounts(batch!));
  });

  it('have no key where there is only one', () => {
    const [batch] = tableBatches(tableOf([0]), 0, false);
    expect(batch!.keys).toBeUndefined();
    expect(Object.keys(batch!.rows()[0] as object)).toEqual(['number0', 'number1', 'records', 'heap0']);
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
    expect(() => partialColumns(batch, shape)).toThrow('no column “number0”');
  });
});
