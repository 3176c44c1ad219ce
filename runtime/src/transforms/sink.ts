import type { Sink, SinkWriter, TwoPhaseSinkWriter } from '../api/connectors.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Batch } from '../batch/batch.ts';
import { assertSupported } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Counter, Gauge } from '../telemetry/metrics.ts';
import { PreparedTransactions } from './prepared-transactions.ts';
import type { Processor, ProcessorContext } from './processor.ts';

const isTwoPhase = (writer: SinkWriter): writer is TwoPhaseSinkWriter<unknown> => 'prepare' in writer;

/**
 * Gives batches to the writer of a sink. At a barrier a two-phase sink prepares; a one-phase sink makes everything written before it
 * durable before the checkpoint may be complete: at least once.
 */
class SinkProcessor implements Processor {
  private readonly sink: Sink<unknown>;
  private readonly context: ProcessorContext;
  private readonly written: Counter;
  private readonly refused: Counter;
  private readonly sendTime: Gauge;
  private writer: SinkWriter | undefined;
  private readonly prepared = new PreparedTransactions();

  constructor(sink: Sink<unknown>, context: ProcessorContext) {
    this.sink = sink;
    this.context = context;
    this.written = context.metrics.counter('numRecordsSend');
    this.refused = context.metrics.counter('numRecordsSendErrors');
    this.sendTime = context.metrics.gauge('currentSendTime', 'maximum');
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
    const { clock } = this.context.system;
    const beginMs = clock.monotonicMs();
    try {
      this.requireWriter().write(batch);
    } catch (error) {
      this.refused.value += batch.length;
      throw this.failure(error, 'write');
    }
    this.sendTime.value = clock.monotonicMs() - beginMs;
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
    const committables = this.isTwoPhase() ? this.seal(checkpointId) : this.flushBehind(this.prepared.newest);
    return this.prepared.add(checkpointId, committables);
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.prepared.checkpointEnded(checkpointId, completed);
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

  private async flushBehind(before: Promise<unknown> | undefined): Promise<readonly unknown[]> {
    await before;
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
