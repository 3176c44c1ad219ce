/**
 * The steps from recorded transforms to a physical graph: narrow sources to the fields that are read (`fields`), aggregate
 * before the exchange where that may be (`aggregate-in-parts`), check and settle (`logical-graph`), group into chains (`chaining`), cut into tasks and edges, and take the fingerprint.
 */
import { wholeNumber } from '../api/job-invalid.ts';
import type { TransformNode } from '../api/transform.ts';
import { mostParallelism } from '../api/transform-handle.ts';
import { aggregateInParts } from './aggregate-in-parts.ts';
import { chainTransforms } from './chaining.ts';
import { narrowSources } from './fields.ts';
import { fingerprint } from './fingerprint.ts';
import { buildLogicalGraph, type LogicalGraph } from './logical-graph.ts';
import type { PhysicalGraph, Task, TaskEdge } from './physical-graph.ts';

export interface PlanSettings {
  /** Subtasks of a transform that asks for no other number, and the most that one may ask for. */
  readonly parallelism: number;
  /** Key groups; default `defaultMaxParallelism(parallelism)`. */
  readonly maxParallelism?: number | undefined;
  /** False = every transform is a task of its own; default true. */
  readonly chaining?: boolean | undefined;
  /** Whether state will go into snapshots, and so needs uids or names; default false. */
  readonly checkpoints?: boolean | undefined;
}

const leastKeyGroups = 128;

/** Key groups of a new job: room to grow to four times its parallelism, a power of two, at least 128. */
export const defaultMaxParallelism = (parallelism: number): number =>
  Math.min(mostParallelism, Math.max(leastKeyGroups, 2 ** Math.ceil(Math.log2(4 * parallelism))));

/**
 * Plans a job. Pure: the same transforms and settings give the same graph and the same hash in every slot. The transforms of
 * the plan may be copies of the recorded ones, in which a source reads fewer fields, with first phases of aggregations added.
 * @throws MillraceError job-invalid with what is wrong with the job.
 */
export const planJob = (recorded: readonly TransformNode[], settings: PlanSettings): PhysicalGraph => {
  const parallelism = wholeNumber(settings.parallelism, 'parallelism', 1, mostParallelism);
  const maxParallelism = wholeNumber(
    settings.maxParallelism ?? defaultMaxParallelism(parallelism),
    'maxParallelism',
    parallelism,
    mostParallelism,
  );
  const narrowed = narrowSources(recorded.toSorted((left, right) => left.id - right.id));
  const nodes = aggregateInParts(narrowed, parallelism);
  const logical = buildLogicalGraph(nodes, { parallelism, checkpoints: settings.checkpoints ?? false });
  const chains = chainTransforms(logical, settings.chaining ?? true);
  const { tasks, edges } = cutTasks(logical, chains);
  return {
    tasks,
    edges,
    slots: Math.max(...tasks.map((task) => task.parallelism)),
    maxParallelism,
    hash: fingerprint(logical, chains, maxParallelism),
  };
};

/** Where a transform ended up. */
interface Place {
  readonly task: number;
  readonly position: number;
}

const cutTasks = (
  graph: LogicalGraph,
  chains: readonly (readonly TransformNode[])[],
): { readonly tasks: readonly Task[]; readonly edges: readonly TaskEdge[] } => {
  const places = new Map<TransformNode, Place>();
  for (const [task, chain] of chains.entries()) {
    for (const [position, node] of chain.entries()) places.set(node, { task, position });
  }
  const edges: TaskEdge[] = [];
  for (const { from, to, port, output, partitioning } of graph.edges) {
    const sender = places.get(from) as Place;
    const receiver = places.get(to) as Place;
    if (sender.task === receiver.task) continue;
    edges.push({
      index: edges.length,
      from: sender.task,
      fromPosition: sender.position,
      output,
      to: receiver.task,
      port,
      partitioning,
    });
  }
  const tasks = chains.map((chain, index): Task => {
    const [first] = chain as [TransformNode];
    return {
      index,
      name: chain.map((node) => node.name).join(' → '),
      chain,
      parallelism: graph.parallelism.get(first) as number,
      inputs: first.inputs.map((_, port) => edges.filter((edge) => edge.to === index && edge.port === port)),
      outputs: edges.filter((edge) => edge.from === index),
    };
  });
  return { tasks, edges };
};
