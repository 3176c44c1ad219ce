import {
  boundedOutOfOrderness,
  count,
  type DataStream,
  type StreamEnvironment,
  session,
  sliding,
  tumbling,
} from 'millrace';
import type { Bid } from './bids.ts';
import { emitEach, greatestBy } from './greatest.ts';
import { isoTime, type Query, query } from './query.ts';
import { joinSellers } from './sellers.ts';
import { auctions, bids, persons, type Stream } from './source.ts';

type ShortBid = Pick<Bid, 'auction' | 'price' | 'bidder' | 'dateTime' | 'extra'>;
interface AuctionBids {
  readonly key: number;
  readonly bids: number;
}

/** Flink's watermark was 4 s behind too, although events come in order. */
const watermarks = boundedOutOfOrderness('4s');

const bidsOf = (env: StreamEnvironment, stream: Stream): DataStream<Bid> =>
  env.fromSource(bids(stream), watermarks, { name: 'bids' });

const passThrough = query({
  name: 'q0',
  title: 'five columns of every bid',
  build: (env, stream) => bidsOf(env, stream).select('auction', 'bidder', 'price', 'dateTime', 'extra'),
  row: (bid) => [bid.auction, bid.bidder, bid.price, isoTime(bid.dateTime), bid.extra],
});

const currency = query({
  name: 'q1',
  title: 'every bid with its price in euros',
  note: 'prices are doubles here and DECIMAL(24, 3) in Flink',
  build: (env, stream) =>
    bidsOf(env, stream).select((bid) => ({
      auction: bid.auction,
      bidder: bid.bidder,
      price: bid.price.mul(0.908),
      dateTime: bid.dateTime,
      extra: bid.extra,
    })),
  row: (bid) => [bid.auction, bid.bidder, bid.price.toFixed(3), isoTime(bid.dateTime), bid.extra],
});

const selection = query({
  name: 'q2',
  title: 'bids on one auction in 123',
  build: (env, stream) =>
    bidsOf(env, stream)
      .where((bid) => bid.auction.mod(123).eq(0))
      .select('auction', 'price'),
  row: (bid) => [bid.auction, bid.price],
});

const localItems = query({
  name: 'q3',
  title: 'auctions of a category with their seller of three states',
  note: 'a keyed process function with both sides in state, as the join of the SQL has',
  build: (env, stream) => {
    const sellers = env
      .fromSource(persons(stream), watermarks, { name: 'persons' })
      .where((person) => person.state.eq('OR').or(person.state.eq('ID')).or(person.state.eq('CA')))
      .select('id', 'name', 'city', 'state');
    return env
      .fromSource(auctions(stream), watermarks, { name: 'auctions' })
      .where((auction) => auction.category.eq(10))
      .select('id', 'seller')
      .keyBy('seller')
      .connect(sellers.keyBy('id'))
      .process(joinSellers());
  },
  row: (sold) => [sold.name, sold.city, sold.state, sold.auction],
});

const hotItems = query({
  name: 'q5',
  title: 'the auctions with the most bids in the last 10 s, every 2 s',
  note: 'the greatest count is found by a fold over the counts of a window, where the SQL joins counts with their maximum',
  build: (env, stream) =>
    bidsOf(env, stream)
      .keyBy('auction')
      .window(sliding('10s', '2s'))
      .aggregate({ bids: count() })
      .windowAll(tumbling('2s'))
      .aggregate(greatestBy((window: AuctionBids) => window.bids))
      .flatMap<AuctionBids>(emitEach),
  row: (hot) => [hot.key, hot.bids],
});

const highestBids = query({
  name: 'q7',
  title: 'the highest bids of every 10 s',
  note: 'a fold in each window, where the SQL joins all bids with the maximum of their window (and would also take an equally high bid at the very end of it)',
  build: (env, stream) =>
    bidsOf(env, stream)
      .select('auction', 'price', 'bidder', 'dateTime', 'extra')
      .windowAll(tumbling('10s'))
      .aggregate(greatestBy((bid: ShortBid) => bid.price))
      .flatMap<ShortBid>(emitEach),
  row: (bid) => [bid.auction, bid.price, bid.bidder, isoTime(bid.dateTime), bid.extra],
});

const newUsers = query({
  name: 'q8',
  title: 'persons who offered something in the 10 s in which they came',
  note: 'a coGroup that keeps the auctions of a window, where the SQL groups both sides first',
  build: (env, stream) => {
    const offers = env.fromSource(auctions(stream), watermarks, { name: 'auctions' }).select('seller');
    return env
      .fromSource(persons(stream), watermarks, { name: 'persons' })
      .select('id', 'name', 'dateTime')
      .coGroup(offers)
      .where('id')
      .equalTo('seller')
      .window(tumbling('10s'))
      .apply<{ readonly id: number; readonly name: string; readonly startMs: number }>(
        (arrived, offered, output) => {
          const [person] = arrived;
          if (person === undefined || offered.length === 0) return;
          const { id, name, dateTime } = person;
          output.emit({ id, name, startMs: Math.floor(dateTime / 10_000) * 10_000 });
        },
      );
  },
  row: (person) => [person.id, person.name, isoTime(person.startMs)],
});

const userSessions = query({
  name: 'q11',
  title: 'bids of each bidder in each session with a gap of 10 s',
  build: (env, stream) =>
    bidsOf(env, stream).keyBy('bidder').window(session('10s')).aggregate({ bids: count() }),
  row: (result) => [result.key, result.bids, isoTime(result.windowStart), isoTime(result.windowEnd)],
});

const processingTime = query({
  name: 'q12',
  title: 'bids of each bidder in every 10 s of processing time',
  build: (env, stream) =>
    bidsOf(env, stream)
      .keyBy('bidder')
      .window(tumbling('10s', { time: 'processing' }))
      .aggregate({ bids: count() }),
  row: (result) => [result.key, result.bids, isoTime(result.windowStart), isoTime(result.windowEnd)],
});

const lastBids = query({
  name: 'q18',
  title: 'the last bid of each bidder on each auction',
  build: (env, stream) =>
    bidsOf(env, stream)
      .keyBy('bidder', 'auction')
      .reduce((last, bid) => (bid.dateTime >= last.dateTime ? bid : last)),
  row: (bid) => [bid.auction, bid.bidder, bid.price, bid.channel, bid.url, isoTime(bid.dateTime), bid.extra],
  key: (bid) => `${bid.bidder} ${bid.auction}`,
});

/** The queries of Nexmark that the DataStream API has been given so far. */
export const queries: readonly Query[] = [
  passThrough,
  currency,
  selection,
  localItems,
  hotItems,
  highestBids,
  newUsers,
  userSessions,
  processingTime,
  lastBids,
];
