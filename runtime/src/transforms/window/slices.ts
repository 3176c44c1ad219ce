import type { FrozenTable } from '../../state/frozen-table.ts';
import { MemoryAccount } from '../../state/memory-account.ts';
import { AccumulatorTable } from '../../state/typed-table.ts';
import type { Span, WindowLayout } from './layout.ts';

/**
 * A span of time with a table of accumulators: a cell whose table all windows that include it share, or one whole window,
 * where aggregates cannot be shared.
 */
export interface Slice extends Span {
  /** End of the last window that needs it. */
  readonly lastEndMs: number;
  table: AccumulatorTable;
  /** While a batch is taken in: how many of its records come here, then where the next one's position goes. */
  cursor: number;
}

/** A cell of the layout with the slices its records go to. No slices and not late = between windows. */
export interface Cell extends Span {
  readonly slices: readonly Slice[];
  /** All windows that include it are over, allowed lateness included. */
  readonly late: boolean;
  /** Its number among the cells of the batch in hand; −1 = none of its records seen. */
  number: number;
}

/** What a table of accumulators looks like. */
export interface TableShape {
  readonly initialNumbers: readonly number[];
  readonly heapCount: number;
}

/** The slices of one processor, by end and start, and the cells that lead to them. */
export class SliceStore {
  readonly layout: WindowLayout;
  /** Whether windows share the slices of their cells. */
  readonly shared: boolean;
  private readonly shape: TableShape;
  private readonly latenessMs: number;
  private readonly ordered: Slice[] = [];
  private readonly cells: Map<number, Cell> = new Map();
  /** An empty table that keeps its memory for the next slice. */
  private spare: AccumulatorTable | undefined;
  private readonly account: MemoryAccount;
  /** Rows are noted with this number when they are written. */
  private epoch = 1;

  constructor(
    layout: WindowLayout,
    shared: boolean,
    shape: TableShape,
    latenessMs: number,
    account: MemoryAccount = new MemoryAccount(),
  ) {
    this.account = account.open({ state: 'windows' });
    this.layout = layout;
    this.shared = shared;
    this.shape = shape;
    this.latenessMs = latenessMs;
  }

  /** All slices by end, then start. */
  get slices(): readonly Slice[] {
    return this.ordered;
  }

  /** Freezes all slices as they are now, and ends an epoch. */
  freeze(afterEpochs: Int32Array, account: MemoryAccount): FrozenTable[] {
    const cut = { epoch: this.epoch, afterEpochs };
    this.epoch += 1;
    return this.ordered.map(({ table }) => table.freeze(cut, account));
  }

  /** The epoch that the next `freeze` will end. */
  get currentEpoch(): number {
    return this.epoch;
  }

  thaw(): void {
    for (const { table } of this.ordered) table.thaw();
  }

  /** Whoever gives the table up frees it. */
  createTable(): AccumulatorTable {
    const { initialNumbers, heapCount } = this.shape;
    const layout = { columns: initialNumbers, heapColumns: heapCount };
    return new AccumulatorTable(layout, this.account.open());
  }

  /** Whether a window with this end takes no more records when time has come to `progressMs`. */
  isOver(endMs: number, progressMs: number): boolean {
    return endMs - 1 + this.latenessMs <= progressMs;
  }

  /** The cell of an instant, with slices for the windows that are not over. */
  cellAt(timeMs: number, progressMs: number): Cell {
    const span = this.layout.cellOf(timeMs);
    const known = this.cells.get(span.startMs);
    if (known !== undefined) return known;
    const lastEndMs = this.layout.lastEndMs(span);
    const late = lastEndMs !== -Infinity && this.isOver(lastEndMs, progressMs);
    const slices = late || lastEndMs === -Infinity ? [] : this.slicesFor(span, lastEndMs, progressMs);
    const cell: Cell = { ...span, slices, late, number: -1 };
    if (slices.length > 0) this.cells.set(span.startMs, cell);
    return cell;
  }

  /** The slice of exactly this span, made if there is none. */
  sliceOf(span: Span, lastEndMs: number): Slice {
    const place = this.placeOf(span);
    const found = this.ordered[place];
    if (found !== undefined && found.endMs === span.endMs && found.startMs === span.startMs) return found;
    const table = this.spare ?? this.createTable();
    this.spare = undefined;
    table.epoch = this.epoch;
    const slice: Slice = { startMs: span.startMs, endMs: span.endMs, lastEndMs, table, cursor: 0 };
    this.ordered.splice(place, 0, slice);
    return slice;
  }

  /** The slices a window is made of. */
  slicesIn(window: Span): Slice[] {
    if (!this.shared) {
      return this.ordered.filter((slice) => slice.endMs === window.endMs && slice.startMs === window.startMs);
    }
    return this.ordered.filter((slice) => slice.startMs >= window.startMs && slice.endMs <= window.endMs);
  }

  /** The windows with slices that end first after `afterMs`: one, or several where daylight saving pushes ends together. */
  firstWindows(afterMs: number): readonly Span[] {
    for (const slice of this.ordered) {
      if (this.shared) {
        const window = this.layout.firstWindow(slice, afterMs);
        if (window !== undefined) return [window];
      } else if (slice.endMs > afterMs) {
        return this.ordered.filter((other) => other.endMs === slice.endMs);
      }
    }
    return [];
  }

  /** Frees the slices that no window needs any more. Cells are asked for anew afterwards: some are late now. */
  release(progressMs: number): void {
    const kept = this.ordered.filter((slice) => !this.isOver(slice.lastEndMs, progressMs));
    if (kept.length === this.ordered.length) return;
    for (const slice of this.ordered) if (this.isOver(slice.lastEndMs, progressMs)) this.recycle(slice.table);
    this.ordered.splice(0, this.ordered.length, ...kept);
    this.cells.clear();
    this.growIntoSpare();
  }

  /** The progress at which a slice is not needed any more. */
  releaseMs(slice: Slice): number {
    return slice.lastEndMs - 1 + this.latenessMs;
  }

  /** The progress at which `release` will next free something. */
  nextReleaseMs(): number {
    let nextMs = Infinity;
    for (const slice of this.ordered) nextMs = Math.min(nextMs, this.releaseMs(slice));
    return nextMs;
  }

  /** Keeps a table for the next slice, unless it was much too large for what was in it. */
  private recycle(table: AccumulatorTable): void {
    // What a snapshot still reads is left to it.
    if (table.isFrozen) return table.free();
    const wellFilled = table.size * 4 >= table.capacity;
    table.clear();
    if (!wellFilled || table.capacity <= (this.spare?.capacity ?? -1)) return table.free();
    this.spare?.free();
    this.spare = table;
  }

  /**
   * A slice that has just begun when another ended moves to the large table that became free, instead of growing beside
   * it: windows that follow each other need the memory of one.
   */
  private growIntoSpare(): void {
    const { spare } = this;
    const youngest = this.ordered.at(-1);
    if (spare === undefined || youngest === undefined || this.shape.heapCount > 0) return;
    if (youngest.table.size * 8 > spare.capacity) return;
    const { table } = youngest;
    spare.epoch = this.epoch;
    table.forEachRow((row) => {
      const target = spare.rowFor(table.keyAt(row), table.index.hashAt(row));
      for (let i = 0; i < table.numbers.length; i++) spare.numbers[i]![target] = table.numbers[i]![row]!;
    });
    table.free();
    youngest.table = spare;
    this.spare = undefined;
  }

  private slicesFor(cell: Span, lastEndMs: number, progressMs: number): Slice[] {
    if (this.shared) return [this.sliceOf(cell, lastEndMs)];
    return this.layout
      .windowsOf(cell)
      .filter((window) => !this.isOver(window.endMs, progressMs))
      .map((window) => this.sliceOf(window, window.endMs));
  }

  private placeOf(span: Span): number {
    const { ordered } = this;
    let place = ordered.length;
    while (place > 0) {
      const before = ordered[place - 1]!;
      if (before.endMs < span.endMs || (before.endMs === span.endMs && before.startMs < span.startMs)) break;
      place--;
    }
    return place;
  }
}
