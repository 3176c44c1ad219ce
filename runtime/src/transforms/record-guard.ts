import type { FailureHandler } from './processor.ts';
import type { RecordOutputs } from './record-outputs.ts';

/** State that can take back the writes of one record. */
export interface UndoableState {
  beginRecord(): void;
  commitRecord(): void;
  rollbackRecord(): void;
}

/**
 * Stands around each call of a user function: a record that fails leaves neither results nor state behind. Where the policy
 * is to fail the job there is nothing to go back to, and it costs nothing.
 */
export class RecordGuard {
  private readonly failures: FailureHandler;
  private readonly recoverable: boolean;
  private readonly outputs: RecordOutputs;
  private readonly states: readonly UndoableState[];

  constructor(failures: FailureHandler, outputs: RecordOutputs, states: readonly UndoableState[]) {
    this.failures = failures;
    this.recoverable = failures.recoverable;
    this.outputs = outputs;
    this.states = states;
  }

  begin(): void {
    if (!this.recoverable) return;
    this.outputs.mark();
    for (const state of this.states) state.beginRecord();
  }

  commit(): void {
    if (!this.recoverable) return;
    for (const state of this.states) state.commitRecord();
  }

  /** Undoes the record, then lets the policy decide: returns to go on with the next record, or throws. */
  fail(error: unknown, record: unknown, timestampMs: number): void {
    if (this.recoverable) {
      this.outputs.rollback();
      for (const state of this.states) state.rollbackRecord();
    }
    this.failures.handle(error, record, timestampMs);
  }
}
