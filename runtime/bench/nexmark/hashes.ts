/**
 * `nexmark` holds the Nexmark auction: a stream of numbered events, each a person, an auction or a bid, all of whose columns
 * are integer hashes of its number. `hashes.ts` computes them, `persons.ts`, `auctions.ts` and `bids.ts` make columns out of
 * them, `source.ts` reads them as a `Source` that computes only the columns asked for, `queries.ts` are the jobs.
 */

const modulus = 2_147_483_647;
const innerModulus = 94_906_249;
const multiplier = 48_271;

/** What is added for each of the six independent hashes of an event. */
const salts = [12_345, 7_654_321, 31_415_927, 27_182_818, 16_180_339, 14_142_135] as const;
export type HashNumber = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * The remainder of whole numbers below 2^53, the divisor given with its inverse. A quotient that was rounded is off by one at
 * most, and all products are exact. Several times as fast as `%`, which for numbers this large is a call out of the code.
 */
const remainder = (value: number, divisor: number, inverse: number): number => {
  const rest = value - Math.floor(value * inverse) * divisor;
  if (rest < 0) return rest + divisor;
  return rest >= divisor ? rest - divisor : rest;
};

/** One hash of one event: a whole number from 0 up to, without, 2^31 − 1. */
export const hashOf = (event: number, hash: HashNumber): number => {
  const salt = salts[hash];
  const inner = remainder(event * multiplier + salt, innerModulus, 1 / innerModulus);
  return remainder(inner * inner + salt, modulus, 1 / modulus);
};

/** Events of one kind with the hashes of each, every hash computed when it is first asked for. */
export class Events {
  readonly length: number;
  /** Their numbers. */
  readonly numbers: Float64Array;
  private readonly hashes: (Int32Array | undefined)[] = [];

  constructor(numbers: Float64Array) {
    this.numbers = numbers;
    this.length = numbers.length;
  }

  hash(which: HashNumber): Int32Array {
    const known = this.hashes[which];
    if (known !== undefined) return known;
    const { numbers, length } = this;
    const values = new Int32Array(length);
    for (let i = 0; i < length; i++) values[i] = hashOf(numbers[i] as number, which);
    this.hashes[which] = values;
    return values;
  }
}

/** Events come in groups: one person, then three auctions, then 46 bids. */
export const eventsPerGroup = 50;
export const auctionsPerGroup = 3;

/** The number of the group that an event is in. */
export const groupOf = (event: number): number => Math.floor(event / eventsPerGroup);

export const firstId = 1000;

/** The clock of the stream: event `n` happens at `baseMs` + ⌊n × numerator ÷ denominator⌋. */
export interface EventClock {
  readonly baseMs: number;
  readonly numerator: number;
  readonly denominator: number;
}

/** 10,000 events a second, as Flink was measured. */
export const measuredClock: EventClock = { baseMs: 1_700_000_000_000, numerator: 1, denominator: 10 };
/** One event a millisecond, as the recorded answers have it. */
export const goldenClock: EventClock = { baseMs: 1_700_000_000_000, numerator: 1, denominator: 1 };

export const timeOf = (event: number, clock: EventClock): number =>
  clock.baseMs + Math.floor((event * clock.numerator) / clock.denominator);

/** A person from the last thousand and ten to come. */
export const coldPerson = (hash: number, group: number): number =>
  group < 999 ? hash % (group + 11) : group - 999 + (hash % 1010);

const powersOfTen = [1, 10, 100, 1000, 10_000, 100_000] as const;

/** From 100 to 99,999,900, each decade as likely as another. */
export const priceOf = (hash: number): number => {
  const digits = 100_000 + (Math.floor(hash / 6) % 900_000);
  return Math.floor((digits * (powersOfTen[hash % 6] as number)) / 1000);
};
