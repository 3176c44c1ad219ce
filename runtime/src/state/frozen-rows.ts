import type { StateColumn } from './columns.ts';

/**
 * The rows of a key group as a barrier found them, while a snapshot reads them. A row that was not written since then lies in
 * the group itself; one that was written has been copied here before its first write. Only rows written in the epochs after
 * `afterEpoch` and through `epoch` are wanted: those are what a checkpoint holds.
 */
export class FrozenRows {
  readonly epoch: number;
  readonly afterEpoch: number;
  /** Rows below this have been read in the group: they need not be saved any more. */
  readRows = 0;
  /** By number of the state: a cell for each saved row. */
  readonly columns: readonly StateColumn[];
  /** The saved rows, in the order of their cells. */
  readonly rows: number[] = [];
  /** The keys of rows that were given back meanwhile: another key may have the row by now. */
  private readonly releasedKeys: Map<number, unknown> = new Map();
  private capacity = 0;

  constructor(columns: readonly StateColumn[], epoch: number, afterEpoch: number) {
    this.columns = columns;
    this.epoch = epoch;
    this.afterEpoch = afterEpoch;
  }

  /** Whether a row that lies in the group and was last written in this epoch belongs to the snapshot. */
  wants(writtenIn: number): boolean {
    return writtenIn > this.afterEpoch && writtenIn <= this.epoch;
  }

  /** A row that was last written in an earlier epoch is about to be written. */
  save(from: readonly StateColumn[], row: number, writtenIn: number): void {
    if (row < this.readRows || !this.wants(writtenIn)) return;
    const position = this.rows.length;
    if (position === this.capacity) this.grow();
    for (let state = 0; state < this.columns.length; state++) {
      this.columns[state]!.copyCell(position, from[state]!, row);
    }
    this.rows.push(row);
  }

  /** A row is given back: if it is a saved one, its key is not found in the group any more. */
  keepKey(row: number, key: unknown): void {
    if (!this.releasedKeys.has(row)) this.releasedKeys.set(row, key);
  }

  /** The key of a saved row when it was given back since; undefined when it still has its row. */
  releasedKey(row: number): { readonly key: unknown } | undefined {
    return this.releasedKeys.has(row) ? { key: this.releasedKeys.get(row) } : undefined;
  }

  /** Gives all memory back. */
  free(): void {
    for (const column of this.columns) column.free();
  }

  private grow(): void {
    this.capacity = Math.max(8, this.capacity * 2);
    for (const column of this.columns) column.grow(this.capacity);
  }
}
