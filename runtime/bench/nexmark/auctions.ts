import type { Columns } from './columns.ts';
import { dateTime, lettersBy, timesOf } from './columns.ts';
import { auctionsPerGroup, coldPerson, eventsPerGroup, firstId, groupOf, priceOf } from './hashes.ts';

export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  /** In ms since the epoch. */
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

/** The events until an auction expires, at most. */
const longestEvents = 3333;

const fromHash = (hashes: ArrayLike<number>, make: (hash: number) => number): Columns[string] => {
  return () => ({ type: 'number', values: Float64Array.from(hashes, make) });
};

/** The columns of auctions. */
export const createAuctionColumns = (): Columns => ({
  id: ({ numbers }) => ({
    type: 'number',
    values: numbers.map(
      (event) => firstId + groupOf(event) * auctionsPerGroup + (event % eventsPerGroup) - 1,
    ),
  }),
  itemName: (events) => lettersBy(events.hash(3), 5, 20),
  description: (events) => lettersBy(events.hash(4), 20, 100),
  initialBid: (events, clock) => fromHash(events.hash(2), priceOf)(events, clock),
  reserve: (events) => {
    const [initial, more] = [events.hash(2), events.hash(5)];
    const values = Float64Array.from(initial, (hash, i) => priceOf(hash) + priceOf(more[i] as number));
    return { type: 'number', values };
  },
  dateTime,
  expires: (events, clock) => {
    const spanMs = Math.max(Math.floor((longestEvents * clock.numerator) / clock.denominator), 1);
    const hashes = events.hash(3);
    const values = timesOf(events, clock).map(
      (timeMs, i) => timeMs + 1 + (Math.floor((hashes[i] as number) / 4096) % spanMs),
    );
    return { type: 'number', values };
  },
  seller: (events) => {
    const hashes = events.hash(1);
    const values = events.numbers.map((event, i) => {
      const [hash, group] = [hashes[i] as number, groupOf(event)];
      return (
        firstId + (hash % 4 > 0 ? Math.floor(group / 100) * 100 : coldPerson(Math.floor(hash / 4), group))
      );
    });
    return { type: 'number', values };
  },
  category: (events, clock) => fromHash(events.hash(0), (hash) => 10 + (hash % 5))(events, clock),
  extra: (events) =>
    lettersBy(
      events.hash(0).map((hash) => Math.floor(hash / 5)),
      80,
      120,
    ),
});
