import type { BroadcastProcessFunction, KeyedBroadcastProcessFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Batch } from '../batch/batch.ts';
import {
  BroadcastStates,
  KeyedReadingContext,
  ReadingContext,
  WritingContext,
} from './broadcast-contexts.ts';
import { KeyedRecordProcessor } from './keyed-record-processor.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordProcessor } from './record-processor.ts';

type Spec = Extract<TransformSpec, { kind: 'broadcast' }>;
type KeyedSpec = Extract<TransformSpec, { kind: 'keyedBroadcast' }>;

const methods = ['process', 'processBroadcast'] as const;

/** A stream (port 0) beside a broadcast one (port 1), of which every subtask gets every record and keeps what it needs. */
class BroadcastProcessor extends RecordProcessor {
  private readonly user: BroadcastProcessFunction<unknown, unknown, unknown>;
  private readonly reading: ReadingContext;
  private readonly writing: WritingContext;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, methods);
    this.user = spec.function;
    const states = new BroadcastStates(this.subtaskState, spec.states, context.transformName);
    this.reading = new ReadingContext(this.record, states);
    this.writing = new WritingContext(this.record, states);
  }

  protected call(value: unknown, port: number): unknown {
    return port === 0
      ? this.user.process(value, this.reading, this.outputs)
      : this.user.processBroadcast(value, this.writing, this.outputs);
  }
}

/** The same beside a keyed stream: its records and timers also have state a key; broadcast records have no key. */
class KeyedBroadcastProcessor extends KeyedRecordProcessor {
  private readonly user: KeyedBroadcastProcessFunction<unknown, unknown, unknown, unknown>;
  private readonly reading: KeyedReadingContext;
  private readonly writing: WritingContext;

  constructor(spec: KeyedSpec, context: ProcessorContext) {
    super(context, spec.function, methods);
    this.user = spec.function;
    const states = new BroadcastStates(this.subtaskState, spec.states, context.transformName);
    this.reading = new KeyedReadingContext(this.record, states);
    this.writing = new WritingContext(this.record, states);
  }

  override process(batch: Batch, port: number): void {
    if (port === 0) super.process(batch, port);
    else this.processWithoutKeys(batch, port);
  }

  protected call(value: unknown, port: number): unknown {
    return port === 0
      ? this.user.process(value, this.reading, this.outputs)
      : this.user.processBroadcast(value, this.writing, this.outputs);
  }

  protected callTimer(timestampMs: number): unknown {
    return this.user.onTimer?.(timestampMs, this.reading, this.outputs);
  }
}

export const createBroadcastProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new BroadcastProcessor(spec, context);

export const createKeyedBroadcastProcessor = (spec: KeyedSpec, context: ProcessorContext): Processor =>
  new KeyedBroadcastProcessor(spec, context);
