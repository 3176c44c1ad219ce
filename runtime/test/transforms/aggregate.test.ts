import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Aggregates,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  minimum,
  sum,
  topN,
} from '../../src/api/aggregates.ts';
import { Batch } from '../../src/batch/batch.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { createAggregateProcessor } from '../../src/transforms/aggregate.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { batchOf, drive, type FakeContext, fakeContext, type RecordIn } from './support.ts';

interface Bid {
  readonly price: number | null;
  readonly bidder: string;
}

const open = (aggregates: Aggregates<Bid>, context: FakeContext): Processor =>
  createAggregateProcessor({ kind: 'aggregate', aggregates: aggregates as Aggregates<never> }, context);

const bids = (...given: readonly (readonly [unknown, number | null, string?])[]): RecordIn[] =>
  given.map(([key, price, bidder = 'x'], i) => ({ key, value: { price, bidder }, timestampMs: i }));

describe('rolling aggregates', () => {
  it('give the key and all results so far for every record, with its time', () => {
    const context = fakeContext();
    const processor = open({ bids: count(), total: sum<Bid>('price'), most: maximum<Bid>('price') }, context);
    drive(processor, context, bids(['a', 5], ['b', 1], ['a', 3], ['a', 7]), 2);
    expect(context.main.records).toEqual([
      { value: { key: 'a', bids: 1, total: 5, most: 5 }, timestampMs: 0 },
      { value: { key: 'b', bids: 1, total: 1, most: 1 }, timestampMs: 1 },
      { value: { key: 'a', bids: 2, total: 8, most: 5 }, timestampMs: 2 },
      { value: { key: 'a', bids: 3, total: 15, most: 7 }, timestampMs: 3 },
    ]);
  });

  it('ignore null, but the record still gives a result', () => {
    const context = fakeContext();
    drive(
      open({ total: sum<Bid>('price'), least: minimum<Bid>('price') }, context),
      context,
      bids(['a', null], ['a', 2]),
    );
    expect(context.main.values).toEqual([
      { key: 'a', total: 0, least: undefined },
      { key: 'a', total: 2, least: 2 },
    ]);
  });

  it('give lists that later records do not change', () => {
    const context = fakeContext();
    const aggregates = {
      all: collectAll<Bid, unknown>((bid) => bid.price),
      top: topN<Bid>(1, (bid) => bid.price ?? 0),
    };
    drive(open(aggregates, context), context, bids(['a', 1], ['a', 2]));
    expect(context.main.values).toEqual([
      { key: 'a', all: [1], top: [{ price: 1, bidder: 'x' }] },
      { key: 'a', all: [1, 2], top: [{ price: 2, bidder: 'x' }] },
    ]);
  });

  it('read columns where a batch has them', () => {
    const context = fakeContext();
    const processor = open({ total: sum<Bid>('price'), people: countDistinct<Bid>('bidder') }, context);
    const rows = batchOf(bids([1, 5, 'x'], [2, 6, 'y'], [1, 7, 'y']));
    const columns = toColumns(rows.rows(), rows.length);
    if (columns === undefined) throw new Error('The rows are plain objects.');
    processor.process(Batch.ofColumns(columns, rows.timestamps, rows.length).withKeys(rows.keys), 0);
    expect(context.main.values).toEqual([
      { key: 1, total: 5, people: 1 },
      { key: 2, total: 6, people: 1 },
      { key: 1, total: 12, people: 2 },
    ]);
  });

  it('leave a record that cannot be read to the policy, without a trace', () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = open({ bids: count(), total: sum<Bid>('price') }, context);
    drive(processor, context, bids(['a', 1], ['a', 'much' as unknown as number], ['a', 2]));
    expect(context.main.values).toEqual([
      { key: 'a', bids: 1, total: 1 },
      { key: 'a', bids: 2, total: 3 },
    ]);
    expect(context.failed).toHaveLength(1);
  });

  it('refuse a batch without keys', () => {
    const processor = open({ bids: count() }, fakeContext());
    expect(() => processor.process(batchOf([{ value: {} }]), 0)).toThrow('without keys');
  });
});

describe('rolling aggregates against a fold', () => {
  const given = fc.array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('x', 'y')),
      fc.option(fc.integer({ min: -100, max: 100 })),
    ),
    { maxLength: 40 },
  );

  const expected = (records: readonly RecordIn[]): unknown[] => {
    const seen = new Map<unknown, Bid[]>();
    return records.map(({ key, value }) => {
      const all = [...(seen.get(key) ?? []), value as Bid];
      seen.set(key, all);
      const prices = all.flatMap(({ price }) => price ?? []);
      return {
        key,
        bids: all.length,
        total: prices.reduce((left, right) => left + right, 0),
        mean: prices.length === 0 ? NaN : prices.reduce((left, right) => left + right, 0) / prices.length,
        earliest: prices[0],
        latest: prices.at(-1),
      };
    });
  };

  it('equal it for every way of cutting batches, also when state moves to another slot on the way', () => {
    fc.assert(
      fc.property(given, fc.nat(40), fc.constantFrom(1, 2, 2048), (pairs, cut, batchSize) => {
        const records = bids(...pairs);
        const context = fakeContext();
        const aggregates = {
          bids: count(),
          total: sum<Bid>('price'),
          mean: average<Bid>('price'),
          earliest: first<Bid, unknown>((bid) => bid.price),
          latest: last<Bid, unknown>((bid) => bid.price),
        };
        const before = open(aggregates, context);
        drive(before, context, records.slice(0, cut), batchSize);
        const after = open(aggregates, context);
        for (let group = 0; group < 128; group++) {
          const bytes = before.exportKeyGroup?.(group);
          if (bytes === undefined) continue;
          after.importKeyGroup?.(group, bytes);
          before.dropKeyGroup?.(group);
          expect(before.exportKeyGroup?.(group)).toBeUndefined();
        }
        drive(after, context, records.slice(cut), batchSize);
        expect(context.main.values).toEqual(expected(records));
      }),
    );
  });
});
