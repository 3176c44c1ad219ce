/** Timers of one key group, in no order. */
export interface TimerSource {
  readonly size: number;
  forEach(visit: (row: number, timeMs: number, namespace: number) => void): void;
}

const noTimers: TimerSource = { size: 0, forEach: () => {} };

/** The timers of one key group, sorted by row: those of a row stand from `starts[row]` to before `starts[row + 1]`. */
export class TimersByRow {
  readonly timesMs: Float64Array;
  readonly namespaces: Float64Array;
  private readonly starts: Int32Array;

  constructor(source: TimerSource = noTimers) {
    const { size } = source;
    const rows = new Int32Array(size);
    const timesMs = new Float64Array(size);
    const namespaces = new Float64Array(size);
    let count = 0;
    let rowLimit = 0;
    source.forEach((row, timeMs, namespace) => {
      rows[count] = row;
      timesMs[count] = timeMs;
      namespaces[count] = namespace;
      if (row >= rowLimit) rowLimit = row + 1;
      count += 1;
    });
    this.starts = new Int32Array(rowLimit + 1);
    this.timesMs = new Float64Array(size);
    this.namespaces = new Float64Array(size);
    this.sort(rows, timesMs, namespaces);
  }

  get size(): number {
    return this.timesMs.length;
  }

  /** Where the timers of a row begin. */
  startOf(row: number): number {
    return this.starts[Math.min(row, this.starts.length - 1)]!;
  }

  private sort(rows: Int32Array, timesMs: Float64Array, namespaces: Float64Array): void {
    const { starts } = this;
    for (const row of rows) starts[row + 1]! += 1;
    for (let row = 1; row < starts.length; row++) starts[row]! += starts[row - 1]!;
    const cursors = starts.slice();
    for (let i = 0; i < rows.length; i++) {
      const at = cursors[rows[i]!]!;
      cursors[rows[i]!] = at + 1;
      this.timesMs[at] = timesMs[i]!;
      this.namespaces[at] = namespaces[i]!;
    }
  }
}
