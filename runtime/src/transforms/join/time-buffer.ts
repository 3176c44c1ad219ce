/** Time in ms, record, and whether it was joined. */
export type BufferedRecord = readonly [number, unknown, boolean];

/** Records of one key and side, by time; of equal times in order of arrival. */
export class TimeBuffer {
  private times: number[] = [];
  private values: unknown[] = [];
  /** Whether a record was joined; only kept for sides of an outer join. */
  private joined: boolean[] | undefined;
  /** Records before this are removed, and taken out of the arrays now and then. */
  private start = 0;

  constructor(remembersJoined: boolean) {
    this.joined = remembersJoined ? [] : undefined;
  }

  get size(): number {
    return this.times.length - this.start;
  }

  /** Time of the first record; NaN when there is none. */
  get firstMs(): number {
    return this.times[this.start] ?? Number.NaN;
  }

  get firstValue(): unknown {
    return this.values[this.start];
  }

  get firstWasJoined(): boolean {
    return this.joined?.[this.start] === true;
  }

  /** The position of the first record at or after a time, or with `isAfter` really after it; `end` when there is none. */
  placeOf(timeMs: number, isAfter: boolean): number {
    const { times } = this;
    let low = this.start;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middleMs = times[middle]!;
      if (middleMs < timeMs || (isAfter && middleMs === timeMs)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  timeAt(position: number): number {
    return this.times[position]!;
  }

  valueAt(position: number): unknown {
    return this.values[position];
  }

  noteJoined(from: number, to: number): void {
    this.joined?.fill(true, from, to);
  }

  add(timeMs: number, value: unknown, wasJoined: boolean): void {
    const { times, values, joined } = this;
    const last = times.at(-1);
    if (last === undefined || last <= timeMs) {
      times.push(timeMs);
      values.push(value);
      joined?.push(wasJoined);
      return;
    }
    const place = this.placeOf(timeMs, true);
    times.splice(place, 0, timeMs);
    values.splice(place, 0, value);
    joined?.splice(place, 0, wasJoined);
  }

  removeFirst(): void {
    this.values[this.start] = undefined;
    this.start++;
    if (this.start * 2 < this.times.length || (this.start < 32 && this.size > 0)) return;
    this.times = this.times.slice(this.start);
    this.values = this.values.slice(this.start);
    this.joined = this.joined?.slice(this.start);
    this.start = 0;
  }

  /** All records in order, as values that can be encoded. */
  save(): BufferedRecord[] {
    const saved: BufferedRecord[] = [];
    for (let i = this.start; i < this.times.length; i++) {
      saved.push([this.times[i]!, this.values[i], this.joined?.[i] === true]);
    }
    return saved;
  }
}
