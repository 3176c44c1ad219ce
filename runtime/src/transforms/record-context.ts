import type { ProcessContext } from '../api/functions.ts';
import type { OutputTag } from '../api/output-tag.ts';
import type { RecordOutputs } from './record-outputs.ts';

/** What a process function sees beside the record. One instance a processor, brought up to date before each call. */
export class RecordContext implements ProcessContext {
  watermarkMs: number = -Infinity;
  processingTimeMs: number = 0;
  protected readonly outputs: RecordOutputs;

  constructor(outputs: RecordOutputs) {
    this.outputs = outputs;
  }

  get timestampMs(): number | undefined {
    const { timestampMs } = this.outputs;
    return Number.isNaN(timestampMs) ? undefined : timestampMs;
  }

  emitTo<S>(tag: OutputTag<S>, value: S, timestampMs?: number): void {
    this.outputs.emitTo(tag.name, value, timestampMs);
  }
}
