import fc from 'fast-check';
import { Batch } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { Partitioning } from '../../src/api/transform.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { sliceBatch } from '../../src/batch/slice.ts';
import type { Barrier } from '../../src/exchange/element.ts';
import { readElement, writeFrame } from '../../src/exchange/frame.ts';
import { createPartitioner } from '../../src/exchange/partitioner.ts';
import { initialRouting, moveKeyGroups, type RoutingTable } from '../../src/exchange/routing-table.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';

fc.configureGlobal({ seed: 20_011 });

const keyGroups = 16;

interface Row {
  readonly id: number;
  readonly key: unknown;
}

/** What a receiver got of one record. */
interface Received {
  readonly row: Row;
  readonly timeMs: number;
  readonly key: unknown;
  readonly hash: number | undefined;
}

const byKey: Partitioning = { kind: 'hash', key: { kind: 'field', name: 'key' } };
const byFunction: Partitioning = {
  kind: 'hash',
  key: { kind: 'function', function: (row) => (row as Row).key },
};
const byFields: Partitioning = { kind: 'hash', key: { kind: 'fields', names: ['key', 'id'] } };
const custom: Partitioning = {
  kind: 'custom',
  choose: (row, parallelism) => (row as Row).id % parallelism,
};

const all: readonly Partitioning[] = [
  byKey,
  byFunction,
  byFields,
  custom,
  { kind: 'rebalance' },
  { kind: 'rescale' },
  { kind: 'broadcast' },
  { kind: 'global' },
];

/** Keys of one type in a batch, or of all. */
const keys: fc.Arbitrary<unknown>[] = [
  fc.nat(30),
  fc.nat(30).map((n) => `key ${n}`),
  fc.constantFrom<unknown>(1, '1', 1n, null, undefined, true, Number.NaN, -0, [1], { a: 1 }, 'ü', '\uD83D'),
];

const rowLists: fc.Arbitrary<readonly (readonly Row[])[]> = fc
  .array(fc.oneof(...keys.map((key) => fc.array(key, { maxLength: 30 }))), { minLength: 1, maxLength: 5 })
  .map((lists) => {
    let id = 0;
    return lists.map((list) => list.map((key): Row => ({ id: id++, key })));
  });

const timeOf = ({ id }: Row): number => (id % 5 === 4 ? Number.NaN : 1000 + id);

const overWire = (batch: Batch): Batch => {
  const writer = new ByteWriter();
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

/** The forms in which a batch may come to a partitioner. */
const forms: readonly (readonly [string, (rows: readonly Row[]) => Batch])[] = [
  ['rows', (rows) => Batch.ofRows(rows, Float64Array.from(rows, timeOf))],
  [
    'columns',
    (rows) => {
      const batch = Batch.ofRows(rows, Float64Array.from(rows, timeOf));
      const set = batch.columns();
      return set === undefined ? batch : Batch.ofColumns(set, batch.timestamps, rows.length);
    },
  ],
  ['bytes', (rows) => overWire(Batch.ofRows(rows, Float64Array.from(rows, timeOf)))],
  [
    'a part of a longer batch',
    (rows) => {
      const longer = [{ id: -1, key: 'before' }, ...rows, { id: -2, key: 'behind' }];
      const batch = overWire(Batch.ofRows(longer, Float64Array.from(longer, timeOf)));
      return sliceBatch(batch, 1, rows.length + 1);
    },
  ],
];

const receivedFrom = (part: Batch): Received[] =>
  Array.from({ length: part.length }, (_, i) => ({
    row: part.rows()[i] as Row,
    timeMs: part.timestamps[i] as number,
    key: part.keys?.values[i],
    hash: part.keys?.hashes[i],
  }));

/** Sends batches; before each of them, the routing table may change. */
const send = (
  partitioning: Partitioning,
  batches: readonly Batch[],
  tables: readonly RoutingTable[],
  receivers: number,
): Received[][] => {
  const received = Array.from({ length: receivers }, (): Received[] => []);
  const partitioner = createPartitioner(partitioning, tables[0] as RoutingTable);
  batches.forEach((batch, i) => {
    if (i > 0) partitioner.reroute(tables[Math.min(i, tables.length - 1)] as RoutingTable);
    const order: number[] = [];
    partitioner.split(batch, receivers, (receiver, part) => {
      order.push(receiver);
      received[receiver]?.push(...receivedFrom(part));
    });
    if (partitioning.kind === 'hash' || partitioning.kind === 'custom') {
      // One part a receiver at most.
      expect(new Set(order).size).toBe(order.length);
      expect(order).toEqual(order.toSorted((one, two) => one - two));
    }
  });
  return received;
};

const moves = fc.array(fc.tuple(fc.subarray(Array.from({ length: keyGroups }, (_, i) => i)), fc.nat(3)), {
  maxLength: 4,
});

/** One table after the other, each of which moves some key groups. */
const tablesOf = (slots: number, steps: readonly (readonly [number[], number])[]): RoutingTable[] => {
  const tables = [initialRouting(slots, keyGroups)];
  for (const [groups, slot] of steps) {
    tables.push(moveKeyGroups(tables.at(-1) as RoutingTable, groups, slot % slots));
  }
  return tables;
};

const ids = (received: readonly Received[]): number[] => received.map(({ row }) => row.id);

describe.each(all)('an edge that is partitioned by $kind', (partitioning) => {
  const cases = fc.record({
    lists: rowLists,
    form: fc.constantFrom(...forms.map(([, make]) => make)),
    receivers: fc.integer({ min: 1, max: 4 }),
    steps: moves,
  });

  it('loses nothing, doubles nothing, and keeps the order of what one receiver gets of a batch', () => {
    fc.assert(
      fc.property(cases, ({ lists, form, receivers, steps }) => {
        const received = send(partitioning, lists.map(form), tablesOf(receivers, steps), receivers);
        const whole = lists.flat().map(({ id }) => id);
        if (partitioning.kind === 'broadcast') {
          for (const one of received) expect(ids(one)).toEqual(whole);
          return;
        }
        expect(received.flatMap(ids).sort((one, two) => one - two)).toEqual(whole);
        for (const one of received) expect(ids(one)).toEqual(ids(one).toSorted((a, b) => a - b));
      }),
    );
  });

  it('hands on each record as it is, with its own time and its own key', () => {
    fc.assert(
      fc.property(cases, ({ lists, form, receivers, steps }) => {
        const rows = lists.flat();
        const received = send(partitioning, lists.map(form), tablesOf(receivers, steps), receivers);
        for (const { row, timeMs, key, hash } of received.flat()) {
          expect(row).toEqual(rows[row.id]);
          expect(timeMs).toBe(timeOf(row));
          if (partitioning.kind !== 'hash') {
            expect(key).toBe(undefined);
            continue;
          }
          const expected = partitioning === byFields ? [row.key, row.id] : row.key;
          expect(key).toEqual(expected === 0 ? expect.closeTo(0) : expected);
          expect(hash).toBe(hashValue(expected));
        }
      }),
    );
  });

  it('sends records to the same receivers whatever the form of their batch', () => {
    fc.assert(
      fc.property(cases, ({ lists, receivers, steps }) => {
        const tables = tablesOf(receivers, steps);
        const results = forms.map(([, form]) =>
          send(partitioning, lists.map(form), tables, receivers).map(ids),
        );
        for (const result of results) expect(result).toEqual(results[0]);
      }),
    );
  });
});

describe('a record on a keyed edge', () => {
  it('goes to the owner of its key group in the table that holds for its batch', () => {
    fc.assert(
      fc.property(rowLists, moves, fc.integer({ min: 1, max: 4 }), (lists, steps, slots) => {
        const tables = tablesOf(slots, steps);
        const [, asRows] = forms[0] as (typeof forms)[number];
        const received = send(byKey, lists.map(asRows), tables, slots);
        const owners = lists.flatMap((rows, i) => {
          const { slotOf } = tables[Math.min(i, tables.length - 1)] as RoutingTable;
          return rows.map(({ id, key }) => [id, slotOf[keyGroupOf(hashValue(key), keyGroups)]] as const);
        });
        received.forEach((one, slot) => {
          expect(ids(one)).toEqual(owners.filter(([, owner]) => owner === slot).map(([id]) => id));
        });
      }),
    );
  });

  it('goes where all records of equal keys go, whatever the type of the column it stands in', () => {
    const table = initialRouting(4, keyGroups);
    const receiverOf = (rows: readonly Row[], id: number): number => {
      const received = forms.map(([, form]) => send(byKey, [form(rows)], [table], 4));
      const places = received.map((parts) => parts.findIndex((one) => ids(one).includes(id)));
      expect(new Set(places).size).toBe(1);
      return places[0] as number;
    };
    const companies: readonly (readonly unknown[])[] = [
      [1, 2, 3],
      ['a', 'b', 'c'],
      [true, false, true],
      [[1]],
      [],
    ];
    for (const key of [0, -0, 1, 1n, 'a', 'ü', '\uD83D', null, undefined, Number.NaN, true, [1], { a: 1 }]) {
      const places = companies.map((others) =>
        receiverOf([...others.map((other, i) => ({ id: i + 1, key: other })), { id: 0, key }], 0),
      );
      expect(new Set(places).size).toBe(1);
    }
  });
});

describe('routing tables, one after the other', () => {
  const sequences = fc.tuple(fc.integer({ min: 1, max: 4 }), moves);

  it('have versions without a gap, and say of every key group who owns it', () => {
    fc.assert(
      fc.property(sequences, ([slots, steps]) => {
        const owners = [...initialRouting(slots, keyGroups).slotOf];
        const tables = tablesOf(slots, steps);
        expect(tables.map(({ version }) => version)).toEqual(tables.map((_, i) => i + 1));
        steps.forEach(([groups, slot], i) => {
          for (const group of groups) owners[group] = slot % slots;
          expect([...(tables[i + 1] as RoutingTable).slotOf]).toEqual(owners);
        });
      }),
    );
  });

  it('come over the wire with their barrier, each as it was when it was sent', () => {
    fc.assert(
      fc.property(sequences, ([slots, steps]) => {
        const tables = tablesOf(slots, steps);
        const writer = new ByteWriter();
        for (const [id, routing] of tables.entries()) writeFrame(7, { kind: 'barrier', id, routing }, writer);
        const reader = new ByteReader(writer.toBytes());
        tables.forEach((routing, id) => {
          expect(reader.readVarint()).toBe(7);
          expect(readElement(reader) as Barrier).toEqual({ kind: 'barrier', id, routing });
        });
        expect(reader.remaining).toBe(0);
      }),
    );
  });
});
