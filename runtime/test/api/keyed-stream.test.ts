import { describe, expect, test } from 'vitest';
import { count } from '../../src/api/aggregates.ts';
import { broadcastState } from '../../src/api/state.ts';
import { type Bid, environmentWithBids, errorOf, madeBy } from './support.ts';

const { bids } = environmentWithBids();
const byBidder = bids.keyBy('bidder');
const hashed = { kind: 'hash', key: { kind: 'field', name: 'bidder' } };
const partitionings = (stream: Parameters<typeof madeBy>[0]): unknown =>
  madeBy(stream).inputs.map((port) => port.map(({ partitioning }) => partitioning));
const kindOf = (stream: Parameters<typeof madeBy>[0]): string => madeBy(stream).spec.kind;

describe('a keyed stream', () => {
  test('records keyed transforms behind a hash', () => {
    const process = { process: () => undefined };
    const streams = [
      byBidder.process<number>(process),
      byBidder.reduce((left) => left),
      byBidder.reduce({ reduce: (left) => left }),
      byBidder.aggregate({ bids: count() }),
    ];
    expect(streams.map(kindOf)).toEqual(['keyedProcess', 'reduce', 'reduce', 'aggregate']);
    for (const stream of streams) expect(partitionings(stream)).toEqual([[hashed]]);
  });

  test('can be used as a plain stream too, whose records then move by key', () => {
    const mapped = byBidder.map((bid) => bid.price);
    const asynchronous = byBidder.mapAsync({ call: async (bid) => bid.price });
    expect([kindOf(mapped), kindOf(asynchronous)]).toEqual(['fused', 'async']);
    expect(partitionings(asynchronous)).toEqual([[hashed]]);
  });
});

describe('connected streams', () => {
  const both = { process1: () => undefined, process2: () => undefined };

  test('have two ports, in the order of the call', () => {
    const prices = bids.map((bid) => bid.price);
    const connected = bids.connect(prices);
    const node = madeBy(connected.map({ map1: (bid) => bid.price, map2: (price) => price }));
    expect(node.spec.kind).toBe('coMap');
    expect(node.inputs.map((port) => port.map((edge) => edge.from))).toEqual([
      [madeBy(bids)],
      [madeBy(prices)],
    ]);
    expect(kindOf(connected.flatMap<number>({ flatMap1: () => undefined, flatMap2: () => undefined }))).toBe(
      'coFlatMap',
    );
    expect(kindOf(connected.process<number>(both))).toBe('coProcess');
  });

  test('of two keyed streams share state', () => {
    const connected = byBidder.connect(bids.keyBy((bid) => bid.bidder));
    const processed = connected.process<number>(both);
    expect(kindOf(processed)).toBe('keyedCoProcess');
    expect(partitionings(processed)).toMatchObject([[hashed], [{ kind: 'hash', key: { kind: 'function' } }]]);
    expect(kindOf(connected.map({ map1: (bid) => bid, map2: (bid) => bid }))).toBe('coMap');
  });

  test('can be keyed afterwards', () => {
    const processed = bids.connect(bids).keyBy('bidder', 'bidder').process<number>(both);
    expect(kindOf(processed)).toBe('keyedCoProcess');
    expect(partitionings(processed)).toEqual([[hashed], [hashed]]);
  });

  test('of a keyed and a plain stream are not keyed', () => {
    expect(kindOf(byBidder.connect(bids).process<number>(both))).toBe('coProcess');
  });
});

describe('broadcast streams', () => {
  const rules = broadcastState<string, number>('rules');
  const process = { process: () => undefined, processBroadcast: () => undefined };
  const broadcast = bids.broadcast(rules);

  test('reach every subtask and name the states that may be asked for', () => {
    const processed = bids.connect(broadcast).process<number>(process);
    expect(madeBy(processed).spec).toEqual({ kind: 'broadcast', function: process, states: ['rules'] });
    expect(partitionings(processed)).toEqual([[{ kind: 'forward' }], [{ kind: 'broadcast' }]]);
  });

  test('beside a keyed stream give keyed state too', () => {
    const processed = byBidder.connect(broadcast).process<Bid>(process);
    expect(madeBy(processed).spec).toEqual({ kind: 'keyedBroadcast', function: process, states: ['rules'] });
    expect(partitionings(processed)).toEqual([[hashed], [{ kind: 'broadcast' }]]);
  });

  test('cannot have two states of one name', () => {
    const error = errorOf(() => bids.broadcast(rules, broadcastState('rules')));
    expect(error.message).toBe('The broadcast state “rules” is given twice.');
  });
});
