import type { TransformNode, TransformSpec } from '../api/transform.ts';
import type { JobState, JobStates } from '../checkpoint/compare-states.ts';
import type { PhysicalGraph, Task } from '../graph/physical-graph.ts';
import { isStateful } from '../graph/stateful.ts';
import { MemoryAccount } from '../state/memory-account.ts';
import type { System } from '../sys/system.ts';
import { createLogger } from '../telemetry/logger.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { describeKind, describeState } from '../transforms/describe-state.ts';
import type { Emitter, Processor, ProcessorContext } from '../transforms/processor.ts';
import { createProcessor } from '../transforms/registry.ts';

/** What the functions of a job are told in `open` when only their state is asked for. */
export interface DescribedJob {
  readonly system: System;
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  readonly baseDirectory: string;
}

/** Functions that say in `open` which state they have. Sinks and calls to the outside are left alone: their `open` may connect. */
const asksInOpen: readonly TransformSpec['kind'][] = [
  'process',
  'keyedProcess',
  'reduce',
  'coMap',
  'coFlatMap',
  'coProcess',
  'keyedCoProcess',
  'broadcast',
  'keyedBroadcast',
];

const nowhere: Emitter = { emit: () => {}, emitBatch: () => {}, mark: () => 0, rollback: () => {} };

const contextOf = (
  job: DescribedJob,
  graph: PhysicalGraph,
  task: Task,
  node: TransformNode,
): ProcessorContext => ({
  system: job.system,
  logger: createLogger({ clock: job.system.clock, level: 'silent', json: false }),
  metrics: new MetricGroup(),
  jobName: job.name,
  transformName: node.name,
  uid: node.uid ?? node.name,
  owner: node.name,
  subtask: 0,
  parallelism: task.parallelism,
  maxParallelism: graph.maxParallelism,
  attempt: 1,
  checkpoints: true,
  args: job.args,
  baseDirectory: job.baseDirectory,
  output: nowhere,
  side: () => nowhere,
  failures: {
    recoverable: false,
    handle: (error) => {
      throw error;
    },
  },
  memory: new MemoryAccount(),
  nowMs: () => job.system.clock.nowMs(),
  wake: () => {},
  fail: (error) => {
    throw error;
  },
});

const statesOf = async (job: DescribedJob, graph: PhysicalGraph, task: Task, node: TransformNode) => {
  if (!asksInOpen.includes(node.spec.kind)) return describeState(node.spec, undefined);
  const processor: Processor = createProcessor(node, contextOf(job, graph, task, node));
  try {
    await processor.open?.();
    return describeState(node.spec, processor);
  } finally {
    await processor.close?.();
  }
};

/**
 * What of a job would be in a snapshot. Each function that may ask for state is opened once and closed again; nothing is run.
 * @throws MillraceError user-code when an `open` fails
 */
export const describeJob = async (job: DescribedJob, graph: PhysicalGraph): Promise<JobStates> => {
  const transforms: JobStates['transforms'][number][] = [];
  const states: JobState[] = [];
  for (const task of graph.tasks) {
    for (const node of task.chain) {
      const uid = node.uid ?? node.name;
      const found = await statesOf(job, graph, task, node);
      if (found.length === 0 && !isStateful(node.spec)) continue;
      transforms.push({ uid, kind: describeKind(node.spec) });
      states.push(...found.map((state) => ({ uid, ...state })));
    }
  }
  return { transforms, states };
};
