import { setImmediate } from 'node:timers/promises';
import type { Batch } from 'millrace';
import type { TwoPhaseSink } from '../../src/api/connectors.ts';

interface Transaction {
  readonly id: string;
  readonly values: readonly unknown[];
}

/** A target with transactions, in memory: what is committed is visible once, however often it is committed. */
export class Outlet<T> {
  readonly visible: T[] = [];
  readonly committed: string[] = [];
  readonly log: string[] = [];
  /** What a commit waits for before it has its effect. */
  beforeCommit: (values: readonly T[]) => Promise<void> = () => Promise.resolve();

  /** A sink that writes here. Each slot may make one of its own. */
  sink(): TwoPhaseSink<T, Transaction> {
    return {
      kind: 'outlet',
      delivery: 'exactly-once',
      createWriter: ({ subtask, attempt, checkpoints }) => {
        let open: unknown[] = [];
        return {
          write: (batch: Batch) => {
            const rows = batch.rows();
            for (let i = 0; i < batch.length; i++) open.push(rows[i]);
          },
          prepare: async (checkpointId) => {
            const values = open;
            open = [];
            await setImmediate();
            return values.length === 0 ? [] : [{ id: `${attempt}-${subtask}-${checkpointId}`, values }];
          },
          flush: () => {
            if (checkpoints !== true) this.visible.push(...(open.splice(0) as T[]));
          },
          close: () => undefined,
        };
      },
      createCommitter: () => ({
        commit: async ({ id, values }) => {
          await this.beforeCommit(values as T[]);
          if (this.committed.includes(id)) return;
          this.committed.push(id);
          this.visible.push(...(values as T[]));
        },
        abort: async ({ id }) => void this.log.push(`abort ${id}`),
      }),
    };
  }
}
