/** The random numbers of one record. They depend on the seed and the record's number only. */
export interface RecordRandom {
  /** Uniform in [0, 1), a multiple of 2^−32. */
  next(): number;
  /** Uniform among the integers from 0 up to, without, `bound`. */
  integer(bound: number): number;
  /** One of these, each as likely as another. */
  pick<T>(values: readonly T[]): T;
}

const increment = 0x9e3779b9;

const mix = (value: number): number => {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};

/**
 * A sequence of random numbers that can be set to any record: a mixed counter, seeded from (seed, index). One object serves
 * every record of a reader, so that records cost no allocation.
 */
export class SeekableRandom implements RecordRandom {
  private readonly seed: number;
  private state = 0;

  constructor(seed: number) {
    this.seed = mix(mix(seed >>> 0) ^ Math.floor(seed / 2 ** 32));
  }

  /** Starts the sequence of the record with this number (an integer from 0 to 2^53). */
  seek(index: number): void {
    const high = Math.floor(index / 2 ** 32);
    this.state = mix((mix((index >>> 0) ^ this.seed) + Math.imul(high, increment) + this.seed) | 0);
  }

  next(): number {
    this.state = (this.state + increment) | 0;
    return mix(this.state) / 2 ** 32;
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)] as T;
  }
}
