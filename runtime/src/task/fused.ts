import type { Lifecycle } from '../api/functions.ts';
import type { Batch } from '../batch/batch.ts';
import { createLoop, type FusedCursor, type FusedLoop, FusedRows } from '../batch/loop.ts';
import type { FusedStep } from '../batch/plan.ts';
import type { FailureHandler, Processor, ProcessorContext } from '../transforms/processor.ts';
import { closeLifecycle, createRuntimeContext, openLifecycle } from '../transforms/runtime-context.ts';

/** One step of a fused run, with what belongs to its transform. */
export interface FusedLink {
  readonly step: FusedStep;
  readonly lifecycle: Lifecycle | undefined;
  readonly context: ProcessorContext;
}

/** Runs maps, filters and flatMaps that follow each other as one loop over rows, or over columns where all are expressions. */
export class FusedProcessor implements Processor {
  private readonly links: readonly FusedLink[];
  private readonly loop: FusedLoop;
  private readonly cursor: FusedCursor = { index: 0, step: 0, countBefore: 0 };

  constructor(links: readonly FusedLink[]) {
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
    const rows = batch.rows();
    const result = new FusedRows(batch.length);
    let from = 0;
    while (from < batch.length) {
      try {
        this.loop.runRows(rows, batch.timestamps, from, batch.length, result, this.cursor);
        from = batch.length;
      } catch (error) {
        const { index, step, countBefore } = this.cursor;
        result.truncate(countBefore);
        this.failures(step).handle(error, rows[index], batch.timestamps[index] as number);
        from = index + 1;
      }
    }
    if (result.count > 0) output.emitBatch(result.toBatch());
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
