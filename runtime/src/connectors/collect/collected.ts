import type { Batch } from '../../batch/batch.ts';

/** Records that belong together, with their times. */
interface Records<T> {
  readonly values: T[];
  readonly times: number[];
}

const newRecords = <T>(): Records<T> => ({ values: [], times: [] });

const addBatch = <T>({ values, times }: Records<T>, batch: Batch): void => {
  const rows = batch.rows();
  for (let i = 0; i < batch.length; i++) {
    values.push(rows[i] as T);
    times.push(batch.timestamps[i] as number);
  }
};

/** Records in the order in which they reached the sink; those of one subtask are in its order. */
export class Collected<T> {
  private attempt = 0;
  private readonly visible = newRecords<T>();
  /** Under checkpoints, by transaction. */
  private readonly prepared = new Map<string, Records<T> & { readonly attempt: number }>();
  private readonly committed = new Set<string>();

  get values(): readonly T[] {
    return this.visible.values;
  }

  /** Event times of the values in ms since the epoch, NaN where a value has none. */
  get timestampsMs(): readonly number[] {
    return this.visible.times;
  }

  /** Starts an attempt without checkpoints: what lower attempts have added is dropped, and what they still add is ignored. */
  begin(attempt: number): void {
    if (attempt <= this.attempt) return;
    this.attempt = attempt;
    this.visible.values.length = 0;
    this.visible.times.length = 0;
  }

  add(batch: Batch, attempt: number): void {
    if (attempt === this.attempt) addBatch(this.visible, batch);
  }

  /** Adds to a transaction, which is seen when it is committed. */
  stage(transaction: string, batch: Batch, attempt: number): void {
    const records = this.prepared.get(transaction) ?? { ...newRecords<T>(), attempt };
    this.prepared.set(transaction, records);
    addBatch(records, batch);
  }

  /** False = there is no such transaction, and never was. */
  commit(transaction: string): boolean {
    const records = this.prepared.get(transaction);
    if (records === undefined) return this.committed.has(transaction);
    this.prepared.delete(transaction);
    this.committed.add(transaction);
    for (const value of records.values) this.visible.values.push(value);
    for (const time of records.times) this.visible.times.push(time);
    return true;
  }

  abort(transaction: string): void {
    this.prepared.delete(transaction);
  }

  abortOlder(attempt: number): void {
    for (const [transaction, records] of this.prepared) {
      if (records.attempt < attempt) this.prepared.delete(transaction);
    }
  }
}
