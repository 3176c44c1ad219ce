import type { BuiltInKind } from '../api/aggregates.ts';
import type { InputEdge, TransformNode, WindowSettings } from '../api/transform.ts';
import { parallelismOf } from './logical-graph.ts';

/** Aggregates whose result does not depend on how records were grouped on the way. */
const anyOrder: ReadonlySet<BuiltInKind> = new Set<BuiltInKind>([
  'count',
  'sum',
  'average',
  'minimum',
  'maximum',
  'countDistinct',
  'approximateCountDistinct',
  'quantiles',
]);

/**
 * Whether a window may be aggregated in two phases with the same results: aligned windows of event time with built-in
 * aggregates that merge in any order, whose late records are only counted.
 */
export const aggregatesInParts = (window: WindowSettings): boolean => {
  const { assigner, aggregation, trigger, evictor, allowedLatenessMs, lateOutput } = window;
  if (assigner.kind !== 'tumbling' && assigner.kind !== 'sliding' && assigner.kind !== 'cumulative')
    return false;
  if (assigner.time !== 'event' || (assigner.timeZone !== undefined && assigner.timeZone !== 'UTC'))
    return false;
  if (trigger !== undefined && trigger.kind !== 'eventTime') return false;
  if (evictor !== undefined || allowedLatenessMs > 0 || lateOutput !== undefined) return false;
  return (
    aggregation.kind === 'builtIn' &&
    Object.values(aggregation.aggregates).every(({ kind }) => anyOrder.has(kind))
  );
};

/** The first phase behind one input of a window: in the subtasks of that input, and so in its chain where that may be. */
const firstPhase = (
  window: WindowSettings,
  of: TransformNode,
  edge: InputEdge,
  id: number,
  jobParallelism: number,
): TransformNode => {
  const { from, output, partitioning } = edge;
  const parallelism = parallelismOf(from, jobParallelism);
  return {
    id,
    spec: {
      kind: 'partialWindow',
      window,
      key: partitioning.kind === 'hash' ? partitioning.key : undefined,
      crossesSlots: parallelism > 1 || parallelismOf(of, jobParallelism) > 1,
    },
    inputs: [[{ from, output, partitioning: { kind: 'forward' } }]],
    name: `${of.name} (first phase)`,
    uid: undefined,
    named: false,
    parallelism,
    chaining: 'always',
  };
};

/**
 * Puts a first phase in front of every window that aggregates in parts: it sends accumulators instead of records over the
 * exchange. It is there at every parallelism, so that a job keeps its shape when it is rescaled; inside one slot it lets records
 * pass. `nodes` in the order of their ids; the result is numbered anew.
 */
export const aggregateInParts = (
  nodes: readonly TransformNode[],
  jobParallelism: number,
): readonly TransformNode[] => {
  if (!nodes.some(({ spec }) => spec.kind === 'window' && aggregatesInParts(spec.window))) return nodes;
  const copies = new Map<TransformNode, TransformNode>();
  const planned: TransformNode[] = [];
  const add = (node: TransformNode): TransformNode => {
    planned.push(node);
    return node;
  };
  for (const node of nodes) {
    const inputs = node.inputs.map((port) =>
      port.map((edge) => ({ ...edge, from: copies.get(edge.from) as TransformNode })),
    );
    const { spec } = node;
    const split = (edge: InputEdge): InputEdge => {
      if (spec.kind !== 'window' || !aggregatesInParts(spec.window)) return edge;
      const phase = firstPhase(spec.window, node, edge, planned.length, jobParallelism);
      return { from: add(phase), partitioning: edge.partitioning };
    };
    const phased = inputs.map((port) => port.map(split));
    copies.set(node, add({ ...node, id: planned.length, inputs: phased }));
  }
  return planned;
};
