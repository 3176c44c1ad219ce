import { type ValueState, valueState } from '../api/state.ts';
import type { TransformSpec } from '../api/transform.ts';
import { KeyedRecordProcessor } from './keyed-record-processor.ts';
import type { Processor, ProcessorContext } from './processor.ts';

type Spec = Extract<TransformSpec, { kind: 'reduce' }>;

/** What the state of a key without records gives; `undefined` may be a record. */
const noRecord: unique symbol = Symbol('no record');

/** Results that are looked at for a promise: an async function shows itself at its first one. */
const checkedResults = 16;

/** Combines the records of each key, and gives the result so far for every record. */
class ReduceProcessor extends KeyedRecordProcessor {
  private readonly reduce: (left: unknown, right: unknown) => unknown;
  private readonly reduced: ValueState<unknown, unknown>;
  private unchecked = checkedResults;

  constructor(spec: Spec, context: ProcessorContext) {
    const user = spec.function;
    super(context, typeof user === 'function' ? {} : user, ['reduce']);
    this.reduce = typeof user === 'function' ? user : (left, right) => user.reduce(left, right);
    const descriptor = valueState<unknown>('reduced', { default: noRecord });
    this.reduced = this.store.register(descriptor) as ValueState<unknown, unknown>;
  }

  protected call(value: unknown): unknown {
    const left = this.reduced.value();
    const result = left === noRecord ? value : this.combine(left, value);
    this.reduced.update(result);
    this.outputs.emit(result);
    return undefined;
  }

  protected callTimer(): unknown {
    return undefined;
  }

  private combine(left: unknown, right: unknown): unknown {
    const { reduce } = this;
    const result = reduce(left, right);
    if (this.unchecked > 0) {
      this.unchecked--;
      this.refusePromise(result, 'reduce');
    }
    return result;
  }
}

export const createReduceProcessor = (spec: Spec, context: ProcessorContext): Processor =>
  new ReduceProcessor(spec, context);
