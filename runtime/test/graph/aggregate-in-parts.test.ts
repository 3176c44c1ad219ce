import { describe, expect, it } from 'vitest';
import { average, collectAll, count, first, sum } from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import type { WindowSettings } from '../../src/api/transform.ts';
import { countTrigger } from '../../src/api/triggers.ts';
import { cumulative, session, tumbling } from '../../src/api/windows.ts';
import { aggregatesInParts } from '../../src/graph/aggregate-in-parts.ts';
import { describeGraph } from '../../src/graph/describe.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { type Bid, plannedSink } from '../api/support.ts';
import { outline, plan } from './support.ts';

const sink = plannedSink<unknown>();

const windowOf = (rest: Partial<WindowSettings> = {}): WindowSettings => ({
  assigner: tumbling(20),
  allowedLatenessMs: 0,
  aggregation: { kind: 'builtIn', aggregates: { records: count(), mean: average<Bid>('price') } },
  keyed: true,
  ...rest,
});

const counted = (bids: DataStream<Bid>): void => {
  bids
    .keyBy('auction')
    .window(tumbling('10s'))
    .aggregate({ bids: count(), turnover: sum('price') })
    .sinkTo(sink);
};

/** What the plan says of the first phase of its only window. */
const phaseOf = (graph: PhysicalGraph): unknown =>
  graph.tasks
    .flatMap((task) => task.chain)
    .flatMap(({ spec }) => (spec.kind === 'partialWindow' ? [spec] : []))
    .map(({ key, crossesSlots }) => ({ key, crossesSlots }));

describe('two phases', () => {
  it('are for aligned windows of event time with aggregates in any order, and no late output', () => {
    expect(aggregatesInParts(windowOf())).toBe(true);
    expect(aggregatesInParts(windowOf({ keyed: false, assigner: cumulative(1, 10) }))).toBe(true);
    expect(aggregatesInParts(windowOf({ trigger: { kind: 'eventTime' } }))).toBe(true);
    const refused: Partial<WindowSettings>[] = [
      { assigner: session(10) },
      { assigner: tumbling(10, { time: 'processing' }) },
      { assigner: tumbling(10, { timeZone: 'Europe/Berlin' }) },
      { trigger: countTrigger(3) },
      { allowedLatenessMs: 5 },
      { lateOutput: 'late' },
      { evictor: { when: 'before', keep: (records) => records } },
      { aggregation: { kind: 'collect' } },
      { aggregation: { kind: 'builtIn', aggregates: { records: count(), opening: first() } } },
      { aggregation: { kind: 'builtIn', aggregates: { all: collectAll() } } },
    ];
    expect(refused.map((rest) => aggregatesInParts(windowOf(rest)))).toEqual(refused.map(() => false));
  });
});

describe('the planner', () => {
  it('puts the first phase at the end of the chain before the exchange', () => {
    const graph = plan(counted);
    expect(outline(graph)).toEqual([
      '0 bids → window#1 (first phase) ×2',
      '1 window#1 → plannedSink#2 ×2',
      '0.1 -hash→ 1:0',
    ]);
    expect(phaseOf(graph)).toEqual([{ key: { kind: 'field', name: 'auction' }, crossesSlots: true }]);
  });

  it('puts one behind each stream of a union, in its chain', () => {
    const graph = plan((bids) => {
      const dear = bids.filter((bid) => bid.price > 1000);
      const cheap = bids.filter((bid) => bid.price < 10);
      counted(dear.union(cheap));
    });
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 filter#1 → window#3 (first phase) ×2',
      '2 filter#2 → window#3 (first phase) ×2',
      '3 window#3 → plannedSink#4 ×2',
      '0.0 -forward→ 1:0',
      '0.0 -forward→ 2:0',
      '1.1 -hash→ 3:0',
      '2.1 -hash→ 3:0',
    ]);
  });

  it('keeps the shape of the job in one slot, where nothing crosses', () => {
    const graph = plan(counted, { parallelism: 1 });
    expect(outline(graph)).toEqual([
      '0 bids → window#1 (first phase) ×1',
      '1 window#1 → plannedSink#2 ×1',
      '0.1 -hash→ 1:0',
    ]);
    expect(phaseOf(graph)).toMatchObject([{ crossesSlots: false }]);
  });

  it('gives the first phase the parallelism of what comes before it', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid)
        .setParallelism(1)
        .windowAll(tumbling('10s'))
        .aggregate({ bids: count() })
        .sinkTo(sink)
        .setParallelism(1),
    );
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 map#1 → windowAll#2 (first phase) ×1',
      '2 windowAll#2 → plannedSink#3 ×1',
      '0.0 -rebalance→ 1:0',
      '1.1 -global→ 2:0',
    ]);
    expect(phaseOf(graph)).toEqual([{ key: undefined, crossesSlots: false }]);
  });

  it('leaves other windows and what reads them as they are', () => {
    const build = (bids: DataStream<Bid>): void => {
      bids
        .keyBy('auction')
        .window(session('10s'))
        .aggregate({ bids: count() })
        .keyBy('bids')
        .window(tumbling('1m'))
        .reduce((left) => left)
        .sinkTo(sink);
    };
    expect(outline(plan(build))).toEqual([
      '0 bids ×2',
      '1 window#1 ×2',
      '2 window#2 → plannedSink#3 ×2',
      '0.0 -hash→ 1:0',
      '1.0 -hash→ 2:0',
    ]);
  });

  it('still reads only the fields that are used, and says so', () => {
    const [source] = describeGraph(plan(counted)).tasks[0]!.transforms;
    expect(source?.source?.fields).toEqual(['auction', 'price']);
  });

  it('gives the same hash in every slot, and another one for another key', () => {
    const byBidder = (bids: DataStream<Bid>): void => {
      bids
        .keyBy('bidder')
        .window(tumbling('10s'))
        .aggregate({ bids: count(), turnover: sum('price') })
        .sinkTo(sink);
    };
    expect(plan(counted).hash).toBe(plan(counted).hash);
    expect(plan(byBidder).hash).not.toBe(plan(counted).hash);
  });
});
