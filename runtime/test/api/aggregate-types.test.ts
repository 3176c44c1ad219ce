import { describe, expectTypeOf, test } from 'vitest';
import {
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  quantiles,
  sum,
  topN,
} from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { col, columns } from '../../src/api/expressions.ts';
import type { Collector } from '../../src/api/functions.ts';
import { tumbling } from '../../src/api/windows.ts';
import { type Bid, environmentWithBids } from './support.ts';

type TypeOf<S> = S extends DataStream<infer T> ? T : never;

const { bids } = environmentWithBids();
const byBidder = bids.keyBy('bidder');

describe('the types of built-in aggregates', () => {
  test('aggregate names its results beside the key', () => {
    const running = byBidder.aggregate({
      bids: count(),
      total: sum('price'),
      mean: average((bid) => bid.price),
    });
    expectTypeOf<TypeOf<typeof running>>().branded.toEqualTypeOf<{
      readonly key: string;
      readonly bids: number;
      readonly total: number;
      readonly mean: number;
    }>();
  });

  test('a windowed aggregate also has the bounds of its window', () => {
    const windows = byBidder.window(tumbling('10s')).aggregate({ highest: maximum('price'), last: last() });
    expectTypeOf<TypeOf<typeof windows>>().branded.toEqualTypeOf<{
      readonly key: string;
      readonly windowStart: number;
      readonly windowEnd: number;
      readonly highest: number | undefined;
      readonly last: Bid | undefined;
    }>();
  });

  test('windows over all records have results without a key', () => {
    const all = bids.windowAll(tumbling('10s')).aggregate({ bids: count() });
    expectTypeOf<TypeOf<typeof all>>().branded.toEqualTypeOf<{
      readonly windowStart: number;
      readonly windowEnd: number;
      readonly bids: number;
    }>();
  });

  test('every built-in aggregate infers what it reads', () => {
    const all = byBidder.aggregate({
      bidders: countDistinct('bidder'),
      about: approximateCountDistinct((bid) => bid.bidder),
      firstPrice: first((bid) => bid.price),
      lastBidder: last('bidder'),
      latest: last(),
      topByField: topN(3, 'price'),
      prices: collectAll('price'),
      top: topN(3, (bid) => bid.price),
      spread: quantiles('price', [0.5, 0.99]),
      all: collectAll(),
      euros: sum(col('price').mul(0.908)),
      cents: sum(columns<Bid>().price.mul(100)),
    });
    type Result = TypeOf<typeof all>;
    expectTypeOf<Result['firstPrice']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Result['lastBidder']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Result['latest']>().toEqualTypeOf<Bid | undefined>();
    expectTypeOf<Result['topByField']>().toEqualTypeOf<readonly Bid[]>();
    expectTypeOf<Result['prices']>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<Result['top']>().toEqualTypeOf<readonly Bid[]>();
    expectTypeOf<Result['all']>().toEqualTypeOf<readonly Bid[]>();
    expectTypeOf<Result['spread']>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<Result['euros']>().toEqualTypeOf<number>();
  });

  test('a sum takes only fields that hold numbers', () => {
    expectTypeOf(sum<Bid>)
      .parameter(0)
      .extract<string>()
      .toEqualTypeOf<'auction' | 'price' | 'time'>();
    // @ts-expect-error a bidder is no number
    byBidder.aggregate({ total: sum('bidder') });
    // @ts-expect-error no such field
    byBidder.aggregate({ total: sum('prize') });
    // @ts-expect-error no such field
    byBidder.window(tumbling('10s')).aggregate({ total: sum(col('prize').mul(2)) });
    // @ts-expect-error a bidder is no number
    byBidder.window(tumbling('10s')).aggregate({ total: sum((bid) => bid.bidder) });
    // @ts-expect-error a bidder is no number
    byBidder.window(tumbling('10s')).aggregate({ total: sum('bidder') });
    const windows = byBidder.window(tumbling('10s'));
    // @ts-expect-error a bidder is no number
    windows.aggregate({ total: sum('bidder') }, (values: readonly unknown[]) => values.length);
  });

  test('an aggregate made beforehand names its record', () => {
    const total = sum<Bid>('price');
    const howMany = count();
    const running = byBidder.aggregate({ total, howMany });
    expectTypeOf<TypeOf<typeof running>['total']>().toEqualTypeOf<number>();
    expectTypeOf<TypeOf<typeof running>['howMany']>().toEqualTypeOf<number>();
  });

  test('a window function after an aggregate sees its one result', () => {
    const texts = byBidder
      .window(tumbling('10s'))
      .aggregate({ total: sum('price') }, (values, context, output: Collector<string>) => {
        expectTypeOf(values[0]!.total).toEqualTypeOf<number>();
        expectTypeOf(context.key).toEqualTypeOf<string>();
        output.emit(`${context.window.endMs}`);
      });
    expectTypeOf(texts).toEqualTypeOf<DataStream<string>>();
  });

  test('an aggregate function of the author gives its own result', () => {
    const longest = byBidder.window(tumbling('10s')).aggregate({
      create: () => ({ longest: 0 }),
      add: (accumulator, bid) => ({ longest: Math.max(accumulator.longest, bid.bidder.length) }),
      result: (accumulator) => accumulator.longest,
    });
    expectTypeOf(longest).toEqualTypeOf<DataStream<number>>();
  });
});
