import type { CoProcessFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordProcessor } from './record-processor.ts';

type Spec = Extract<TransformSpec, { kind: 'coProcess' }>;

/** A process function with a method for each of two inputs: port 0 and port 1. */
class CoProcessProcessor extends RecordProcessor {
  private readonly user: CoProcessFunction<unknown, unknown, unknown>;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['process1', 'process2']);
    this.user = spec.function;
  }

  protected call(value: unknown, port: number): unknown {
    return port === 0
      ? this.user.process1(value, this.record, this.outputs)
      : this.user.process2(value, this.record, this.outputs);
  }
}

export const createCoProcessProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new CoProcessProcessor(spec, context);
