import { describe, expect, expectTypeOf, test } from 'vitest';
import type { DataStream } from '../../src/api/data-stream.ts';
import type { Job, StreamEnvironment } from '../../src/api/environment.ts';
import { col, columns } from '../../src/api/expressions.ts';
import type { Collector, ProcessContext } from '../../src/api/functions.ts';
import type { KeyedStream } from '../../src/api/keyed-stream.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import type { StreamSink } from '../../src/api/stream-sink.ts';
import { boundedOutOfOrderness } from '../../src/api/watermarks.ts';
import { tumbling } from '../../src/api/windows.ts';
import { type Bid, environmentWithBids, plannedSink, plannedSource } from './support.ts';

type TypeOf<S> = S extends DataStream<infer T> ? T : never;

const { bids } = environmentWithBids();
const byBidder = bids.keyBy('bidder');

describe('the types of plain transforms', () => {
  test('a map gives a stream of what its function returns', () => {
    const prices = bids.map((bid) => bid.price);
    expectTypeOf(prices).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(bids.map((bid) => ({ id: bid.auction }))).toEqualTypeOf<DataStream<{ id: number }>>();
    expectTypeOf(bids.map({ map: (bid) => bid.bidder })).toEqualTypeOf<DataStream<string>>();
  });

  test('a map that returns a promise does not compile', () => {
    expectTypeOf(bids.map((bid) => bid.price)).toEqualTypeOf<DataStream<number>>();
    // @ts-expect-error a promise belongs into mapAsync
    bids.map(async (bid) => bid.price);
    // @ts-expect-error a promise belongs into mapAsync
    bids.map((bid) => Promise.resolve(bid.price));
    // @ts-expect-error a promise belongs into mapAsync
    bids.map({ map: async (bid) => bid.price });
  });

  test('a filter with a type guard narrows the type', () => {
    type WithChannel = Bid & { channel: string };
    const narrowed = bids.filter((bid): bid is WithChannel => bid.channel !== undefined);
    expectTypeOf<TypeOf<typeof narrowed>>().toEqualTypeOf<WithChannel>();
    expectTypeOf(bids.filter((bid) => bid.price > 3)).toEqualTypeOf<DataStream<Bid>>();
  });

  test('a filter that returns a promise does not compile', () => {
    expectTypeOf(bids.filter((bid) => bid.price > 3)).toEqualTypeOf<DataStream<Bid>>();
    // @ts-expect-error a promise is always true
    bids.filter(async (bid) => bid.price > 3);
  });

  test('a flatMap names its result, and must not be asynchronous', () => {
    const words = bids.flatMap<string>((bid, output) => output.emit(bid.bidder));
    expectTypeOf(words).toEqualTypeOf<DataStream<string>>();
    const fromAnnotation = bids.flatMap((bid, output: Collector<number>) => output.emit(bid.price));
    expectTypeOf(fromAnnotation).toEqualTypeOf<DataStream<number>>();
    // @ts-expect-error an asynchronous function would emit after its call
    bids.flatMap<string>(async (bid, output) => output.emit(bid.bidder));
    // @ts-expect-error only strings may be emitted
    bids.flatMap<string>((bid, output) => output.emit(bid.price));
  });

  test('a process function that is asynchronous does not compile', () => {
    const asynchronous = bids.process<number>({
      // @ts-expect-error an asynchronous function would emit after its call
      async process(bid: Bid, _context: ProcessContext, output: Collector<number>) {
        output.emit(bid.price);
      },
    });
    expectTypeOf(asynchronous).toEqualTypeOf<DataStream<number>>();
  });

  test('a process function sees the record, and its collector the result', () => {
    const tag = outputTag<string>('cheap');
    const large = bids.process<number>({
      process: (bid, context, output) => {
        expectTypeOf(bid).toEqualTypeOf<Bid>();
        // @ts-expect-error this side output takes strings
        context.emitTo(tag, bid.price);
        output.emit(bid.price);
      },
    });
    expectTypeOf(large).toEqualTypeOf<DataStream<number>>();
    expectTypeOf(large.sideOutput(tag)).toEqualTypeOf<DataStream<string>>();
  });

  test('a stream of a subtype is a stream of the type, not the other way round', () => {
    const wants = (_stream: DataStream<{ readonly price: number }>): void => undefined;
    wants(bids);
    // @ts-expect-error a bare price is no bid
    ((_stream: DataStream<Bid>): void => undefined)(bids.select('price'));
    expect(bids.made?.name).toBe('planned#0');
  });

  test('a job must not be asynchronous, but may end in a sink', () => {
    expectTypeOf((env: StreamEnvironment) =>
      env.fromSource(plannedSource<Bid>()).sinkTo(plannedSink()),
    ).toExtend<Job>();
    expectTypeOf(
      (_env: StreamEnvironment, args: Readonly<Record<string, string>>) => void args['x'],
    ).toExtend<Job>();
    // @ts-expect-error the graph must be complete when the function returns
    const wrong: Job = async (env) => void env.fromSource(plannedSource<Bid>()).sinkTo(plannedSink());
    expectTypeOf(wrong).toEqualTypeOf<Job>();
  });

  test('a union of two types is a stream of either', () => {
    expectTypeOf(bids.union(bids.map((bid) => bid.price))).toEqualTypeOf<DataStream<Bid | number>>();
  });

  test('name, uid and parallelism keep the type of the stream', () => {
    const named = bids
      .map((bid) => bid.price)
      .name('prices')
      .uid('prices-1')
      .setParallelism(2);
    expectTypeOf(named).toEqualTypeOf<DataStream<number>>();
  });

  test('a sink takes the records of the stream and no others', () => {
    expectTypeOf(bids.sinkTo(plannedSink<Bid>())).toEqualTypeOf<StreamSink>();
    bids.sinkTo(plannedSink());
    bids.sinkTo(plannedSink<{ readonly price: number }>());
    // @ts-expect-error this sink wants numbers
    bids.sinkTo(plannedSink<number>());
  });

  test('mapAsync gives what its promise resolves to', () => {
    const names = bids.mapAsync({ call: async (bid, signal) => (signal.aborted ? '' : bid.bidder) });
    expectTypeOf(names).toEqualTypeOf<DataStream<string>>();
    const many = bids.flatMapAsync({ call: async (bid) => [bid.price], order: 'unordered' });
    expectTypeOf(many).toEqualTypeOf<DataStream<number>>();
  });

  test('a lookup joins the record with what was loaded for its key', () => {
    const found = bids.lookup({
      key: 'auction',
      load: async (auction) => ({ seller: String(auction.toFixed()) }),
      join: (bid, auction) => ({ bidder: bid.bidder, seller: auction?.seller }),
    });
    expectTypeOf<TypeOf<typeof found>>().toEqualTypeOf<{ bidder: string; seller: string | undefined }>();
    const byFunction = bids.lookup({
      key: (bid: Bid) => bid.bidder,
      load: async (bidder: string) => bidder.length,
      join: (_bid, length) => length ?? 0,
    });
    expectTypeOf(byFunction).toEqualTypeOf<DataStream<number>>();
  });
});

describe('the types of keys', () => {
  test('a field gives its type, several fields their tuple, a function its result', () => {
    expectTypeOf(bids.keyBy('bidder')).toEqualTypeOf<KeyedStream<string, Bid>>();
    expectTypeOf(bids.keyBy('auction', 'bidder')).toEqualTypeOf<
      KeyedStream<readonly [number, string], Bid>
    >();
    expectTypeOf(bids.keyBy((bid) => bid.price % 7)).toEqualTypeOf<KeyedStream<number, Bid>>();
    expectTypeOf(bids.keyBy((bid) => [bid.auction, bid.bidder])).toEqualTypeOf<
      KeyedStream<readonly [number, string], Bid>
    >();
  });

  test('an expression gives its type', () => {
    expectTypeOf(bids.keyBy(col('auction'))).toEqualTypeOf<KeyedStream<number, Bid>>();
    expectTypeOf(bids.keyBy(col('auction').mod(100))).toEqualTypeOf<KeyedStream<number, Bid>>();
    expectTypeOf(bids.keyBy(columns<Bid>().bidder.lower())).toEqualTypeOf<KeyedStream<string, Bid>>();
  });

  test('a field that the record does not have does not compile', () => {
    expectTypeOf(bids.keyBy('auction')).toEqualTypeOf<KeyedStream<number, Bid>>();
    // @ts-expect-error no such field
    bids.keyBy('seller');
    // @ts-expect-error no such field
    bids.keyBy('auction', 'seller');
    // @ts-expect-error no such field
    bids.keyBy(col('seller').add(1));
    // @ts-expect-error a key must not be a promise
    bids.keyBy(async (bid) => bid.auction);
  });

  test('a keyed process function sees the key', () => {
    const results = byBidder.process<number>({
      process: (bid, context, output) => {
        expectTypeOf(context.key).toEqualTypeOf<string>();
        output.emit(bid.price);
      },
      onTimer: (_timestampMs, context, output) => output.emit(context.key.length),
    });
    expectTypeOf(results).toEqualTypeOf<DataStream<number>>();
  });

  test('connected keyed streams must have the same type of key', () => {
    const both = byBidder.connect(bids.keyBy('bidder')).process<string>({
      process1: (_bid, context, output) => output.emit(context.key),
      process2: (_bid, context, output) => output.emit(context.key),
    });
    expectTypeOf(both).toEqualTypeOf<DataStream<string>>();
    bids.connect(bids).keyBy('bidder', (bid) => bid.bidder);
    // @ts-expect-error a number is no string
    bids.connect(bids).keyBy('bidder', (bid) => bid.auction);
    // @ts-expect-error the keys differ
    byBidder.intervalJoin(bids.keyBy('auction'));
  });
});

describe('the types of windows, joins and expressions', () => {
  test('reduce keeps the type, process names its own', () => {
    const windows = byBidder.window(tumbling('10s'));
    expectTypeOf(windows.reduce((left, right) => (left.price > right.price ? left : right))).toEqualTypeOf<
      DataStream<Bid>
    >();
    expectTypeOf(
      windows.process<number>((values, _context, output) => output.emit(values.length)),
    ).toEqualTypeOf<DataStream<number>>();
    // @ts-expect-error the reduced value must be a bid
    windows.reduce((left, right) => left.price + right.price);
    // @ts-expect-error an asynchronous function would emit after its call
    windows.process<number>(async (values, _context, output) => output.emit(values.length));
  });

  test('a window join pairs the records of both sides', () => {
    const other = bids.select('bidder', 'time');
    const joined = bids
      .join(other)
      .where('bidder')
      .equalTo('bidder')
      .window(tumbling('10s'))
      .apply((left, right) => ({ price: left.price, at: right.time }));
    expectTypeOf(joined).toEqualTypeOf<DataStream<{ price: number; at: number }>>();
    bids
      .join(other)
      .where((bid) => bid.bidder)
      .equalTo((right) => right.bidder);
    // @ts-expect-error the keys differ in type
    bids.join(other).where('bidder').equalTo('time');
    const byLeft = bids.join(other).where('bidder');
    // @ts-expect-error the keys differ in type
    byLeft.equalTo((right) => right.time);
  });

  test('a coGroup sees all records of both sides', () => {
    const grouped = bids
      .coGroup(bids.map((bid) => bid.bidder))
      .where('bidder')
      .equalTo((name) => name)
      .window(tumbling('10s'))
      .apply<number>((left, right, output) => output.emit(left.length + right.length));
    expectTypeOf(grouped).toEqualTypeOf<DataStream<number>>();
  });

  test('the missing side of an outer interval join may be undefined', () => {
    const inner = byBidder
      .intervalJoin(byBidder)
      .between('-5s', '5s')
      .apply((left, right) => left.price - right.price);
    expectTypeOf(inner).toEqualTypeOf<DataStream<number>>();
    const outer = byBidder.intervalJoin(byBidder).between(-5, 5, { type: 'left' });
    outer.apply((left, right) => [left.price, right?.price]);
    // @ts-expect-error the right side may be missing
    outer.apply((_left, right) => right.price);
  });

  test('select gives records of the types of its expressions', () => {
    const some = bids.select('auction', 'price');
    expectTypeOf<TypeOf<typeof some>>().toEqualTypeOf<Pick<Bid, 'auction' | 'price'>>();
    const euros = bids.select((bid) => ({
      auction: bid.auction,
      euros: bid.price.mul(0.908),
      large: bid.price.gt(100),
    }));
    expectTypeOf<TypeOf<typeof euros>>().branded.toEqualTypeOf<{
      readonly auction: number;
      readonly euros: number;
      readonly large: boolean;
    }>();
    const named = bids.select({ who: col('bidder'), twice: col('price').mul(2) });
    expectTypeOf<TypeOf<typeof named>>().branded.toEqualTypeOf<{
      readonly who: string;
      readonly twice: number;
    }>();
    // @ts-expect-error no such field
    bids.select('seller');
    // @ts-expect-error no such field
    bids.select({ who: col('seller') });
    // @ts-expect-error text cannot be multiplied
    bids.select((bid) => ({ twice: bid.bidder.mul(2) }));
  });

  test('where takes conditions over fields of the record', () => {
    expectTypeOf(bids.where(col('price').gt(100).and(col('channel').eq('web')))).toEqualTypeOf<
      DataStream<Bid>
    >();
    bids.where((bid) => bid.price.gt(100).or(bid.channel.isNull()));
    // @ts-expect-error no such field
    bids.where(col('prize').gt(100));
    // @ts-expect-error a number is no condition
    bids.where(col('price').mul(2));
    // @ts-expect-error a price is no text
    bids.where((bid) => bid.price.eq('high'));
  });

  test('a timestamp selector infers the record of the stream', () => {
    const timed = bids.assignTimestampsAndWatermarks(
      boundedOutOfOrderness('5s').withTimestamps((bid) => bid.time),
    );
    expectTypeOf(timed).toEqualTypeOf<DataStream<Bid>>();
    bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('5s').withTimestamps('time'));
    bids.assignTimestampsAndWatermarks(
      boundedOutOfOrderness<Bid>('5s').withTimestamps('time').withIdleness('1m'),
    );
    // @ts-expect-error a bidder is no time
    bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('5s').withTimestamps('bidder'));
  });
});
