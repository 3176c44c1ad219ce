import { jobInvalid } from '../api/job-invalid.ts';
import type { Partitioning, TransformNode } from '../api/transform.ts';
import { isStateful } from './stateful.ts';

/** An edge between two transforms, with its final partitioning. */
export interface LogicalEdge {
  readonly from: TransformNode;
  readonly to: TransformNode;
  readonly port: number;
  /** The side output that is read; undefined = the main output. */
  readonly output: string | undefined;
  readonly partitioning: Partitioning;
}

/** The transforms of a job in an order in which every one comes after its inputs, each with its parallelism. */
export interface LogicalGraph {
  readonly nodes: readonly TransformNode[];
  readonly edges: readonly LogicalEdge[];
  readonly parallelism: ReadonlyMap<TransformNode, number>;
}

export interface LogicalSettings {
  readonly parallelism: number;
  readonly checkpoints: boolean;
}

/**
 * Checks what the API has recorded, in the order of its ids, and settles parallelism and partitioning.
 * @throws MillraceError job-invalid when the job has no sink, a stream ends without one, two states would share a uid, a
 * parallelism is not possible, or (with checkpoints) a stateful transform has neither uid nor name.
 */
export const buildLogicalGraph = (
  nodes: readonly TransformNode[],
  settings: LogicalSettings,
): LogicalGraph => {
  checkSinks(nodes);
  checkUids(nodes, settings.checkpoints);
  const parallelism = new Map(nodes.map((node) => [node, parallelismOf(node, settings.parallelism)]));
  const edges = nodes.flatMap((to) =>
    to.inputs.flatMap((port, number) =>
      port.map(({ from, output, partitioning }): LogicalEdge => {
        const moves = parallelism.get(from) !== parallelism.get(to);
        return {
          from,
          to,
          port: number,
          output,
          partitioning: partitioning.kind === 'forward' && moves ? { kind: 'rebalance' } : partitioning,
        };
      }),
    ),
  );
  return { nodes, edges, parallelism };
};

const checkSinks = (nodes: readonly TransformNode[]): void => {
  if (nodes.length === 0) {
    throw jobInvalid(
      'The job has no source and no sink.',
      'Begin with env.fromSource(…) and end with sinkTo(…).',
    );
  }
  const read = new Set(nodes.flatMap((node) => node.inputs.flat().map((edge) => edge.from)));
  for (const node of nodes) {
    if (read.has(node) || node.spec.kind === 'sink') continue;
    throw jobInvalid(
      `The results of “${node.name}” go nowhere: no sink reads them.`,
      'End the stream with sinkTo(…), or remove it.',
      node.name,
    );
  }
};

const checkUids = (nodes: readonly TransformNode[], checkpoints: boolean): void => {
  const owners = new Map<string, TransformNode>();
  for (const node of nodes) {
    if (!isStateful(node.spec)) continue;
    if (node.uid === undefined) {
      if (!checkpoints) continue;
      throw jobInvalid(
        `The transform “${node.name}” keeps state but has neither uid nor name: after a change of the job its state could not be found again.`,
        'Call .uid(…) or .name(…) on it.',
        node.name,
      );
    }
    const owner = owners.get(node.uid);
    if (owner !== undefined) {
      throw jobInvalid(
        `Two transforms that keep state are both called “${node.uid}”: “${owner.name}” and “${node.name}”.`,
        'Give each of them a uid or name of its own.',
        node.name,
      );
    }
    owners.set(node.uid, node);
  }
};

/** Whether all records of a transform must come together in one subtask. */
const isSingle = (node: TransformNode): boolean => node.spec.kind === 'window' && !node.spec.window.keyed;

/**
 * Subtasks of a transform.
 * @throws MillraceError job-invalid when it asks for a number that is not possible.
 */
export const parallelismOf = (node: TransformNode, jobParallelism: number): number => {
  const asked = node.parallelism;
  const receivesGlobally = node.inputs.flat().some((edge) => edge.partitioning.kind === 'global');
  if (asked === undefined) return receivesGlobally || isSingle(node) ? 1 : jobParallelism;
  if (asked > jobParallelism) {
    throw jobInvalid(
      `The transform “${node.name}” asks for a parallelism of ${asked}, but the job has ${jobParallelism}.`,
      'Raise spec.parallelism, or lower setParallelism.',
      node.name,
    );
  }
  if (asked > 1 && isSingle(node)) {
    throw jobInvalid(
      `The transform “${node.name}” has windows over all records and cannot run in ${asked} subtasks.`,
      'Remove setParallelism, or key the stream first.',
      node.name,
    );
  }
  return asked;
};
