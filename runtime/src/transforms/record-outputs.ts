import type { Collector } from '../api/functions.ts';
import { assertSupported } from '../batch/values.ts';
import type { Emitter, ProcessorContext } from './processor.ts';

/** Emitted values that are looked at: a type that cannot be a record shows itself at once, and later ones cost nothing. */
const checkedEmits = 16;

/**
 * Everything a transform's user function emits into: the main output and side outputs by tag. One instance a processor, so
 * that a record costs no allocation. `mark` and `rollback` take back what one record emitted, wherever it went.
 */
export class RecordOutputs implements Collector<unknown> {
  /** What results are stamped with unless they say otherwise; NaN = none. Set before each call. */
  timestampMs: number = NaN;
  private readonly context: ProcessorContext;
  private readonly main: Emitter;
  private readonly sides = new Map<string, Emitter>();
  private readonly emitters: Emitter[];
  private readonly marks: number[] = [0];
  private unchecked = checkedEmits;

  constructor(context: ProcessorContext) {
    this.context = context;
    this.main = context.output;
    this.emitters = [context.output];
  }

  emit(value: unknown, timestampMs?: number): void {
    if (this.unchecked > 0) this.check(value);
    this.main.emit(value, timestampMs === undefined ? this.timestampMs : timestampMs);
  }

  emitTo(tag: string, value: unknown, timestampMs?: number): void {
    if (this.unchecked > 0) this.check(value);
    this.side(tag).emit(value, timestampMs === undefined ? this.timestampMs : timestampMs);
  }

  /** Remembers where each output stands. */
  mark(): void {
    const { emitters, marks } = this;
    for (let i = 0; i < emitters.length; i++) marks[i] = (emitters[i] as Emitter).mark();
  }

  /** Takes back what was emitted since `mark`. */
  rollback(): void {
    const { emitters, marks } = this;
    for (let i = 0; i < emitters.length; i++) (emitters[i] as Emitter).rollback(marks[i] as number);
  }

  private side(tag: string): Emitter {
    const known = this.sides.get(tag);
    if (known !== undefined) return known;
    const emitter = this.context.side(tag);
    this.sides.set(tag, emitter);
    this.emitters.push(emitter);
    this.marks.push(emitter.mark());
    return emitter;
  }

  private check(value: unknown): void {
    this.unchecked--;
    assertSupported(value, `a result of the transform “${this.context.transformName}”`);
  }
}
