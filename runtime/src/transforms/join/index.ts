/**
 * `join` is the running form of joins of two streams by key and time. A *window join* keeps both sides of a window in lists
 * and pairs them when it fires; an *interval join* pairs each record with the records of the other side that are near it in
 * time. Port 0 is the left side, port 1 the right.
 */
import type { TransformSpec } from '../../api/transform.ts';
import { compileRecordLists } from '../aggregation/compile.ts';
import type { Processor, ProcessorContext } from '../processor.ts';
import { createProcessorOfWindows } from '../window/index.ts';
import { PairOutput } from './pair-output.ts';

export { createIntervalJoinProcessor } from './interval-join.ts';

/** The processor of a join or coGroup over windows. */
export const createWindowJoinProcessor = (
  spec: Extract<TransformSpec, { kind: 'windowJoin' }>,
  context: ProcessorContext,
): Processor =>
  createProcessorOfWindows({ ...spec.join, keyed: true }, context, (_failures, merges) => {
    const lists = compileRecordLists(['left', 'right'], merges);
    return { aggregation: lists, output: new PairOutput(spec.join, context, lists) };
  });
