import type { TransformNode, TransformSpec } from '../api/transform.ts';
import type { BatchSizes } from '../batch/batch-limit.ts';
import type { Task } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import { KeyedRecordProcessor } from '../transforms/keyed-record-processor.ts';
import type { Processor, ProcessorContext } from '../transforms/processor.ts';
import { createProcessor } from '../transforms/registry.ts';
import { Chain, type ChainLink } from './chain.ts';
import { type BatchTarget, ChainEmitter } from './chain-emitter.ts';
import type { EdgeOutput } from './edge-output.ts';
import { FusedProcessor } from './fused.ts';
import { KeyAtATimeProcessor } from './key-at-a-time.ts';
import { KeySorter, usualLimits } from './key-sorter.ts';

/** A run of a chain's transforms that becomes one processor: positions `from` up to `to`. */
interface Run {
  readonly from: number;
  readonly to: number;
}

type FusedNode = TransformNode & { readonly spec: Extract<TransformSpec, { kind: 'fused' }> };

const isFused = (node: TransformNode | undefined): node is FusedNode => node?.spec.kind === 'fused';

/**
 * Groups a chain into runs: neighbouring fused transforms become one, unless an edge leaves between them. Where records may be
 * left out (`recoverable`) each stays by itself: what is left out then is one input of one transform, chained or not.
 */
export const planRuns = (task: Task, recoverable: boolean): readonly Run[] => {
  const leaves = new Set(task.outputs.map((edge) => edge.fromPosition));
  const runs: Run[] = [];
  for (let position = 0; position < task.chain.length; ) {
    if (task.chain[position]?.spec.kind === 'source') {
      position++;
      continue;
    }
    let to = position;
    while (!recoverable && isFused(task.chain[to]) && isFused(task.chain[to + 1]) && !leaves.has(to)) to++;
    runs.push({ from: position, to });
    position = to + 1;
  }
  return runs;
};

/** What the builder needs from the subtask. */
export interface ChainSurroundings {
  /** The context of a transform, without its outputs. */
  context(node: TransformNode): Omit<ProcessorContext, 'output' | 'side'>;
  /** The sending sides of the task's edges, by `TaskEdge.index`. */
  readonly outputs: ReadonlyMap<number, EdgeOutput>;
  readonly recoverable: boolean;
  /** How large the batches become that the chain makes. */
  readonly batchSizes?: BatchSizes;
  /** Functions that see records one by one get them a key at a time. */
  readonly batchMode: boolean;
  /** Records sorted for that may take so many bytes of memory. */
  readonly sortedBytes: number;
}

/** Builds the processors of a task from the last to the first, each emitting into the next and into the edges that leave it. */
export const buildChain = (task: Task, surroundings: ChainSurroundings): Chain => {
  const links: ChainLink[] = [];
  let next: BatchTarget | undefined;
  for (const run of planRuns(task, surroundings.recoverable).toReversed()) {
    const link = buildLink(task, run, next, surroundings);
    links.unshift(link);
    next = (batch) => link.processor.process(batch, 0);
  }
  const startsWithSource = task.chain[0]?.spec.kind === 'source';
  return new Chain(links, startsWithSource ? targetsOf(task, 0, undefined, next, surroundings) : undefined);
};

/** Where the main output (`tag` undefined) or a side output of a position goes. */
const targetsOf = (
  task: Task,
  position: number,
  tag: string | undefined,
  next: BatchTarget | undefined,
  { outputs }: ChainSurroundings,
): readonly BatchTarget[] => {
  const targets: BatchTarget[] = tag === undefined && next !== undefined ? [next] : [];
  for (const edge of task.outputs) {
    if (edge.fromPosition !== position || edge.output !== tag) continue;
    const output = outputs.get(edge.index) as EdgeOutput;
    targets.push((batch) => output.send(batch));
  }
  return targets;
};

const buildLink = (
  task: Task,
  run: Run,
  next: BatchTarget | undefined,
  surroundings: ChainSurroundings,
): ChainLink => {
  const { recoverable, batchSizes } = surroundings;
  const emitterTo = (targets: readonly BatchTarget[]): ChainEmitter =>
    new ChainEmitter(targets, recoverable, batchSizes);
  const output = emitterTo(targetsOf(task, run.to, undefined, next, surroundings));
  const sides = new Map<string, ChainEmitter>();
  const side = (tag: string): ChainEmitter => {
    const known = sides.get(tag);
    if (known !== undefined) return known;
    const emitter = emitterTo(targetsOf(task, run.to, tag, undefined, surroundings));
    sides.set(tag, emitter);
    emitters.push(emitter);
    return emitter;
  };
  const emitters = [output];
  const nodes = task.chain.slice(run.from, run.to + 1);
  const contextOf = (node: TransformNode): ProcessorContext => ({
    ...surroundings.context(node),
    output,
    side,
  });
  return {
    name: nodes.map((node) => node.name).join(' → '),
    uid: uidOf(nodes[0] as TransformNode),
    processor: buildProcessor(nodes, contextOf, surroundings),
    emitters,
  };
};

/** In the middle of a stream too the watermark jumps once, at the end: what gives timestamps gives nothing else. */
const onlyTimestamps = (processor: Processor): Processor => ({
  process: (batch, port) => processor.process(batch, port),
  outputWatermark: (watermarkMs) => processor.outputWatermark?.(watermarkMs) ?? watermarkMs,
});

const inBatchMode = (
  processor: Processor,
  kind: TransformSpec['kind'],
  { system, maxParallelism }: ProcessorContext,
  memoryBytes: number,
): Processor => {
  if (kind === 'watermarks') return onlyTimestamps(processor);
  if (!(processor instanceof KeyedRecordProcessor)) return processor;
  const sorter = new KeySorter(system.files, { ...usualLimits, memoryBytes });
  return new KeyAtATimeProcessor(processor, sorter, maxParallelism);
};

const buildProcessor = (
  nodes: readonly TransformNode[],
  contextOf: (node: TransformNode) => ProcessorContext,
  { batchMode, batchSizes, sortedBytes }: ChainSurroundings,
): Processor => {
  const [first] = nodes as [TransformNode];
  if (!isFused(first)) {
    const context = contextOf(first);
    const processor = createProcessor(first, context);
    return batchMode ? inBatchMode(processor, first.spec.kind, context, sortedBytes) : processor;
  }
  return new FusedProcessor(
    (nodes as readonly FusedNode[]).map((node) => ({
      step: node.spec.step,
      lifecycle: node.spec.lifecycle,
      context: contextOf(node),
    })),
    batchSizes,
  );
};
