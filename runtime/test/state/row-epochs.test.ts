import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashNumber } from '../../src/batch/hash.ts';
import { AccumulatorTable } from '../../src/state/typed-table.ts';

fc.configureGlobal({ seed: 20_011 });

const dirtyRows = (table: AccumulatorTable, afterEpoch: number): number[] => {
  const rows: number[] = [];
  for (let row = table.nextDirtyRow(-1, afterEpoch); row >= 0; row = table.nextDirtyRow(row, afterEpoch))
    rows.push(row);
  return rows;
};

describe('what has changed since an epoch', () => {
  it('is found to the row', () => {
    const key = fc.nat(2999);
    fc.assert(
      fc.property(
        fc.array(fc.array(key, { maxLength: 4 }), { maxLength: 5 }),
        fc.array(key),
        (epochs, removed) => {
          const table = new AccumulatorTable({ columns: [0] });
          for (let k = 0; k < 3000; k++) table.rowFor(k, hashNumber(k));
          const lastWrite = new Map<number, number>();
          for (const keys of epochs) {
            table.epoch += 1;
            const batch = Float64Array.from(keys);
            table.lookup(
              batch,
              Uint32Array.from(batch, hashNumber),
              0,
              batch.length,
              new Int32Array(batch.length),
            );
            for (const k of keys) lastWrite.set(k, table.epoch);
          }
          for (const k of removed) {
            const row = table.find(k, hashNumber(k));
            if (row >= 0) table.remove(row);
          }
          for (let epoch = 0; epoch <= table.epoch; epoch++) {
            const expected: number[] = [];
            for (let k = 0; k < 3000; k++) {
              if ((lastWrite.get(k) ?? 1) > epoch && !removed.includes(k)) expected.push(k);
            }
            expect(dirtyRows(table, epoch)).toEqual(expected);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('counts rows that were looked up one by one or by position', () => {
    const table = new AccumulatorTable({ columns: [0] });
    for (let k = 0; k < 1000; k++) table.rowFor(k, hashNumber(k));
    table.epoch = 2;
    table.rowFor(300, hashNumber(300));
    expect(dirtyRows(table, 1)).toEqual([300]);
    table.epoch = 3;
    const keys = Float64Array.of(1, 999);
    table.lookupAt(keys, Uint32Array.from(keys, hashNumber), Int32Array.of(0, 1), 1, 2, new Int32Array(2));
    expect(dirtyRows(table, 2)).toEqual([999]);
  });
});
