/** Lets so many go at once, and the others in the order in which they came: what all of them would take at once is too much. */
export class Turns {
  private free: number;
  private readonly waiting = new Set<() => void>();

  constructor(mostAtOnce: number) {
    this.free = mostAtOnce;
  }

  /** Calls `go` when it is its turn, now perhaps. Whoever had a turn gives it back, once. */
  take(go: () => void): void {
    if (this.free === 0) {
      this.waiting.add(go);
      return;
    }
    this.free--;
    go();
  }

  /** Whoever has a turn is done with it. */
  give(): void {
    const [next] = this.waiting;
    if (next === undefined) this.free++;
    else {
      this.waiting.delete(next);
      next();
    }
  }

  /** Does not want its turn any more, if it is still to come; whether it was. */
  leave(go: () => void): boolean {
    return this.waiting.delete(go);
  }
}
