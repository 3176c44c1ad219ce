/**
 * `graph` turns what the API recorded into a plan, purely. The *logical graph* is the transforms; the *physical graph* groups
 * them into *tasks* (chains that run in one loop) joined by *edges*. Every slot runs a copy of every task that has one there:
 * subtask i of a task runs in slot i. Both are computed in every slot from the job's code and must have the same hash.
 */
import type { Partitioning, TransformNode } from '../api/transform.ts';

/** A chain of transforms; the first may have several inputs, each following one reads only the one before it. */
export interface Task {
  readonly index: number;
  readonly name: string;
  readonly chain: readonly TransformNode[];
  readonly parallelism: number;
  /** Edges by input port of the first transform. */
  readonly inputs: readonly (readonly TaskEdge[])[];
  readonly outputs: readonly TaskEdge[];
}

/** A link between two tasks: from the transform at position `fromPosition` of a chain to an input port of the first one of another. */
export interface TaskEdge {
  readonly index: number;
  readonly from: number;
  readonly fromPosition: number;
  /** The side output that feeds this edge; undefined = main. */
  readonly output: string | undefined;
  readonly to: number;
  readonly port: number;
  readonly partitioning: Partitioning;
}

export interface PhysicalGraph {
  readonly tasks: readonly Task[];
  readonly edges: readonly TaskEdge[];
  /** Slots needed: the greatest parallelism of a task. */
  readonly slots: number;
  readonly maxParallelism: number;
  /** SHA-free structural fingerprint: equal in every slot, or the deployment is refused. */
  readonly hash: string;
}
