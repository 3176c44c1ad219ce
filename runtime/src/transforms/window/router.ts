import type { SkippedRecords } from '../aggregation/inputs.ts';
import type { Cell, Slice, SliceStore } from './slices.ts';

/** What a router does with records that go to no cell. */
export interface StrayRecords {
  /** The windows of the record at this position are over. */
  late(position: number): void;
  /** The record has no usable time. */
  timeless(position: number): void;
}

/** The numbers 0, 1, 2 …, and room for positions that are sorted by slice. */
const growIdentity = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

/**
 * Sorts the records of a batch by cell, and so by slice. Nearly always the whole batch lies in one cell: then nothing is
 * sorted and the positions are 0, 1, 2 …
 */
export class Router {
  /** The cells of the batch in hand, in order of first record. */
  readonly cells: Cell[] = [];
  /** Number of the cell of each record, −1 = none. Only filled when `cells` has more than one, or strays were met. */
  cellNumbers: Int32Array = new Int32Array(0);
  /** Whether every record of the batch is in the one cell. */
  isWhole: boolean = true;
  /** Whether the positions that `forEachSlice` gives are not simply 0, 1, 2 … */
  isSorted: boolean = false;
  private readonly store: SliceStore;
  private identity: Int32Array = growIdentity(2048);
  private sorted: Int32Array = new Int32Array(2048);
  /** Where each slice's part of `sorted` starts. */
  private readonly starts: Map<Slice, number> = new Map();

  constructor(store: SliceStore) {
    this.store = store;
  }

  /** Finds the cells of a batch by its event times. Strays are reported in order and added to `skipped`. */
  route(
    times: Float64Array,
    length: number,
    progressMs: number,
    skipped: SkippedRecords,
    strays: StrayRecords,
  ): void {
    this.begin(length);
    let fromMs = Infinity;
    let untilMs = -Infinity;
    let number = -1;
    for (let i = 0; i < length; i++) {
      const timeMs = times[i]!;
      if (!(timeMs >= fromMs && timeMs < untilMs)) {
        if (!Number.isFinite(timeMs)) {
          this.stray(i, skipped);
          strays.timeless(i);
          continue;
        }
        const cell = this.enter(timeMs, progressMs);
        ({ startMs: fromMs, endMs: untilMs } = cell);
        number = cell.late ? -2 : cell.number;
      }
      this.cellNumbers[i] = number;
      if (number >= 0) continue;
      this.stray(i, skipped);
      if (number === -2) strays.late(i);
    }
    this.isWhole &&= this.cells.length === 1;
  }

  /** Puts a whole batch into the cell of one instant. */
  routeAll(timeMs: number, length: number, progressMs: number, skipped: SkippedRecords): void {
    this.begin(length);
    const cell = this.enter(timeMs, progressMs);
    this.cellNumbers.fill(cell.number, 0, length);
    if (cell.number >= 0) return;
    for (let i = 0; i < length; i++) this.stray(i, skipped);
  }

  /** Calls back for every slice with the positions of its records that are not skipped: `positions[j]` for j in [from, to). */
  forEachSlice(
    length: number,
    skipped: SkippedRecords,
    take: (slice: Slice, positions: Int32Array, from: number, to: number) => void,
  ): void {
    this.isSorted = !this.isWhole || skipped.count > 0;
    if (!this.isSorted) {
      for (const slice of this.cells[0]?.slices ?? []) take(slice, this.identity, 0, length);
      return;
    }
    const slices = this.sort(length, skipped);
    for (const slice of slices) {
      const to = slice.cursor;
      slice.cursor = 0;
      const from = this.starts.get(slice) as number;
      if (to > from) take(slice, this.sorted, from, to);
    }
  }

  private begin(length: number): void {
    for (const cell of this.cells) cell.number = -1;
    this.cells.length = 0;
    this.isWhole = true;
    if (this.cellNumbers.length < length) this.cellNumbers = new Int32Array(length);
    if (this.identity.length < length) this.identity = growIdentity(length);
  }

  private stray(position: number, skipped: SkippedRecords): void {
    this.cellNumbers[position] = -1;
    this.isWhole = false;
    skipped.add(position);
  }

  private enter(timeMs: number, progressMs: number): Cell {
    const cell = this.store.cellAt(timeMs, progressMs);
    if (cell.number < 0 && cell.slices.length > 0) {
      cell.number = this.cells.length;
      this.cells.push(cell);
    }
    return cell;
  }

  /** A stable counting sort of (record, slice) pairs; each slice's cursor ends at the end of its part of `sorted`. */
  private sort(length: number, skipped: SkippedRecords): Slice[] {
    const { cellNumbers, cells, starts } = this;
    const { flags } = skipped;
    for (let i = 0; i < length; i++) {
      if (flags[i] === 1) continue;
      for (const slice of cells[cellNumbers[i]!]!.slices) slice.cursor++;
    }
    starts.clear();
    let start = 0;
    for (const cell of cells) {
      for (const slice of cell.slices) {
        if (starts.has(slice)) continue;
        starts.set(slice, start);
        const count = slice.cursor;
        slice.cursor = start;
        start += count;
      }
    }
    if (this.sorted.length < start) this.sorted = new Int32Array(start * 2);
    const { sorted } = this;
    for (let i = 0; i < length; i++) {
      if (flags[i] === 1) continue;
      for (const slice of cells[cellNumbers[i]!]!.slices) sorted[slice.cursor++] = i;
    }
    return [...starts.keys()];
  }
}
