import type { CoFlatMapFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordProcessor } from './record-processor.ts';

type Spec = Extract<TransformSpec, { kind: 'coFlatMap' }>;

/** Any number of results for each record of either input. */
class CoFlatMapProcessor extends RecordProcessor {
  private readonly user: CoFlatMapFunction<unknown, unknown, unknown>;

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['flatMap1', 'flatMap2']);
    this.user = spec.function;
  }

  protected call(value: unknown, port: number): unknown {
    return port === 0 ? this.user.flatMap1(value, this.outputs) : this.user.flatMap2(value, this.outputs);
  }
}

export const createCoFlatMapProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new CoFlatMapProcessor(spec, context);
