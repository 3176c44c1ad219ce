import type { Batch } from '../batch/batch.ts';
import type { Memory } from '../sys/memory.ts';

/** About what the caches of a processor hold: arrays that are freed earlier are used again while they are still in them. */
const mostGarbageBytes = 8 * 2 ** 20;

/**
 * Has the columns of past batches freed in time. They lie outside of the heap and only their small handles inside, so the
 * engine sees no reason to collect its large young generation; when it does at last, by its limit for outside memory, it
 * collects everything, and all arrays of the meantime were fresh memory. Measured on a count over columns: half the cost.
 */
export class ColumnGarbage {
  private readonly memory: Pick<Memory, 'collectYoung'>;
  private bytes = 0;

  constructor(memory: Pick<Memory, 'collectYoung'>) {
    this.memory = memory;
  }

  /** A batch has come to a task of this slot, and will be garbage soon. */
  add(batch: Batch): void {
    const set = batch.isColumnar ? batch.columns() : undefined;
    if (set === undefined) return;
    this.addBytes((set.names.length + 1) * batch.length * 8);
  }

  /** So many bytes of other arrays will be garbage soon: those of a snapshot's pieces, say. */
  addBytes(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < mostGarbageBytes) return;
    this.bytes = 0;
    this.memory.collectYoung();
  }
}
