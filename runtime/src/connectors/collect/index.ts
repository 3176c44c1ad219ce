/**
 * `collect` keeps records in the memory of the process that runs the job: for tests and `executeAndCollect`. The caller
 * holds a `Collected`, the job fills it. When a job restarts, what earlier attempts had collected is dropped.
 *
 * It works within one thread. `millrace run` gives each slot a thread once there are several, and each fills a `Collected` of
 * its own, which nobody else sees: it warns of that.
 */
import type { ConnectorContext, Sink, SinkWriter } from '../../api/connectors.ts';
import type { Batch } from '../../batch/batch.ts';

/** Records in the order in which they reached the sink; those of one subtask are in its order. */
export class Collected<T> {
  private attempt = 0;
  private readonly records: T[] = [];
  private readonly times: number[] = [];

  get values(): readonly T[] {
    return this.records;
  }

  /** Event times of the values in ms since the epoch, NaN where a value has none. */
  get timestampsMs(): readonly number[] {
    return this.times;
  }

  /** Starts an attempt: what lower attempts have added is dropped, and what they still add is ignored. */
  begin(attempt: number): void {
    if (attempt <= this.attempt) return;
    this.attempt = attempt;
    this.records.length = 0;
    this.times.length = 0;
  }

  add(batch: Batch, attempt: number): void {
    if (attempt !== this.attempt) return;
    const rows = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      this.records.push(rows[i] as T);
      this.times.push(batch.timestamps[i] as number);
    }
  }
}

const createWriter = (into: Collected<unknown>, context: ConnectorContext): SinkWriter => {
  into.begin(context.attempt);
  return {
    write: (batch) => into.add(batch, context.attempt),
    flush: () => {},
    close: () => {},
  };
};

/** A sink that adds its records to `into`. */
export const collect = <T>(into: Collected<T>): Sink<T> => ({
  kind: 'collect',
  delivery: 'exactly-once',
  createWriter: (context) => createWriter(into as Collected<unknown>, context),
});
