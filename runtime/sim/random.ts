import type { Random } from '../src/sys/system.ts';

/** A seed of its own for each name, so that more numbers drawn in one place shift nothing in another. */
const seedOf = (name: string, seed: number): number => {
  let hash = seed ^ 0x9e37_79b9;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x85eb_ca6b);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
};

/** Random numbers that follow from a seed (mulberry32). */
export class SeededRandom implements Random {
  private readonly seed: number;
  private state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.state = this.seed;
  }

  /** An independent stream; the same for the same seed and name, whatever was drawn from this one. */
  fork(name: string): SeededRandom {
    return new SeededRandom(seedOf(name, this.seed));
  }

  next(): number {
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  id(): string {
    return Array.from({ length: 32 }, () => this.below(16).toString(16)).join('');
  }

  /** An integer from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('There is nothing to pick from.');
    return list[this.below(list.length)] as T;
  }
}
