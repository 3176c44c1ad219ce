import type { TransformNode } from '../api/transform.ts';
import type { LogicalGraph } from './logical-graph.ts';
import { type Structure, structureOf, structureOfPartitioning } from './structure.ts';

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const mask = 0xffffffffffffffffn;

/** FNV-1a of 64 bits over the UTF-16 code units of a text, as 16 hexadecimal digits. */
export const fnv64 = (text: string): string => {
  let hash = offsetBasis;
  for (let i = 0; i < text.length; i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * prime) & mask;
  return hash.toString(16).padStart(16, '0');
};

/**
 * The fingerprint of a planned graph: equal where transforms, names, edges, chains and key groups are equal. Functions have
 * no part in it.
 */
export const fingerprint = (
  graph: LogicalGraph,
  chains: readonly (readonly TransformNode[])[],
  maxParallelism: number,
): string => {
  const number = new Map(graph.nodes.map((node, i) => [node, i]));
  const numberOf = (node: TransformNode): number => number.get(node) as number;
  const transforms = graph.nodes.map(
    (node): Structure => [
      node.name,
      node.uid ?? null,
      graph.parallelism.get(node) as number,
      structureOf(node.spec),
    ],
  );
  const edges = graph.edges.map(
    (edge): Structure => [
      numberOf(edge.from),
      edge.output ?? null,
      numberOf(edge.to),
      edge.port,
      structureOfPartitioning(edge.partitioning),
    ],
  );
  const groups = chains.map((chain) => chain.map(numberOf));
  return fnv64(JSON.stringify([maxParallelism, transforms, edges, groups]));
};
