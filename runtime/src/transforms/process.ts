import type { ProcessFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordProcessor } from './record-processor.ts';

type Spec = Extract<TransformSpec, { kind: 'process' }>;

/** A function that sees event time, the watermark and side outputs, without keys. */
class ProcessProcessor extends RecordProcessor {
  private readonly user: ProcessFunction<unknown, unknown>;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['process']);
    this.user = spec.function;
  }

  protected call(value: unknown): unknown {
    return this.user.process(value, this.record, this.outputs);
  }
}

export const createProcessProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new ProcessProcessor(spec, context);
