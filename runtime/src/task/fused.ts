import type { Lifecycle } from '../api/functions.ts';
import type { Batch } from '../batch/batch.ts';
import { BatchLimit, type BatchSizes } from '../batch/batch-limit.ts';
import { createLoop, type FusedCursor, type FusedLoop, FusedRows } from '../batch/loop.ts';
import type { FusedStep } from '../batch/plan.ts';
import type { FailureHandler, Processor, ProcessorContext } from '../transforms/processor.ts';
import {
  closeLifecycle,
  createRuntimeContext,
  openLifecycle,
  tellCheckpointEnded,
} from '../transforms/runtime-context.ts';

/** One step of a fused run, with what belongs to its transform. */
export interface FusedLink {
  readonly step: FusedStep;
  readonly lifecycle: Lifecycle | undefined;
  readonly context: ProcessorContext;
}

/** Records that are run at once as long as nothing is known of their results, or these are large; then more and more. */
const shortRun = 8;
const runFactor = 4;
const longestRun = 2 ** 16;
/** Results that were small will mostly be so again: of runs to the end of a batch only each of so many is looked at. */
const runsBetweenLooks = 16;

/** Runs maps, filters and flatMaps that follow each other as one loop over rows, or over columns where all are expressions. */
export class FusedProcessor implements Processor {
  private readonly links: readonly FusedLink[];
  private readonly loop: FusedLoop;
  private readonly cursor: FusedCursor = { index: 0, step: 0, countBefore: 0 };
  private readonly limit: BatchLimit;
  private runLength = shortRun;
  private unseenRuns = 0;

  constructor(links: readonly FusedLink[], sizes?: BatchSizes) {
    this.limit = new BatchLimit(sizes);
    this.links = links;
    this.loop = createLoop({ steps: links.map((link) => link.step) });
  }

  async open(): Promise<void> {
    for (const { lifecycle, context } of this.links) {
      if (lifecycle !== undefined) await openLifecycle(lifecycle, createRuntimeContext(context));
    }
  }

  process(batch: Batch): void {
    const { output } = (this.links[this.links.length - 1] as FusedLink).context;
    const columns = this.loop.runColumns?.(batch);
    if (columns !== undefined) {
      if (columns.length > 0) output.emitBatch(columns);
      return;
    }
    const { limit } = this;
    limit.restart();
    let result = new FusedRows(batch.length);
    // What is made of a batch may be much larger than it: the results go on when they are full, between two runs.
    for (let from = 0; from < batch.length; ) {
      const to = Math.min(from + this.runLength, batch.length);
      from = this.run(batch, from, to, result);
      if (to === batch.length && ++this.unseenRuns < runsBetweenLooks) continue;
      this.unseenRuns = 0;
      const newest = result.rows[result.count - 1];
      const isHeavy = limit.isHeavy(result.count, newest);
      this.runLength = isHeavy ? shortRun : Math.min(this.runLength * runFactor, longestRun);
      if (from === batch.length || !(isHeavy || limit.isFull(result.count, newest))) continue;
      output.emitBatch(result.toBatch());
      result = new FusedRows(batch.length - from);
      limit.restart();
    }
    if (result.count > 0) output.emitBatch(result.toBatch());
  }

  /** Runs the records in [from, to) and returns where to go on: at the end, or behind one that failed. */
  private run(batch: Batch, from: number, to: number, result: FusedRows): number {
    const rows = batch.rows();
    try {
      this.loop.runRows(rows, batch.timestamps, from, to, result, this.cursor);
      return to;
    } catch (error) {
      const { index, step, countBefore } = this.cursor;
      result.truncate(countBefore);
      this.failures(step).handle(error, rows[index], batch.timestamps[index] as number);
      return index + 1;
    }
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    for (const { lifecycle, context } of this.links) {
      if (lifecycle === undefined) continue;
      tellCheckpointEnded(lifecycle, checkpointId, completed, context.transformName);
    }
  }

  async close(): Promise<void> {
    for (const { lifecycle, context } of this.links) {
      if (lifecycle !== undefined) await closeLifecycle(lifecycle, context.transformName);
    }
  }

  private failures(step: number): FailureHandler {
    return (this.links[step] as FusedLink).context.failures;
  }
}
