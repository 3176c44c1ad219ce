import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { ColumnGarbage } from '../../src/task/column-garbage.ts';

const mebibyte = 2 ** 20;
const columns = (length: number): Batch =>
  Batch.ofColumns(
    { names: ['key'], columns: [{ type: 'number', values: new Float64Array(length) }] },
    new Float64Array(length),
    length,
  );
const rows = (length: number): Batch =>
  Batch.ofRows(new Array(length).fill({ key: 1 }), new Float64Array(length));

/** How often young garbage was collected after these batches. */
const collections = (batches: readonly Batch[]): number => {
  let count = 0;
  const garbage = new ColumnGarbage({
    collectYoung: () => {
      count++;
    },
  });
  for (const batch of batches) garbage.add(batch);
  return count;
};

describe('the garbage of columns', () => {
  it('is collected after every 8 MiB of columns and timestamps', () => {
    const oneMebibyte = columns(mebibyte / 16);
    expect(collections(new Array(7).fill(oneMebibyte))).toBe(0);
    expect(collections(new Array(8).fill(oneMebibyte))).toBe(1);
    expect(collections(new Array(24).fill(oneMebibyte))).toBe(3);
  });

  it('is collected with other arrays that lie outside of the heap', () => {
    let count = 0;
    const garbage = new ColumnGarbage({
      collectYoung: () => {
        count++;
      },
    });
    garbage.add(columns((7 * mebibyte) / 16));
    garbage.addBytes(mebibyte - 1);
    expect(count).toBe(0);
    garbage.addBytes(1);
    expect(count).toBe(1);
  });

  it('is not what rows leave behind: these fill the heap, and the engine sees them', () => {
    expect(collections(new Array(100).fill(rows(mebibyte / 8)))).toBe(0);
  });
});
