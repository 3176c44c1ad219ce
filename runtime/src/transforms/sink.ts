import type { Sink, SinkWriter, TwoPhaseSinkWriter } from '../api/connectors.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Batch } from '../batch/batch.ts';
import { assertSupported } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Counter } from '../telemetry/metrics.ts';
import type { Processor, ProcessorContext } from './processor.ts';

const isTwoPhase = (writer: SinkWriter): writer is TwoPhaseSinkWriter<unknown> => 'prepare' in writer;

/** What a checkpoint has prepared of which nobody knows yet whether the checkpoint is in the log. */
interface Prepared {
  readonly checkpointId: number;
  readonly committables: Promise<readonly unknown[]>;
}

/**
 * Gives batches to the writer of a sink.
 *
 * What a two-phase sink has prepared belongs to the first checkpoint that gets into the log: the records behind it are not read again when
 * only the checkpoint fails. So it is given again with each later checkpoint until one is known to be complete. A one-phase sink makes
 * everything written before the barrier durable before the checkpoint may be complete: at least once.
 */
class SinkProcessor implements Processor {
  private readonly sink: Sink<unknown>;
  private readonly context: ProcessorContext;
  private readonly written: Counter;
  private writer: SinkWriter | undefined;
  /** Oldest first. */
  private prepared: Prepared[] = [];

  constructor(sink: Sink<unknown>, context: ProcessorContext) {
    this.sink = sink;
    this.context = context;
    this.written = context.metrics.counter('numRecordsWritten');
  }

  async open(): Promise<void> {
    try {
      this.writer = await this.sink.createWriter(this.context);
    } catch (error) {
      throw this.failure(error, 'open');
    }
  }

  hasRoom(): boolean {
    return this.writer?.hasRoom?.() ?? true;
  }

  process(batch: Batch): void {
    try {
      this.requireWriter().write(batch);
    } catch (error) {
      throw this.failure(error, 'write');
    }
    this.written.value += batch.length;
  }

  /** With checkpoints, what a two-phase sink has left at the end of the input is for the last checkpoint, and not for anybody to see. */
  async flush(): Promise<void> {
    if (this.isTwoPhase()) return;
    try {
      await this.writer?.flush();
    } catch (error) {
      throw this.failure(error, 'flush');
    }
  }

  async prepare(checkpointId: number): Promise<readonly unknown[]> {
    // One flush at a time: the next begins when this one is done, and takes all that was written meanwhile.
    const committables = this.isTwoPhase() ? this.seal(checkpointId) : this.flushBehind(this.prepared.at(-1));
    this.prepared.push({ checkpointId, committables });
    const all = this.prepared.map((prepared) => prepared.committables);
    return (await Promise.all(all)).flat();
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    if (completed) this.prepared = this.prepared.filter((prepared) => prepared.checkpointId > checkpointId);
  }

  /** Only once, and harmless when `open` failed. */
  async close(): Promise<void> {
    const { writer } = this;
    this.writer = undefined;
    try {
      await writer?.close();
    } catch (error) {
      throw this.failure(error, 'close');
    }
  }

  private isTwoPhase(): boolean {
    return this.context.checkpoints && this.writer !== undefined && isTwoPhase(this.writer);
  }

  private async seal(checkpointId: number): Promise<readonly unknown[]> {
    try {
      const writer = this.requireWriter() as TwoPhaseSinkWriter<unknown>;
      const committables = await writer.prepare(checkpointId);
      for (const committable of committables) assertSupported(committable, 'a committable');
      return committables;
    } catch (error) {
      throw this.failure(error, `prepare checkpoint ${checkpointId}`);
    }
  }

  private async flushBehind(before: Prepared | undefined): Promise<readonly unknown[]> {
    await before?.committables;
    await this.flush();
    return [];
  }

  private requireWriter(): SinkWriter {
    if (this.writer !== undefined) return this.writer;
    throw new MillraceError('internal', `The sink “${this.context.transformName}” is not open.`);
  }

  /** A sink takes whole batches, so its failure is the job's and not a record's. */
  private failure(error: unknown, action: string): MillraceError {
    const { transformName } = this.context;
    if (MillraceError.is(error) && error.where['transform'] !== undefined) return error;
    return new MillraceError(
      MillraceError.is(error) ? error.code : 'io',
      `The sink “${transformName}” (${this.sink.kind}) failed to ${action}: ${reasonOf(error)}`,
      {
        cause: error,
        where: { ...(MillraceError.is(error) ? error.where : {}), transform: transformName },
        hint:
          (MillraceError.is(error) ? error.hint : undefined) ??
          'See that the target can be reached and has room.',
      },
    );
  }
}

export const createSinkProcessor = (
  spec: Extract<TransformSpec, { kind: 'sink' }>,
  context: ProcessorContext,
): Processor => new SinkProcessor(spec.sink, context);
