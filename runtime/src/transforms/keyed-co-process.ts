import type { KeyedCoProcessFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import { KeyedRecordProcessor } from './keyed-record-processor.ts';
import type { Processor, ProcessorContext } from './processor.ts';

type Spec = Extract<TransformSpec, { kind: 'keyedCoProcess' }>;

/** A function with a method for each of two inputs, which share state and timers a key. */
class KeyedCoProcessProcessor extends KeyedRecordProcessor {
  private readonly user: KeyedCoProcessFunction<unknown, unknown, unknown, unknown>;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['process1', 'process2']);
    this.user = spec.function;
  }

  protected call(value: unknown, port: number): unknown {
    return port === 0
      ? this.user.process1(value, this.record, this.outputs)
      : this.user.process2(value, this.record, this.outputs);
  }

  protected callTimer(timestampMs: number): unknown {
    return this.user.onTimer?.(timestampMs, this.record, this.outputs);
  }
}

export const createKeyedCoProcessProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new KeyedCoProcessProcessor(spec, context);
