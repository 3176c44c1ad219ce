import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Aggregates,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  sum,
  topN,
} from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment } from '../../src/api/environment.ts';
import { col } from '../../src/api/expressions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { countEvictor, countTrigger, deltaTrigger, purging } from '../../src/api/triggers.ts';
import { boundedOutOfOrderness, customWatermarks, type WatermarkStrategy } from '../../src/api/watermarks.ts';
import { customWindow, session, tumbling } from '../../src/api/windows.ts';
import { fieldsRead, narrowSources } from '../../src/graph/fields.ts';
import { planJob } from '../../src/graph/plan.ts';
import { type Bid, plannedSink, plannedSource } from '../api/support.ts';

const sink = plannedSink<unknown>();

/** What a graph reads of a source of bids: the names in order, or why it is all of them. */
const read = (
  build: (bids: DataStream<Bid>) => void,
  watermarks?: WatermarkStrategy<Bid>,
): readonly string[] | string => {
  const env = createEnvironment();
  build(env.fromSource(plannedSource<Bid>({ canNarrow: true }), watermarks));
  const [demand] = fieldsRead(env.nodes).values();
  if (demand === undefined) throw new Error('The graph has no source.');
  return demand.all.length > 0 ? demand.all.join('; ') : [...demand.names].toSorted();
};

const windows = (aggregates: Aggregates<Bid>) => (bids: DataStream<Bid>) =>
  void bids.keyBy('bidder').window(tumbling('1m')).aggregate(aggregates).sinkTo(sink);

describe('the fields that are read', () => {
  test('are those of the key and the aggregates', () => {
    expect(read(windows({ bids: count(), total: sum('price') }))).toEqual(['bidder', 'price']);
    expect(
      read((bids) =>
        bids
          .keyBy('auction', 'bidder')
          .aggregate({ mean: average('price') })
          .sinkTo(sink),
      ),
    ).toEqual(['auction', 'bidder', 'price']);
  });

  test('are those of expressions in keys, aggregates, conditions and timestamps', () => {
    expect(
      read(
        (bids) =>
          bids
            .where(col('channel').eq('web').or(col('channel').isNull().not()))
            .keyBy(col('auction').mod(10))
            .window(tumbling('1m'))
            .aggregate({ total: sum(col('price').neg().abs()) })
            .sinkTo(sink),
        boundedOutOfOrderness<Bid>('5s').withTimestamps(col('time').mul(1000)),
      ),
    ).toEqual(['auction', 'channel', 'price', 'time']);
  });

  test('are those that a select uses, whatever is done with its records', () => {
    expect(
      read((bids) =>
        bids
          .select('auction', 'price')
          .map((bid) => bid.price)
          .sinkTo(sink),
      ),
    ).toEqual(['auction', 'price']);
    expect(read((bids) => bids.select({ twice: col('price').mul(2) }).sinkTo(sink))).toEqual(['price']);
  });

  test('are none when only records are counted', () => {
    expect(read((bids) => bids.windowAll(tumbling('1m')).aggregate({ bids: count() }).sinkTo(sink))).toEqual(
      [],
    );
  });

  test('are those of all readers together', () => {
    expect(
      read((bids) => {
        windows({ total: sum('price') })(bids);
        bids.select('auction').sinkTo(sink);
      }),
    ).toEqual(['auction', 'bidder', 'price']);
  });

  test('are those of single values that aggregates keep', () => {
    expect(
      read(windows({ first: first('price'), all: collectAll('channel'), names: countDistinct('time') })),
    ).toEqual(['bidder', 'channel', 'price', 'time']);
  });

  test('do not include what only happens behind an aggregate', () => {
    expect(
      read((bids) => {
        const counts = bids.keyBy('bidder').window(tumbling('1m')).aggregate({ bids: count() });
        counts
          .keyBy('bids')
          .process<unknown>({ process: () => undefined })
          .sinkTo(sink);
      }),
    ).toEqual(['bidder']);
    const called = (bids: DataStream<Bid>): unknown =>
      bids
        .keyBy('bidder')
        .window(tumbling('1m'))
        .aggregate({ bids: count() }, () => undefined)
        .sinkTo(sink);
    expect(read(called)).toEqual(['bidder']);
  });

  test('pass through watermarks in the middle of a graph', () => {
    expect(
      read((bids) =>
        windows({ bids: count() })(
          bids.assignTimestampsAndWatermarks(boundedOutOfOrderness('5s').withTimestamps('time')),
        ),
      ),
    ).toEqual(['bidder', 'time']);
  });
});

describe('all fields are read, and it is said why, by', () => {
  const byBidder = (bids: DataStream<Bid>) => bids.keyBy('bidder');
  const largest = (left: Bid): Bid => left;

  test.each<[string, (bids: DataStream<Bid>) => unknown, string]>([
    [
      'a map',
      (bids) =>
        bids
          .map((bid) => bid)
          .select('price')
          .sinkTo(sink),
      'opaque function map#1',
    ],
    [
      'a filter',
      (bids) =>
        bids
          .filter(() => true)
          .select('price')
          .sinkTo(sink),
      'opaque function filter#1',
    ],
    ['a flatMap', (bids) => bids.flatMap(() => undefined).sinkTo(sink), 'opaque function flatMap#1'],
    [
      'a process function',
      (bids) => bids.process({ process: () => undefined }).sinkTo(sink),
      'opaque function process#1',
    ],
    ['a reduce', (bids) => byBidder(bids).reduce(largest).sinkTo(sink), 'opaque function reduce#1'],
    [
      'an asynchronous call',
      (bids) => bids.mapAsync({ call: async () => 1 }).sinkTo(sink),
      'opaque function mapAsync#1',
    ],
    [
      'a sink',
      (bids) => bids.where(col('price').gt(1)).sinkTo(sink),
      'whole records written by plannedSink#2',
    ],
    [
      'a key that is a function',
      (bids) =>
        bids
          .keyBy((bid) => bid.price)
          .aggregate({ bids: count() })
          .sinkTo(sink),
      'opaque key of aggregate#1',
    ],
    [
      'a partitioning of the author',
      (bids) =>
        bids
          .partitionCustom(() => 0)
          .select('price')
          .sinkTo(sink),
      'opaque partitioning of select#1',
    ],
    ['an aggregate that keeps records', windows({ top: topN(3, 'price') }), 'whole records kept by window#1'],
    ['an aggregate of whole records', windows({ first: first() }), 'whole records kept by window#1'],
    ['an aggregate over a function', windows({ total: sum((bid) => bid.price) }), 'opaque function window#1'],
    [
      'a reduce over windows',
      (bids) => byBidder(bids).window(tumbling('1m')).reduce(largest).sinkTo(sink),
      'opaque function window#1',
    ],
    [
      'windows with a dynamic gap',
      (bids) =>
        byBidder(bids)
          .window(session<Bid>((bid) => bid.price))
          .aggregate({ bids: count() })
          .sinkTo(sink),
      'opaque function window#1',
    ],
    [
      'windows of the author',
      (bids) =>
        byBidder(bids)
          .window(customWindow<Bid>(() => []))
          .aggregate({ bids: count() })
          .sinkTo(sink),
      'opaque function window#1',
    ],
    [
      'a trigger that looks at records',
      (bids) =>
        byBidder(bids)
          .window(tumbling('1m'))
          .trigger(purging(deltaTrigger<Bid>(1, () => 2)))
          .aggregate({ bids: count() })
          .sinkTo(sink),
      'opaque function window#1',
    ],
    [
      'an evictor',
      (bids) =>
        byBidder(bids)
          .window(tumbling('1m'))
          .evictor(countEvictor(2))
          .aggregate({ bids: count() })
          .sinkTo(sink),
      'opaque function window#1',
    ],
  ])('%s', (_name, build, why) => {
    expect(read((bids) => void build(bids))).toBe(why);
  });

  test('timestamps that are a function, and watermarks of the author', () => {
    const counted = windows({ bids: count() });
    expect(
      read(
        counted,
        boundedOutOfOrderness<Bid>('5s').withTimestamps((bid) => bid.time),
      ),
    ).toBe('opaque timestamps of planned#0');
    const custom = customWatermarks<Bid>(() => ({ onRecord: () => undefined, onPeriodic: () => undefined }));
    expect(read(counted, custom)).toBe('opaque watermarks of planned#0');
  });

  test('several at once', () => {
    expect(
      read((bids) => {
        bids.map((bid) => bid).sinkTo(sink);
        bids.sinkTo(sink);
      }),
    ).toBe('whole records written by plannedSink#3; opaque function map#1');
  });

  test('the readers of late records, but not when nobody reads them', () => {
    const late = outputTag<Bid>('late');
    const build = (readLate: boolean) => (bids: DataStream<Bid>) => {
      const counts = bids
        .keyBy('bidder')
        .window(tumbling('1m'))
        .lateOutput(late)
        .aggregate({ bids: count() });
      counts.sinkTo(sink);
      if (readLate) counts.sideOutput(late).sinkTo(sink);
    };
    expect(read(build(false))).toEqual(['bidder']);
    expect(read(build(true))).toBe('whole records written by plannedSink#3');
  });

  test('no trigger that only counts', () => {
    expect(
      read((bids) =>
        byBidder(bids)
          .window(tumbling('1m'))
          .trigger(purging(countTrigger(3)))
          .aggregate({ bids: count() })
          .sinkTo(sink),
      ),
    ).toEqual(['bidder']);
  });
});

describe('narrowing sources', () => {
  const plan = (source: ReturnType<typeof plannedSource<Bid>>) => {
    const env = createEnvironment();
    const bids = env.fromSource(source);
    const counts = bids
      .keyBy('bidder')
      .window(tumbling('1m'))
      .aggregate({ total: sum('price') });
    counts.union(counts).sinkTo(sink);
    return { env, graph: planJob(env.nodes, { parallelism: 1 }) };
  };
  const sourceOf = (source: ReturnType<typeof plannedSource<Bid>>): readonly string[] | undefined => {
    const spec = plan(source).graph.tasks[0]?.chain[0]?.spec;
    if (spec?.kind !== 'source') throw new Error('Expected a source.');
    return spec.source.fields;
  };

  test('asks a source for the fields that are read, in order of their names', () => {
    expect(sourceOf(plannedSource({ canNarrow: true }))).toEqual(['bidder', 'price']);
  });

  test('leaves alone a source that cannot, and fields that the author gave', () => {
    expect(sourceOf(plannedSource())).toBeUndefined();
    expect(sourceOf(plannedSource({ canNarrow: true, fields: ['bidder', 'price', 'time'] }))).toEqual([
      'bidder',
      'price',
      'time',
    ]);
  });

  test('changes no transform that the job has recorded', () => {
    const { env, graph } = plan(plannedSource({ canNarrow: true }));
    const spec = env.nodes[0]?.spec;
    expect(spec?.kind === 'source' && spec.source.fields).toBeUndefined();
    const planned = new Set(graph.tasks.flatMap((task) => task.chain));
    for (const node of planned) {
      expect(node.inputs.flat().every((edge) => planned.has(edge.from))).toBe(true);
    }
  });

  test('gives the same nodes when there is nothing to narrow', () => {
    const env = createEnvironment();
    env.fromSource(plannedSource<Bid>()).sinkTo(sink);
    expect(narrowSources(env.nodes)).toBe(env.nodes);
  });

  test('never leaves out a field that an expression anywhere reads', () => {
    const names = ['auction', 'bidder', 'price', 'channel', 'time'] as const;
    const name = fc.constantFrom(...names);
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 6 }),
        name,
        fc.array(name, { minLength: 1, maxLength: 3 }),
        (conditions, key, sums) => {
          const found = read((bids) => {
            const kept = conditions.reduce((stream, field) => stream.where(col(field).isNull().not()), bids);
            const aggregates = Object.fromEntries(sums.map((field, i) => [`sum${i}`, sum<Bid>(col(field))]));
            kept.keyBy(key).aggregate(aggregates).sinkTo(sink);
          });
          expect(found).toEqual([...new Set([...conditions, key, ...sums])].toSorted());
        },
      ),
    );
  });
});
