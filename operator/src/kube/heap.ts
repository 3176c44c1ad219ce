/** Values of which the least is asked for. */
export class Heap<T> {
  private readonly values: T[] = [];
  private readonly isBefore: (one: T, other: T) => boolean;

  constructor(isBefore: (one: T, other: T) => boolean) {
    this.isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.values[0];
  }

  push(value: T): void {
    const { values } = this;
    let at = values.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = values[parent] as T;
      if (!this.isBefore(value, above)) break;
      values[at] = above;
      at = parent;
    }
    values[at] = value;
  }

  pop(): T | undefined {
    const { values } = this;
    const first = values[0];
    const last = values.pop() as T;
    if (values.length > 0) this.sink(last);
    return first;
  }

  /** Puts a value at the top, and down to its place. */
  private sink(value: T): void {
    const { values } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= values.length) break;
      if (child + 1 < values.length && this.isBefore(values[child + 1] as T, values[child] as T)) child++;
      const below = values[child] as T;
      if (!this.isBefore(below, value)) break;
      values[at] = below;
      at = child;
    }
    values[at] = value;
  }
}
