import { describe, expect, test } from 'vitest';
import { average, count, quantiles, sum } from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { col } from '../../src/api/expressions.ts';
import { broadcastState } from '../../src/api/state.ts';
import { countTrigger } from '../../src/api/triggers.ts';
import { boundedOutOfOrderness } from '../../src/api/watermarks.ts';
import { session, sliding, tumbling } from '../../src/api/windows.ts';
import { fnv64 } from '../../src/graph/fingerprint.ts';
import { type Bid, plannedSink } from '../api/support.ts';
import { plan } from './support.ts';

const sink = plannedSink<unknown>();
type Build = (bids: DataStream<Bid>) => unknown;
const hashOf = (build: Build, settings: Parameters<typeof plan>[1] = {}): string =>
  plan((bids) => void build(bids), settings).hash;

const reference: Build = (bids) =>
  bids
    .filter((bid) => bid.price > 1)
    .keyBy('bidder')
    .window(tumbling('1m'))
    .aggregate({ total: sum('price') })
    .sinkTo(sink);

const aggregate =
  (build: (bids: DataStream<Bid>) => DataStream<unknown>): Build =>
  (bids) =>
    build(bids).sinkTo(sink);
const windows = (bids: DataStream<Bid>) => bids.keyBy('bidder').window(tumbling('1m'));
const rules = broadcastState<string, number>('rules');
const both = { process: () => undefined, processBroadcast: () => undefined };

/** Graphs of which each differs from each other in one thing. */
const differentGraphs: readonly Build[] = [
  reference,
  aggregate((bids) => bids.map((bid) => bid)),
  aggregate((bids) => bids.map((bid) => bid).name('named')),
  aggregate((bids) =>
    bids
      .map((bid) => bid)
      .name('named')
      .uid('other'),
  ),
  aggregate((bids) => bids.map((bid) => bid).setParallelism(1)),
  aggregate((bids) => bids.map((bid) => bid).startNewChain()),
  aggregate((bids) => bids.flatMap(() => undefined)),
  aggregate((bids) => bids.rebalance().map((bid) => bid)),
  aggregate((bids) => bids.rescale().map((bid) => bid)),
  aggregate((bids) => bids.union(bids).map((bid) => bid)),
  aggregate((bids) => bids.where(col('price').gt(1))),
  aggregate((bids) => bids.where(col('price').gt(2))),
  aggregate((bids) => bids.where(col('price').ge(1))),
  aggregate((bids) => bids.where(col('time').gt(1))),
  aggregate((bids) => bids.where(col('price').eq(1))),
  aggregate((bids) => bids.where(col('price').eq('1'))),
  aggregate((bids) => bids.where(col('price').neg().abs().gt(1))),
  aggregate((bids) => bids.select({ a: col('price') })),
  aggregate((bids) => bids.select({ b: col('price') })),
  aggregate((bids) => bids.keyBy('bidder').aggregate({ bids: count() })),
  aggregate((bids) => bids.keyBy('auction').aggregate({ bids: count() })),
  aggregate((bids) => bids.keyBy('auction', 'bidder').aggregate({ bids: count() })),
  aggregate((bids) => bids.keyBy((bid) => bid.auction).aggregate({ bids: count() })),
  aggregate((bids) => bids.keyBy(col('auction').mod(2)).aggregate({ bids: count() })),
  aggregate((bids) => windows(bids).aggregate({ total: sum('price') })),
  aggregate((bids) => windows(bids).aggregate({ total: average('price') })),
  aggregate((bids) => windows(bids).aggregate({ total: sum('time') })),
  aggregate((bids) => windows(bids).aggregate({ total: sum((bid) => bid.time) })),
  aggregate((bids) => windows(bids).aggregate({ other: sum('price') })),
  aggregate((bids) => windows(bids).aggregate({ total: quantiles('price', [0.5]) })),
  aggregate((bids) => windows(bids).aggregate({ total: quantiles('price', [0.9]) })),
  aggregate((bids) => windows(bids).aggregate({ total: sum('price') }, () => undefined)),
  aggregate((bids) =>
    windows(bids)
      .allowedLateness('1s')
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    windows(bids)
      .trigger(countTrigger(2))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    windows(bids)
      .trigger(countTrigger(3))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) => windows(bids).reduce((left) => left)),
  aggregate((bids) => windows(bids).process(() => undefined)),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .window(tumbling('2m'))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .window(sliding('1m', '30s'))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .window(session('1m'))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .window(session<Bid>(() => 1))
      .aggregate({ total: sum('price') }),
  ),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .intervalJoin(bids.keyBy('bidder'))
      .between(0, 1)
      .apply(() => 1),
  ),
  aggregate((bids) =>
    bids
      .keyBy('bidder')
      .intervalJoin(bids.keyBy('bidder'))
      .between(0, 2)
      .apply(() => 1),
  ),
  aggregate((bids) =>
    bids
      .join(bids)
      .where('bidder')
      .equalTo('bidder')
      .window(tumbling('1m'))
      .apply(() => 1),
  ),
  aggregate((bids) =>
    bids
      .coGroup(bids)
      .where('bidder')
      .equalTo('bidder')
      .window(tumbling('1m'))
      .apply(() => undefined),
  ),
  aggregate((bids) => bids.connect(bids.broadcast(rules)).process(both)),
  aggregate((bids) => bids.connect(bids.broadcast(rules, broadcastState('more'))).process(both)),
  aggregate((bids) => bids.mapAsync({ call: async () => 1 })),
  aggregate((bids) => bids.mapAsync({ call: async () => 1, capacity: 7 })),
  aggregate((bids) => bids.lookup({ key: 'bidder', load: async () => 1, join: () => 1 })),
  aggregate((bids) => bids.lookup({ key: 'bidder', load: async () => 1, join: () => 1, cacheSize: 3 })),
  aggregate((bids) => bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('1s'))),
  aggregate((bids) => bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('2s'))),
  aggregate((bids) =>
    bids.assignTimestampsAndWatermarks(boundedOutOfOrderness<Bid>('2s').withTimestamps('time')),
  ),
  (bids) => bids.sinkTo(sink),
  (bids) => bids.sinkTo(plannedSink('other')),
];

describe('fnv64', () => {
  test('has the vectors of FNV-1a', () => {
    expect(fnv64('')).toBe('cbf29ce484222325');
    expect(fnv64('a')).toBe('af63dc4c8601ec8c');
    expect(fnv64('foobar')).toBe('85944171f73967e8');
  });
});

describe('the hash of a graph', () => {
  test('is the same each time the job is built', () => {
    expect(hashOf(reference)).toBe(hashOf(reference));
    expect(hashOf(reference)).toMatch(/^[0-9a-f]{16}$/);
  });

  test('does not change with what functions do', () => {
    const other: Build = (bids) =>
      bids
        .filter((bid) => bid.price < 99)
        .keyBy('bidder')
        .window(tumbling('1m'))
        .aggregate({ total: sum('price') })
        .sinkTo(sink);
    expect(hashOf(other)).toBe(hashOf(reference));
    expect(hashOf((bids) => bids.process({ process: () => undefined, cache: 1 } as never).sinkTo(sink))).toBe(
      hashOf((bids) => bids.process({ process: () => undefined, cache: 2 } as never).sinkTo(sink)),
    );
  });

  test('changes with everything else', () => {
    const hashes = differentGraphs.map((build) => hashOf(build));
    expect(new Set(hashes).size).toBe(differentGraphs.length);
  });

  test('changes with parallelism, key groups and chaining', () => {
    const hashes = [{}, { parallelism: 3 }, { maxParallelism: 64 }, { chaining: false }].map((settings) =>
      hashOf(reference, settings),
    );
    expect(new Set(hashes).size).toBe(4);
  });
});
