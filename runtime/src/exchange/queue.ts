/** Items taken before the array is cut: a queue that is never empty must not hold on to what went through it. */
const longestPast = 64;

/** First in, first out, without a shift of the whole array for each item. Holds on to at most 64 items already taken. */
export class Queue<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest item, which stays; undefined when there is none. */
  peek(): T | undefined {
    return this.items[this.head];
  }

  /** Takes the oldest item out; undefined when there is none. */
  take(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head++];
    if (this.head === this.items.length || this.head >= longestPast) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
