import fc from 'fast-check';
import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { Partitioning } from '../../src/api/transform.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { createPartitioner, type Partitioner } from '../../src/exchange/partitioner.ts';
import { initialRouting, moveKeyGroups } from '../../src/exchange/routing-table.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';

fc.configureGlobal({ seed: 20_011 });

const batchOf = (rows: readonly unknown[]): Batch =>
  Batch.ofRows(
    rows,
    Float64Array.from(rows, (_, i) => i),
  );

/** What each receiver got, in order. */
const split = (partitioner: Partitioner, batches: readonly Batch[], receivers: number): unknown[][] => {
  const received = Array.from({ length: receivers }, (): unknown[] => []);
  for (const batch of batches) {
    partitioner.split(batch, receivers, (receiver, part) => {
      received[receiver]?.push(...part.rows().slice(0, part.length));
    });
  }
  return received;
};

const byValue: Partitioning = { kind: 'hash', key: { kind: 'function', function: (value) => value } };
const routing = (slots: number, keyGroups = 128) => initialRouting(slots, keyGroups);

describe('a keyed edge', () => {
  it('sends each record to the owner of its key group, in order, and loses none', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer())), fc.integer({ min: 1, max: 6 }), (lists, slots) => {
        const table = routing(slots);
        const received = split(createPartitioner(byValue, table), lists.map(batchOf), slots);
        const expected = Array.from({ length: slots }, (_, slot) =>
          lists.flat().filter((value) => table.slotOf[keyGroupOf(hashValue(value), 128)] === slot),
        );
        expect(received).toEqual(expected);
      }),
    );
  });

  it('gives each part the keys and timestamps of its records', () => {
    const rows = Array.from({ length: 100 }, (_, i) => `key ${i}`);
    createPartitioner(byValue, routing(3)).split(batchOf(rows), 3, (_, part) => {
      for (let i = 0; i < part.length; i++) {
        const value = part.rows()[i];
        expect(part.keys?.values[i]).toBe(value);
        expect(part.keys?.hashes[i]).toBe(hashValue(value));
        expect(rows[part.timestamps[i] as number]).toBe(value);
      }
    });
  });

  it('hands a batch on whole when one receiver gets all of it', () => {
    const batch = batchOf([5, 5, 5]);
    const parts: Batch[] = [];
    createPartitioner(byValue, routing(4)).split(batch, 4, (_, part) => parts.push(part));
    expect(parts).toHaveLength(1);
    expect(parts[0]?.rows()).toBe(batch.rows());
  });

  it('follows a new routing table from the barrier on', () => {
    const table = routing(2);
    const partitioner = createPartitioner(byValue, table);
    const values = Array.from({ length: 50 }, (_, i) => i);
    const [kept] = split(partitioner, [batchOf(values)], 2) as [unknown[]];
    expect(kept.length).toBeGreaterThan(0);
    partitioner.reroute(moveKeyGroups(table, Array.from(table.slotOf.keys()), 1));
    expect(split(partitioner, [batchOf(values)], 2)).toEqual([[], values]);
  });

  it('shares the key groups out over the subtasks of a task that has fewer than the job has slots', () => {
    const values = Array.from({ length: 400 }, (_, i) => i);
    const received = split(createPartitioner(byValue, routing(4)), [batchOf(values)], 3);
    expect(received.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(values);
    for (const one of received) expect(one.length).toBeGreaterThan(0);
  });

  it('sends nothing for an empty batch', () => {
    for (const receivers of [1, 3]) {
      expect(split(createPartitioner(byValue, routing(3)), [batchOf([])], receivers).flat()).toEqual([]);
    }
  });

  it.each([1, 3])(
    'refuses the records whose key cannot be found, and sends the others (%i receivers)',
    (receivers) => {
      const refused: unknown[] = [];
      const partitioning: Partitioning = {
        kind: 'hash',
        key: {
          kind: 'function',
          function: (value) => (value as { readonly user: { readonly id: number } }).user.id,
        },
      };
      const partitioner = createPartitioner(
        partitioning,
        routing(receivers),
        (error, record, timestampMs) => {
          refused.push([error instanceof TypeError, record, timestampMs]);
        },
      );
      const rows = [{ user: { id: 1 } }, {}, { user: { id: 2 } }, null];
      const received = split(partitioner, [batchOf(rows)], receivers).flat();
      expect(received).toHaveLength(2);
      expect(received).toEqual(expect.arrayContaining([rows[0], rows[2]]));
      expect(refused).toEqual([
        [true, {}, 1],
        [true, null, 3],
      ]);
    },
  );

  it('throws for a key that is no supported value when nobody takes refused records', () => {
    const partitioner = createPartitioner(byValue, routing(2));
    expect(() => split(partitioner, [batchOf([1, () => 1])], 2)).toThrow(
      expect.objectContaining({ code: 'value-unsupported' }),
    );
  });
});

describe('a rebalanced edge', () => {
  it.each(['rebalance', 'rescale'] as const)(
    'deals records out evenly, whatever the batches (%s)',
    (kind) => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 30, maxLength: 60 }),
          fc.integer({ min: 1, max: 5 }),
          (lengths, receivers) => {
            const batches = lengths.map((length) => batchOf(Array.from({ length }, () => 0)));
            const counts = split(createPartitioner({ kind }, routing(1)), batches, receivers).map(
              ({ length }) => length,
            );
            const total = lengths.reduce((sum, length) => sum + length, 0);
            expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
            for (const count of counts) expect(Math.abs(count - total / receivers)).toBeLessThan(total / 4);
          },
        ),
      );
    },
  );

  it('gives batches of one record to each receiver in turn', () => {
    const batches = [0, 1, 2, 3, 4, 5].map((value) => batchOf([value]));
    expect(split(createPartitioner({ kind: 'rebalance' }, routing(1)), batches, 3)).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe('other edges', () => {
  it('broadcast every batch to every receiver', () => {
    expect(split(createPartitioner({ kind: 'broadcast' }, routing(1)), [batchOf([1, 2])], 3)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it.each(['global', 'forward'] as const)('send everything to the first receiver (%s)', (kind) => {
    expect(split(createPartitioner({ kind }, routing(1)), [batchOf([1, 2])], 2)).toEqual([[1, 2], []]);
  });

  it('ask a custom partitioner for each record', () => {
    const partitioning: Partitioning = { kind: 'custom', choose: (value, count) => Number(value) % count };
    expect(split(createPartitioner(partitioning, routing(1)), [batchOf([0, 1, 2, 3, 4])], 2)).toEqual([
      [0, 2, 4],
      [1, 3],
    ]);
  });

  it.each([-1, 2, 0.5, NaN, '0', undefined])(
    'refuse what a custom partitioner must not choose: %o',
    (choice) => {
      const partitioning: Partitioning = { kind: 'custom', choose: () => choice as number };
      expect(() => split(createPartitioner(partitioning, routing(1)), [batchOf([1])], 2)).toThrow(
        `A custom partitioner chose ${String(choice)} of 2 subtasks.`,
      );
    },
  );

  it('leave out the records for which a custom partitioner throws', () => {
    const refused: unknown[] = [];
    const partitioning: Partitioning = {
      kind: 'custom',
      choose: (value) => {
        if (value === 'bad') throw new Error('no');
        return 0;
      },
    };
    const partitioner = createPartitioner(partitioning, routing(1), (_, record) => refused.push(record));
    expect(split(partitioner, [batchOf(['good', 'bad', 'good'])], 1)).toEqual([['good', 'good']]);
    expect(refused).toEqual(['bad']);
  });
});
