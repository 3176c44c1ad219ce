import { keyGroupOf } from '../state/key-groups.ts';

/** A table that holds the rows of all key groups. */
export interface GroupableRows {
  /** How many rows are in use. */
  readonly size: number;
  hashAt(row: number): number;
  /** The next row in use after this one, −1 at the end; start with −1. */
  nextRow(after: number): number;
}

/** The rows of a table, sorted by key group: those of group g stand from `starts[g]` to before `starts[g + 1]`. */
interface GroupedRows {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
}

const groupRows = (table: GroupableRows, maxParallelism: number): GroupedRows => {
  const starts = new Int32Array(maxParallelism + 1);
  for (let row = table.nextRow(-1); row >= 0; row = table.nextRow(row))
    starts[keyGroupOf(table.hashAt(row), maxParallelism) + 1]! += 1;
  for (let group = 0; group < maxParallelism; group++) starts[group + 1]! += starts[group]!;
  const cursors = starts.slice();
  const rows = new Int32Array(table.size);
  for (let row = table.nextRow(-1); row >= 0; row = table.nextRow(row)) {
    const group = keyGroupOf(table.hashAt(row), maxParallelism);
    rows[cursors[group]!] = row;
    cursors[group]! += 1;
  }
  return { rows, starts };
};

/**
 * Finds the rows of single key groups, which leave at a barrier. Tables hold all groups together, so that a batch is looked up in one
 * loop; they are sorted by group once for all the groups that leave.
 */
export class RowsByGroup {
  private readonly maxParallelism: number;
  /** Sorted rows, as long as nothing came in between. Removing rows of one group leaves those of the others. */
  private readonly grouped: Map<GroupableRows, GroupedRows> = new Map();

  constructor(maxParallelism: number) {
    this.maxParallelism = maxParallelism;
  }

  /** The tables have changed. */
  invalidate(): void {
    if (this.grouped.size > 0) this.grouped.clear();
  }

  of(table: GroupableRows, keyGroup: number): Int32Array {
    const known = this.grouped.get(table) ?? groupRows(table, this.maxParallelism);
    this.grouped.set(table, known);
    const rows = known.rows.subarray(known.starts[keyGroup]!, known.starts[keyGroup + 1]!);
    return rows[0] === -1 ? rows.subarray(0, 0) : rows;
  }

  /** The rows of a group were removed from all tables: what was sorted stays right for the others. */
  removed(keyGroup: number): void {
    for (const { starts, rows } of this.grouped.values())
      rows.fill(-1, starts[keyGroup]!, starts[keyGroup + 1]!);
  }
}
