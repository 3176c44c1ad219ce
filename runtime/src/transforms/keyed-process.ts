import type { KeyedProcessFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import { KeyedRecordProcessor } from './keyed-record-processor.ts';
import type { Processor, ProcessorContext } from './processor.ts';

type Spec = Extract<TransformSpec, { kind: 'keyedProcess' }>;

/** A function with state and timers a key. */
class KeyedProcessProcessor extends KeyedRecordProcessor {
  private readonly user: KeyedProcessFunction<unknown, unknown, unknown>;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['process']);
    this.user = spec.function;
  }

  protected call(value: unknown): unknown {
    return this.user.process(value, this.record, this.outputs);
  }

  protected callTimer(timestampMs: number): unknown {
    return this.user.onTimer?.(timestampMs, this.record, this.outputs);
  }
}

export const createKeyedProcessProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new KeyedProcessProcessor(spec, context);
