import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count } from '../../src/api/aggregates.ts';
import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment } from '../../src/api/environment.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import type { TransformNode } from '../../src/api/transform.ts';
import { tumbling } from '../../src/api/windows.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { planJob } from '../../src/graph/plan.ts';
import { type Bid, plannedSink, plannedSource } from '../api/support.ts';

/** One call on a stream: which call, on which of the streams made so far, with which other one. */
interface Call {
  readonly kind: number;
  readonly stream: number;
  readonly other: number;
  readonly settings: number;
}

const call: fc.Arbitrary<Call> = fc.record({
  kind: fc.nat(11),
  stream: fc.nat(),
  other: fc.nat(),
  settings: fc.nat(7),
});

const side = outputTag<Bid>('side');
const forward = {
  process: (bid: Bid, _context: unknown, output: { emit(value: Bid): void }) => output.emit(bid),
};
const largest = (left: Bid, right: Bid): Bid => (left.price > right.price ? left : right);

/** Makes the call; `seed` changes what the functions compute, not what the graph is. */
const apply = (one: DataStream<Bid>, two: DataStream<Bid>, kind: number, seed: number): DataStream<Bid> => {
  switch (kind) {
    case 0:
      return one.map((bid) => ({ ...bid, price: bid.price + seed }));
    case 1:
      return one.filter((bid) => bid.price > seed);
    case 2:
      return one.union(two);
    case 3:
      return one.rebalance();
    case 4:
      return one.process<Bid>(forward);
    case 5:
      return one.process<Bid>(forward).sideOutput(side);
    case 6:
      return one.keyBy('bidder').reduce(largest);
    case 7:
      return one.connect(two).map({ map1: (bid) => bid, map2: (bid) => bid });
    case 8:
      return one.windowAll(tumbling('1m')).reduce(largest);
    case 9:
      return one.global().map((bid) => bid);
    case 10:
      return one.join(two).where('bidder').equalTo('bidder').window(tumbling('1m')).apply(largest);
    default:
      return one.keyBy('auction').window(tumbling('1m')).reduce(largest);
  }
};

const adjust = (stream: DataStream<Bid>, settings: number): void => {
  if (stream.made === undefined) return;
  if (settings === 1) stream.startNewChain();
  if (settings === 2) stream.disableChaining();
  if (settings === 3) stream.setParallelism(1);
};

/** A job of these calls, in which every stream that nobody reads ends in a sink. */
const build = (calls: readonly Call[], seed = 0): readonly TransformNode[] => {
  const env = createEnvironment();
  const streams: DataStream<Bid>[] = [
    env.fromSource(plannedSource<Bid>()),
    env.fromSource(plannedSource<Bid>()),
  ];
  for (const { kind, stream, other, settings } of calls) {
    const one = streams[stream % streams.length] as DataStream<Bid>;
    const two = streams[other % streams.length] as DataStream<Bid>;
    const made = apply(one, two, kind, seed);
    adjust(made, settings);
    streams.push(made);
  }
  for (const stream of streams) stream.sinkTo(plannedSink<unknown>());
  return env.nodes;
};

/** Every connection between two transforms, whether inside a task or between two, as text, in order. */
const connections = (graph: PhysicalGraph): readonly string[] => {
  const inside = graph.tasks.flatMap(({ chain }) =>
    chain.slice(1).map((node, i) => `${chain[i]?.id} → ${node.id}:0 forward`),
  );
  const between = graph.edges.map(({ from, fromPosition, output, to, port, partitioning }) => {
    const tag = output === undefined ? '' : `[${output}]`;
    const sender = graph.tasks[from]?.chain[fromPosition]?.id;
    return `${sender}${tag} → ${graph.tasks[to]?.chain[0]?.id}:${port} ${partitioning.kind}`;
  });
  return [...inside, ...between].toSorted();
};

const jobs = fc.array(call, { maxLength: 14 });

describe('chaining', () => {
  test('never changes which transform reads which, and how', () => {
    fc.assert(
      fc.property(jobs, (calls) => {
        const nodes = build(calls);
        const chained = planJob(nodes, { parallelism: 4 });
        const apart = planJob(nodes, { parallelism: 4, chaining: false });
        expect(connections(chained)).toEqual(connections(apart));
        expect(apart.tasks.every((task) => task.chain.length === 1)).toBe(true);
      }),
    );
  });

  test('puts every transform into exactly one task, of the parallelism that it has alone', () => {
    fc.assert(
      fc.property(jobs, (calls) => {
        const nodes = build(calls);
        const chained = planJob(nodes, { parallelism: 4 });
        const apart = new Map(
          planJob(nodes, { parallelism: 4, chaining: false }).tasks.map((task) => [
            task.chain[0]?.id,
            task.parallelism,
          ]),
        );
        const ids = chained.tasks.flatMap((task) => task.chain.map((node) => node.id));
        expect(ids.toSorted((left, right) => left - right)).toEqual(nodes.map((node) => node.id));
        for (const { chain, parallelism } of chained.tasks) {
          for (const node of chain) expect(parallelism).toBe(apart.get(node.id));
        }
      }),
    );
  });

  test('keeps to what a transform asked for', () => {
    fc.assert(
      fc.property(jobs, (calls) => {
        for (const { chain } of planJob(build(calls), { parallelism: 4 }).tasks) {
          for (const [position, node] of chain.entries()) {
            if (position > 0) expect(node.chaining).toBe('always');
            if (node.chaining === 'never') expect(chain).toHaveLength(1);
          }
        }
      }),
    );
  });

  test('numbers tasks so that records only move to higher numbers', () => {
    fc.assert(
      fc.property(jobs, (calls) => {
        const { tasks, edges } = planJob(build(calls), { parallelism: 4 });
        expect(edges.every((edge, i) => edge.index === i && edge.from < edge.to)).toBe(true);
        expect(
          tasks.flatMap((task) => task.inputs.flat()).toSorted((left, right) => left.index - right.index),
        ).toEqual(edges);
        expect(
          tasks.flatMap((task) => task.outputs).toSorted((left, right) => left.index - right.index),
        ).toEqual(edges);
      }),
    );
  });

  test('leaves no forward edge between tasks of different parallelism', () => {
    fc.assert(
      fc.property(jobs, (calls) => {
        const { tasks, edges } = planJob(build(calls), { parallelism: 4 });
        for (const { from, to, partitioning } of edges) {
          if (partitioning.kind === 'forward') expect(tasks[from]?.parallelism).toBe(tasks[to]?.parallelism);
        }
      }),
    );
  });
});

describe('the hash of a random graph', () => {
  test('stays the same when only its functions change', () => {
    fc.assert(
      fc.property(jobs, fc.integer(), (calls, seed) => {
        const settings = { parallelism: 4 };
        expect(planJob(build(calls, seed), settings).hash).toBe(planJob(build(calls), settings).hash);
      }),
    );
  });

  test('changes with another transform at its end', () => {
    fc.assert(
      fc.property(jobs, call, (calls, more) => {
        const settings = { parallelism: 4 };
        expect(planJob(build([...calls, more]), settings).hash).not.toBe(
          planJob(build(calls), settings).hash,
        );
      }),
    );
  });

  test('does not depend on the order in which the nodes are handed over', () => {
    const env = createEnvironment();
    env
      .fromSource(plannedSource<Bid>())
      .keyBy('bidder')
      .aggregate({ bids: count() })
      .sinkTo(plannedSink<unknown>());
    expect(planJob(env.nodes.toReversed(), { parallelism: 2 })).toEqual(
      planJob(env.nodes, { parallelism: 2 }),
    );
  });
});
