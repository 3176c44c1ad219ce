import { keyGroupOf } from './key-groups.ts';
import type { MemoryAccount } from './memory-account.ts';

/** Numbers by row. */
export type NumberArray = Float64Array | Uint8Array;

/** The columns of a table, as far as they are stored. */
export interface StoredColumns {
  readonly columns: readonly NumberArray[];
  readonly heaps: readonly (readonly unknown[])[];
}

/** Rows of a table, column by column, one behind the other. */
export interface TableRows {
  readonly keys: Float64Array | readonly unknown[];
  readonly columns: readonly Float64Array[];
  readonly heaps: readonly (readonly unknown[])[];
}

/** Rows of one frozen table, by its number. */
export interface TableRun {
  readonly table: number;
  readonly rows: TableRows;
}

export interface ScatterShape {
  /** How many columns of numbers and of heap values the tables have. */
  readonly columnCount: number;
  readonly heapCount: number;
  /** The places of the key groups, and how many places there are. */
  readonly places: readonly number[];
  readonly placeCount: number;
  /** How many rows may come. */
  readonly rowCount: number;
}

/** What all groups together may hold. */
const mostBytes = 8 * 2 ** 20;
/** What a group may hold: one piece of it. */
const pieceBytes = 256 * 1024;
/** Rows that are moved at once: a millisecond. */
const rowsAtOnce = 32_768;
/** A group has room for so many rows, however many groups there are. */
const leastRows = 16;

/** Copies cells of a column to places in another; NaN always has the same bits. */
const scatter = (from: NumberArray, cells: Int32Array, target: Float64Array, places: Int32Array): void => {
  for (let i = 0; i < cells.length; i++) {
    const value = from[cells[i]!]!;
    target[places[i]!] = Number.isNaN(value) ? Number.NaN : value;
  }
};

/**
 * Rows on their way from tables, where key groups lie side by side, into pieces of one key group each. Rows come in the order in which
 * they lie, which the caches like, and each is copied behind those of its group; when a group is full it is taken away. So memory is
 * bounded and nothing is sorted.
 */
export class RowScatter {
  /** Rows in hand, their hashes, and where they go. */
  readonly rows: Int32Array;
  readonly hashes: Uint32Array;
  private readonly targets: Int32Array;
  /** By place the number of its group. */
  private readonly groupOf: Int32Array;
  /** For how many rows a group has room, and how many it should hold at most. */
  private readonly capacity: number;
  private limit: number;
  private readonly lengths: Int32Array;
  /** Group after group. */
  private keys: Float64Array | unknown[];
  private readonly columns: readonly Float64Array[];
  private readonly heaps: readonly unknown[][];
  /** The tables that rows came from: where in each group its rows begin. */
  private readonly tables: { readonly table: number; readonly starts: Int32Array }[] = [];
  private isFull = false;

  constructor(shape: ScatterShape, account: MemoryAccount) {
    const { columnCount, heapCount, places, placeCount, rowCount } = shape;
    const groupCount = places.length;
    const rowBytes = 8 * (1 + columnCount + heapCount);
    const expected = Math.ceil((rowCount / groupCount) * 1.25);
    const most = Math.floor(Math.min(pieceBytes, mostBytes / groupCount) / rowBytes);
    this.capacity = Math.max(leastRows, Math.min(most, expected));
    this.limit = heapCount > 0 ? leastRows : this.capacity;
    const stepRows = Math.min(rowsAtOnce, Math.max(leastRows, rowCount));
    account.grow(groupCount * this.capacity * rowBytes + stepRows * 12 + placeCount * 4);
    this.rows = new Int32Array(stepRows);
    this.hashes = new Uint32Array(stepRows);
    this.targets = new Int32Array(stepRows);
    this.groupOf = new Int32Array(placeCount);
    places.forEach((place, group) => {
      this.groupOf[place] = group;
    });
    this.lengths = new Int32Array(groupCount);
    this.keys = new Float64Array(groupCount * this.capacity);
    this.columns = Array.from({ length: columnCount }, () => new Float64Array(groupCount * this.capacity));
    this.heaps = Array.from({ length: heapCount }, () => []);
  }

  /** Rows that come now are of this table. */
  begin(table: number): void {
    this.tables.push({ table, starts: this.lengths.slice() });
  }

  /** Gives the first rows of those in hand their places; how many there is room for. */
  assign(count: number): number {
    const { hashes, targets, groupOf, lengths, limit, capacity } = this;
    const placeCount = groupOf.length;
    for (let i = 0; i < count; i++) {
      const group = groupOf[keyGroupOf(hashes[i]!, placeCount)]!;
      const length = lengths[group]!;
      if (length >= limit) {
        this.isFull = true;
        return i;
      }
      targets[i] = group * capacity + length;
      lengths[group] = length + 1;
    }
    return count;
  }

  /** Copies rows that have places: their keys, and of the columns these cells; heap values by `copy`, or as they are. */
  put(
    keys: TableRows['keys'],
    { columns, heaps }: StoredColumns,
    cells: Int32Array,
    copy?: (value: unknown) => unknown,
  ): void {
    const { targets } = this;
    this.putKeys(keys);
    this.columns.forEach((target, i) => {
      scatter(columns[i]!, cells, target, targets);
    });
    this.heaps.forEach((target, i) => {
      const from = heaps[i]!;
      for (let j = 0; j < cells.length; j++) {
        const value = from[cells[j]!];
        target[targets[j]!] = copy === undefined ? value : copy(value);
      }
    });
  }

  /** Whether a row found no room: groups must be taken first. */
  get mustBeTaken(): boolean {
    return this.isFull;
  }

  /** The groups that should be taken are. */
  taken(): void {
    this.isFull = false;
  }

  /** Whether a group has much: at least half of what it should hold at most. */
  hasMuch(group: number): boolean {
    return this.lengths[group]! * 2 >= this.limit;
  }

  /** Takes the rows of a group, which stay where they are until the next ones come; and how many they are. */
  take(group: number): readonly [TableRun[], number] {
    const { tables, lengths } = this;
    const count = lengths[group]!;
    const runs: TableRun[] = [];
    for (let i = 0; i < tables.length; i++) {
      const { table, starts } = tables[i]!;
      const end = tables[i + 1]?.starts[group] ?? count;
      if (end > starts[group]!) runs.push({ table, rows: this.slice(group, starts[group]!, end) });
    }
    for (const { starts } of tables) starts[group] = 0;
    lengths[group] = 0;
    return [runs, count];
  }

  /** Rows with heap values were this large: so many may be held. */
  note(rowCount: number, bytes: number): void {
    if (this.heaps.length === 0 || rowCount === 0) return;
    const most = Math.min(pieceBytes, mostBytes / this.lengths.length) / (bytes / rowCount);
    this.limit = Math.min(this.capacity, this.limit * 2, Math.max(1, Math.floor(most)));
  }

  private slice(group: number, from: number, to: number): TableRows {
    const [start, end] = [group * this.capacity + from, group * this.capacity + to];
    const { keys } = this;
    return {
      keys: keys instanceof Float64Array ? keys.subarray(start, end) : keys.slice(start, end),
      columns: this.columns.map((column) => column.subarray(start, end)),
      heaps: this.heaps.map((heap) => heap.slice(start, end)),
    };
  }

  private putKeys(keys: TableRows['keys']): void {
    const isNumbers = keys instanceof Float64Array;
    // Texts have come: from now on keys are values.
    if (!isNumbers && this.keys instanceof Float64Array) this.keys = Array.from(this.keys);
    const { keys: target, targets } = this;
    if (isNumbers && target instanceof Float64Array) {
      for (let i = 0; i < keys.length; i++) target[targets[i]!] = keys[i]!;
    } else {
      for (let i = 0; i < keys.length; i++) (target as unknown[])[targets[i]!] = keys[i];
    }
  }
}
