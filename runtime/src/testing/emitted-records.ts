import type { Batch } from '../batch/batch.ts';
import { assertSupported, deepFreeze, describeValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import type { ChainEmitter } from '../task/chain-emitter.ts';
import { contentOf } from './content.ts';

interface Emitted {
  readonly value: object;
  readonly transform: string;
  readonly content: string;
}

const holdsBytes = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return true;
  if (value instanceof Map) return [...value].some((entry) => entry.some(holdsBytes));
  return (value instanceof Set ? [...value] : Object.values(value)).some(holdsBytes);
};

/**
 * Sees that records are not changed once they are emitted: they are frozen, and those with bytes, which cannot be, are
 * compared with what they were. Also that each is a value that a record may be.
 */
export class EmittedRecords {
  private readonly compared: Emitted[] = [];

  /** Looks at all that goes through an emitter from now on. */
  watch(emitter: ChainEmitter, transform: string): void {
    const emit = emitter.emit.bind(emitter);
    const emitBatch = emitter.emitBatch.bind(emitter);
    emitter.emit = (value, timestampMs) => {
      this.protect(value, transform);
      emit(value, timestampMs);
    };
    emitter.emitBatch = (batch: Batch) => {
      for (const value of batch.rows().slice(0, batch.length)) this.protect(value, transform);
      emitBatch(batch);
    };
  }

  /**
   * Freezes a value.
   * @throws MillraceError value-unsupported when it cannot be a record.
   */
  protect(value: unknown, transform: string): void {
    assertSupported(value, `a record of “${transform}”`);
    deepFreeze(value);
    if (!holdsBytes(value)) return;
    this.compared.push({ value: value as object, transform, content: contentOf(value) });
  }

  /**
   * A call has ended.
   * @throws MillraceError user-code that names the transform whose record was changed.
   */
  endCall(): void {
    for (const { value, transform, content } of this.compared) {
      if (contentOf(value) === content) continue;
      throw new MillraceError(
        'user-code',
        `A record of “${transform}” was changed after it had been emitted: ${describeValue(value, 200)}`,
        { where: { transform }, hint: 'Emit a copy: others may hold the record that was emitted.' },
      );
    }
  }
}
