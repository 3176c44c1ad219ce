import { Batch } from '../../batch/batch.ts';
import { type Column, Mark } from '../../batch/column.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { Emitter } from '../processor.ts';
import { type FiredRows, type PaneOutput, resultTimestampMs } from './pane-output.ts';

/** Records of a batch of results. */
const capacity = 2048;

/** Keys are numbers in nearly all jobs; the first other one turns the column into plain values. */
class KeyColumn {
  private readonly numbers: Float64Array = new Float64Array(capacity);
  private values: unknown[] | undefined;

  set(position: number, key: unknown): void {
    if (this.values === undefined && typeof key === 'number') this.numbers[position] = key;
    else {
      this.values ??= Array.from(this.numbers.subarray(0, position));
      this.values[position] = key;
    }
  }

  take(length: number): Column {
    const { values } = this;
    this.values = undefined;
    if (values === undefined) return { type: 'number', values: this.numbers.slice(0, length) };
    if (values.every((value) => typeof value === 'string')) return { type: 'string', values };
    return { type: 'any', values: values.slice(0, length) };
  }
}

const numberColumn = (values: Float64Array, length: number, noneIsNaN: boolean): Column => {
  if (!noneIsNaN) return { type: 'number', values };
  let marks: Uint8Array | undefined;
  for (let i = 0; i < length; i++) {
    if (!Number.isNaN(values[i])) continue;
    marks ??= new Uint8Array(length);
    marks[i] = Mark.undefined;
  }
  return { type: 'number', values, marks };
};

/**
 * Collects results `{key, windowStart, windowEnd, …names}` in columns and emits them in batches, in order. What is emitted is a
 * copy of exact length: most firings are small.
 */
export class ResultBatch implements PaneOutput {
  watermarkMs: number = -Infinity;
  private readonly aggregation: Aggregation;
  private readonly output: Emitter;
  private readonly keys: KeyColumn | undefined;
  private readonly names: readonly string[];
  private readonly starts: Float64Array = new Float64Array(capacity);
  private readonly ends: Float64Array = new Float64Array(capacity);
  private readonly timestamps: Float64Array = new Float64Array(capacity);
  private readonly results: readonly (Float64Array | unknown[])[];
  private length = 0;

  constructor(aggregation: Aggregation, keyed: boolean, output: Emitter) {
    this.aggregation = aggregation;
    this.output = output;
    this.keys = keyed ? new KeyColumn() : undefined;
    this.names = [...(keyed ? ['key'] : []), 'windowStart', 'windowEnd', ...aggregation.names];
    this.results = aggregation.parts.map(({ accumulator }) =>
      accumulator.numberResults === undefined ? [] : new Float64Array(capacity),
    );
  }

  add(fired: FiredRows): void {
    let from = 0;
    while (from < fired.length) {
      const length = Math.min(fired.length - from, capacity - this.length);
      this.addPart(fired, from, length);
      from += length;
      if (this.length === capacity) this.flush();
    }
  }

  /** Emits what was added. */
  flush(): void {
    const { length } = this;
    if (length === 0) return;
    const columns: Column[] = this.keys === undefined ? [] : [this.keys.take(length)];
    columns.push({ type: 'number', values: this.starts.slice(0, length) });
    columns.push({ type: 'number', values: this.ends.slice(0, length) });
    this.aggregation.parts.forEach(({ accumulator }, i) => {
      const values = this.results[i]!.slice(0, length);
      columns.push(
        values instanceof Float64Array
          ? numberColumn(values, length, accumulator.noneIsNaN === true)
          : { type: 'any', values },
      );
    });
    const timestamps = this.timestamps.slice(0, length);
    this.length = 0;
    this.output.emitBatch(Batch.ofColumns({ names: this.names, columns }, timestamps, length));
  }

  private addPart(fired: FiredRows, from: number, length: number): void {
    const { columns, keys, rows, startsMs, endsMs } = fired;
    const at = this.length;
    for (let j = 0; j < length; j++) {
      this.starts[at + j] = startsMs[from + j]!;
      this.ends[at + j] = endsMs[from + j]!;
      this.timestamps[at + j] = resultTimestampMs(fired, from + j);
    }
    if (this.keys !== undefined) {
      for (let j = 0; j < length; j++) this.keys.set(at + j, keys.keyAt(rows[from + j]!));
    }
    const part = from === 0 ? rows : rows.subarray(from);
    this.aggregation.parts.forEach(({ accumulator }, i) => {
      const target = this.results[i]!;
      if (target instanceof Float64Array) accumulator.numberResults!(columns, part, length, target, at);
      else for (let j = 0; j < length; j++) target[at + j] = accumulator.result(columns, part[j]!);
    });
    this.length += length;
  }
}
