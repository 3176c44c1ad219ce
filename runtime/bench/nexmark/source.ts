import { Batch, type Source } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { type Auction, createAuctionColumns } from './auctions.ts';
import { type Bid, createBidColumns } from './bids.ts';
import { type Columns, timesOf } from './columns.ts';
import { type EventClock, Events, eventsPerGroup } from './hashes.ts';
import { createPersonColumns, type Person } from './persons.ts';

/** What is read of the stream: its first events, and their time. */
export interface Stream {
  /** Of all three kinds. */
  readonly events: number;
  readonly clock: EventClock;
  /** By the wall clock; absent = as fast as they are taken. */
  readonly eventsPerSecond?: number;
}

/** Where in a group of events a kind stands: from `first` to `last`. */
interface Place {
  readonly first: number;
  readonly last: number;
}

/** Goes through the event numbers one by one, as reading a stream of all kinds would, and keeps those of one kind. */
const numbersOf = (place: Place, from: number, count: number): Float64Array => {
  const numbers = new Float64Array(count);
  let found = 0;
  let offset = from % eventsPerGroup;
  for (let event = from; event < from + count; event++) {
    if (offset >= place.first && offset <= place.last) {
      numbers[found] = event;
      found += 1;
    }
    offset = offset + 1 === eventsPerGroup ? 0 : offset + 1;
  }
  return numbers.subarray(0, found);
};

/** The events of one kind as a batch with some of its columns. */
const batchOf = (
  numbers: Float64Array,
  columns: Columns,
  names: readonly string[],
  clock: EventClock,
): Batch => {
  const events = new Events(numbers);
  const made = names.flatMap((name) => columns[name]?.(events, clock) ?? []);
  return Batch.ofColumns({ names, columns: made }, timesOf(events, clock), events.length);
};

const kindSource = <T>(stream: Stream, place: Place, columns: Columns): Source<T> => {
  const all = Object.keys(columns);
  return generator<T>({
    count: stream.events,
    ...(stream.eventsPerSecond === undefined ? {} : { recordsPerSecond: stream.eventsPerSecond }),
    generateBatch: (from, count, fields = all) => {
      const names = all.filter((name) => fields.includes(name));
      return batchOf(numbersOf(place, from, count), columns, names, stream.clock);
    },
  });
};

/** The persons of a stream: computes the columns that the job reads, and no others. Event time is `dateTime`. */
export const persons = (stream: Stream): Source<Person> =>
  kindSource(stream, { first: 0, last: 0 }, createPersonColumns());

/** The auctions of a stream. */
export const auctions = (stream: Stream): Source<Auction> =>
  kindSource(stream, { first: 1, last: 3 }, createAuctionColumns());

/** The bids of a stream. */
export const bids = (stream: Stream): Source<Bid> =>
  kindSource(stream, { first: 4, last: eventsPerGroup - 1 }, createBidColumns());
