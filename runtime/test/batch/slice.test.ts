import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, type BatchKeys } from '../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { concatBatches, selectRows, sliceBatch } from '../../src/batch/slice.ts';
import * as arbitrary from './arbitrary.ts';

/** The forms in which a batch of the same records may be. */
const forms = ['rows', 'columns', 'both', 'wire'] as const;

const keysOf = (rows: readonly unknown[], typed: boolean): BatchKeys => ({
  values: typed ? Float64Array.from(rows, (_, i) => i) : rows,
  hashes: Uint32Array.from(rows, hashValue),
});

const batchOf = (rows: readonly unknown[], form: (typeof forms)[number], startMs = 100): Batch => {
  const timestamps = Float64Array.from(rows, (_, i) => startMs + i);
  const columns = form === 'rows' ? undefined : toColumns(rows, rows.length);
  if (columns === undefined) return Batch.ofRows(rows, timestamps);
  if (form === 'both') return Batch.of(rows, columns, timestamps, rows.length);
  const batch = Batch.ofColumns(columns, timestamps, rows.length);
  if (form === 'columns') return batch;
  const writer = new ByteWriter();
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

const form = fc.constantFrom(...forms);

interface Expected {
  readonly rows: readonly unknown[];
  readonly timestamps: readonly number[];
  readonly keys: BatchKeys | undefined;
}

const expectBatch = (batch: Batch, { rows, timestamps, keys }: Expected): void => {
  expect(batch.length).toBe(rows.length);
  assert.deepStrictEqual(batch.rows().slice(0, batch.length), rows);
  expect([...batch.timestamps.subarray(0, batch.length)]).toEqual(timestamps);
  expect(batch.keys === undefined).toBe(keys === undefined);
  if (batch.keys === undefined || keys === undefined) return;
  assert.deepStrictEqual(Array.from(batch.keys.values).slice(0, rows.length), Array.from(keys.values));
  expect([...batch.keys.hashes.subarray(0, rows.length)]).toEqual([...keys.hashes]);
};

describe('the selected records of a batch', () => {
  it('are those at the positions, with their timestamps and keys', () => {
    const positions = fc.array(fc.nat(), { maxLength: 30 });
    fc.assert(
      fc.property(arbitrary.records, form, positions, fc.boolean(), (rows, made, wanted, typed) => {
        const keys = keysOf(rows, typed);
        const batch = batchOf(rows, made).withKeys(keys);
        const indices = rows.length === 0 ? [] : wanted.map((at) => at % rows.length);
        const selected = selectRows(batch, Int32Array.from([...indices, 0, 0]), indices.length);
        expectBatch(selected, {
          rows: indices.map((at) => rows[at]),
          timestamps: indices.map((at) => 100 + at),
          keys: {
            values: indices.map((at) => keys.values[at]),
            hashes: Uint32Array.from(indices, (at) => keys.hashes[at] as number),
          },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('stay in the form in which the batch was', () => {
    const rows = [{ a: 1 }, { a: 2 }];
    const indices = Int32Array.of(1);
    expect(selectRows(batchOf(rows, 'rows'), indices, 1).isColumnar).toBe(false);
    const columns = selectRows(batchOf(rows, 'columns'), indices, 1);
    expect([columns.isColumnar, columns.hasRows]).toEqual([true, false]);
    const both = selectRows(batchOf(rows, 'both'), indices, 1);
    expect([both.isColumnar, both.hasRows]).toEqual([true, true]);
    expect(both.rows()[0]).toBe(rows[1]);
  });

  it('have no marks when the exceptions are left behind', () => {
    const batch = batchOf([{ a: 1 }, { a: null }, { a: 'odd' }, { a: 2 }], 'columns');
    expect(selectRows(batch, Int32Array.of(0, 3), 2).column('a')?.marks).toBeUndefined();
    expect(selectRows(batch, Int32Array.of(0, 1), 2).column('a')?.odd).toBeUndefined();
    expect(selectRows(batch, Int32Array.of(2, 3), 2).column('a')?.odd?.get(0)).toBe('odd');
  });
});

describe('a slice of a batch', () => {
  it('holds the records between two positions', () => {
    fc.assert(
      fc.property(arbitrary.records, form, fc.nat(), fc.nat(), fc.boolean(), (rows, made, a, b, typed) => {
        const [from, to] = [a % (rows.length + 1), b % (rows.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const keys = keysOf(rows, typed);
        expectBatch(sliceBatch(batchOf(rows, made).withKeys(keys), from, to), {
          rows: rows.slice(from, to),
          timestamps: rows.map((_, i) => 100 + i).slice(from, to),
          keys: { values: keys.values.slice(from, to), hashes: keys.hashes.slice(from, to) },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is the batch itself when nothing is cut off', () => {
    const batch = batchOf([{ a: 1 }, { a: 2 }], 'columns');
    expect(sliceBatch(batch, 0, 2)).toBe(batch);
  });

  it('can be cut again', () => {
    const rows = Array.from({ length: 10 }, (_, i) => ({ id: i, user: `user ${i}` }));
    for (const made of forms) {
      const slice = sliceBatch(sliceBatch(batchOf(rows, made), 2, 9), 1, 4);
      expectBatch(slice, { rows: rows.slice(3, 6), timestamps: [103, 104, 105], keys: undefined });
    }
  });
});

describe('several batches as one', () => {
  it('hold all records in order', () => {
    const part = fc.tuple(arbitrary.records, form);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const batches = parts.map(([rows, made], i) => batchOf(rows, made, i * 1000));
        expectBatch(concatBatches(batches), {
          rows: parts.flatMap(([rows]) => rows),
          timestamps: parts.flatMap(([rows], i) => rows.map((_, k) => i * 1000 + k)),
          keys: parts.length === 0 ? undefined : batches[0]?.keys,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('undo a cut, whatever the form', () => {
    fc.assert(
      fc.property(arbitrary.records, form, fc.nat(), (rows, made, at) => {
        const cut = at % (rows.length + 1);
        const keys = keysOf(rows, at % 2 === 0);
        const batch = batchOf(rows, made).withKeys(keys);
        const again = concatBatches([sliceBatch(batch, 0, cut), sliceBatch(batch, cut, rows.length)]);
        expectBatch(again, { rows, timestamps: rows.map((_, i) => 100 + i), keys });
      }),
      { numRuns: 300 },
    );
  });

  it('stay columns when all have the same ones', () => {
    const rows = [{ a: 1, b: 'x', c: true, d: 1n, e: [1] }];
    const joined = concatBatches([batchOf(rows, 'columns'), batchOf(rows, 'columns')]);
    expect([joined.isColumnar, joined.hasRows]).toEqual([true, false]);
    assert.deepStrictEqual(joined.rows(), [...rows, ...rows]);
    const wire = concatBatches([batchOf(rows, 'wire'), batchOf(rows, 'wire')]);
    expect(wire.isColumnar).toBe(true);
    assert.deepStrictEqual(wire.rows(), [...rows, ...rows]);
  });

  it('keep marks and odd values at their places', () => {
    const first = [{ a: 1 }, { a: null }, { a: 2 }];
    const second = [{ a: 3 }, { a: 'odd' }, { a: 4 }];
    const joined = concatBatches([batchOf(first, 'columns'), batchOf(second, 'columns')]);
    expect(joined.isColumnar).toBe(true);
    expect([...(joined.column('a')?.odd ?? [])]).toEqual([[4, 'odd']]);
    assert.deepStrictEqual(joined.rows(), [...first, ...second]);
  });

  it('are rows when their columns differ, and lose nothing', () => {
    const parts = [[{ a: 1 }], [{ a: 'x' }], [{ b: 1 }], [5]];
    const joined = concatBatches(parts.map((rows) => batchOf(rows, 'columns')));
    expect(joined.isColumnar).toBe(false);
    assert.deepStrictEqual(joined.rows(), parts.flat());
  });

  it('have keys only if each of them has', () => {
    const rows = [{ a: 1 }];
    const keyed = batchOf(rows, 'rows').withKeys(keysOf(rows, true));
    expect(concatBatches([keyed, batchOf(rows, 'rows')]).keys).toBeUndefined();
    expect(concatBatches([keyed, keyed]).keys?.values).toEqual(Float64Array.of(0, 0));
    const mixed = batchOf(rows, 'rows').withKeys(keysOf(rows, false));
    expect(concatBatches([keyed, mixed]).keys?.values).toEqual([0, { a: 1 }]);
  });
});

describe('a batch', () => {
  it('makes each form from the other once', () => {
    const batch = batchOf([{ a: 1 }, { a: 2 }], 'columns');
    expect(batch.rows()).toBe(batch.rows());
    const rows = batchOf([{ a: 1 }], 'rows');
    expect(rows.column('a')).toBeUndefined();
    expect(rows.columns()).toBe(rows.columns());
    expect(rows.column('a')?.type).toBe('number');
    expect(rows.column('b')).toBeUndefined();
  });

  it('knows that it has no columns and does not try again', () => {
    const batch = batchOf([1, 2], 'rows');
    expect(batch.columns()).toBeUndefined();
    expect([batch.isColumnar, batch.columns()]).toEqual([false, undefined]);
  });

  it('shares its records with itself under other keys or timestamps', () => {
    const batch = batchOf([{ a: 1 }], 'rows');
    expect(batch.withTimestamps(Float64Array.of(7)).rows()).toBe(batch.rows());
    expect(batch.withTimestamps(Float64Array.of(7)).timestamps[0]).toBe(7);
    expect(batch.withKeys(keysOf([1], true)).rows()).toBe(batch.rows());
  });
});
