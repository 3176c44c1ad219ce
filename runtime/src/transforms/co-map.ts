import type { CoMapFunction } from '../api/functions.ts';
import type { TransformSpec } from '../api/transform.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { RecordProcessor } from './record-processor.ts';

type Spec = Extract<TransformSpec, { kind: 'coMap' }>;

/** Calls of each method whose result is looked at for a promise: an async method shows itself at the first. */
const checkedCalls = 16;

/** One result for each record of either input. */
class CoMapProcessor extends RecordProcessor {
  private readonly user: CoMapFunction<unknown, unknown, unknown>;
  private readonly unchecked = new Int32Array(2).fill(checkedCalls);

  constructor(spec: Spec, context: ProcessorContext) {
    super(context, spec.function, ['map1', 'map2']);
    this.user = spec.function;
  }

  protected call(value: unknown, port: number): unknown {
    const result = port === 0 ? this.user.map1(value) : this.user.map2(value);
    if (this.unchecked[port]! > 0) {
      this.unchecked[port]!--;
      this.refusePromise(result, port);
    }
    this.outputs.emit(result);
    return undefined;
  }
}

export const createCoMapProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new CoMapProcessor(spec, context);
