import type { TransformNode } from '../api/transform.ts';
import type { LogicalEdge, LogicalGraph } from './logical-graph.ts';

/**
 * Groups transforms into chains: runs in which each reads only the one before it, in the same subtask. A transform joins
 * the chain of its input when it has no other input, is the only one to read it, both have the same parallelism, and
 * neither asked to stand apart. Chains come in the order of their first transforms.
 */
export const chainTransforms = (
  graph: LogicalGraph,
  chaining: boolean,
): readonly (readonly TransformNode[])[] => {
  const inputs = Map.groupBy(graph.edges, (edge) => edge.to);
  const mainReaders = Map.groupBy(
    graph.edges.filter((edge) => edge.output === undefined),
    (edge) => edge.from,
  );
  const chainOf = new Map<TransformNode, TransformNode[]>();
  const chains: TransformNode[][] = [];
  for (const node of graph.nodes) {
    const [edge, ...others] = inputs.get(node) ?? [];
    const joins =
      chaining &&
      edge !== undefined &&
      others.length === 0 &&
      mayChain(edge, mainReaders.get(edge.from)?.length ?? 0);
    const chain = joins ? (chainOf.get(edge.from) as TransformNode[]) : [];
    if (!joins) chains.push(chain);
    chain.push(node);
    chainOf.set(node, chain);
  }
  return chains;
};

/** Whether the only input of a transform may be in the same chain. Equal parallelism is what leaves an edge `forward`. */
const mayChain = (edge: LogicalEdge, readers: number): boolean =>
  edge.partitioning.kind === 'forward' &&
  edge.output === undefined &&
  readers === 1 &&
  edge.to.inputs.length === 1 &&
  edge.to.chaining === 'always' &&
  edge.from.chaining !== 'never';
