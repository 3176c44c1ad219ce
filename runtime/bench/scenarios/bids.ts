import { Batch, type Source } from 'millrace';
import { generator } from 'millrace/connectors/generator';

/** A bid as an object in memory. */
export interface MemoryBid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly dateTime: number;
}

const poolSize = 2 ** 18;
const startMs = 1_700_000_000_000;

/** Different objects of one shape, more than the processor's caches hold. */
export const bidPool = (): readonly MemoryBid[] => {
  let random = 12_345;
  const next = (bound: number): number => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((random / 2 ** 32) * bound);
  };
  return Array.from({ length: poolSize }, (_, i) => ({
    auction: 1000 + next(10_000),
    bidder: 1000 + next(1000),
    price: 100 + next(1_000_000),
    dateTime: startMs + i,
  }));
};

/** The position in the pool of the record with this number. */
export const poolMask: number = poolSize - 1;

/** `count` records out of a pool that is in memory already, over and over again. */
export const poolSource = (pool: readonly MemoryBid[], count: number): Source<MemoryBid> =>
  generator<MemoryBid>({
    count,
    generateBatch: (from, length) => {
      const start = from & poolMask;
      return Batch.ofRows(pool.slice(start, start + length), new Float64Array(length).fill(startMs));
    },
  });
