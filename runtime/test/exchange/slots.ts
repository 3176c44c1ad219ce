/** Graphs of small jobs, and the channels between their slots, for tests of what moves between them. */
import { Batch, type DataStream, type StreamEnvironment } from 'millrace';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import type { ChannelReceiver } from '../../src/exchange/channel.ts';
import type { PhysicalGraph, TaskEdge } from '../../src/graph/physical-graph.ts';

/** The graph of a job that reads numbers. */
export const graphOf = (
  slots: number,
  build: (numbers: DataStream<number>, env: StreamEnvironment) => DataStream<unknown>,
): PhysicalGraph =>
  buildGraph(
    (env) => void build(env.fromSource(collection([1, 2, 3])), env).sinkTo(blackhole()),
    {},
    {
      parallelism: slots,
    },
  );

/** Numbers into a keyed reduce, whose key is the number itself. */
export const keyedGraph = (slots: number): PhysicalGraph =>
  graphOf(slots, (numbers) => numbers.keyBy((number) => number).reduce((left) => left));

/** The first edge that leaves its slot. */
export const exchangeOf = (graph: PhysicalGraph): TaskEdge => {
  const edge = graph.edges.find(({ partitioning }) => partitioning.kind !== 'forward');
  if (edge === undefined) throw new Error('This graph has no edge between slots.');
  return edge;
};

/** A batch of these values without timestamps. */
export const batchOf = (...values: readonly unknown[]): Batch =>
  Batch.ofRows(values, new Float64Array(values.length).fill(NaN));

/** Everything a receiver has now: values of batches, other elements as they are. */
export const drain = (receiver: ChannelReceiver): unknown[] => {
  const all: unknown[] = [];
  for (let element = receiver.poll(); element !== undefined; element = receiver.poll()) {
    all.push(...(element.kind === 'batch' ? element.rows().slice(0, element.length) : [element]));
  }
  return all;
};
