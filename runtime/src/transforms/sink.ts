import type { Sink, SinkWriter } from '../api/connectors.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Batch } from '../batch/batch.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Counter } from '../telemetry/metrics.ts';
import type { Processor, ProcessorContext } from './processor.ts';

/** Gives batches to the writer of a sink. */
class SinkProcessor implements Processor {
  private readonly sink: Sink<unknown>;
  private readonly context: ProcessorContext;
  private readonly written: Counter;
  private writer: SinkWriter | undefined;

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

  async flush(): Promise<void> {
    try {
      await this.writer?.flush();
    } catch (error) {
      throw this.failure(error, 'flush');
    }
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
