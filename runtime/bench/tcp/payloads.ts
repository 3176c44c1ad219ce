import { Batch } from 'millrace';

const batchLength = 2048;

/** What is sent, and what the receiver does with it so that it counts as received. */
export interface Payload {
  /** Batch number `index`. */
  make(index: number): Batch;
  consume(batch: Batch): number;
}

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly dateTime: number;
}

const unknownTimes = (): Float64Array => new Float64Array(batchLength).fill(Number.NaN);

const bid = (index: number): Bid => {
  const hash = Math.imul(index, 0x9e3779b1) >>> 0;
  return {
    auction: hash % 10_000,
    bidder: hash % 1000,
    price: hash % 1_000_000,
    channel: index % 2 === 0 ? 'Google' : 'Facebook',
    dateTime: index,
  };
};

/** Objects of four numbers and a text, which are objects again at the other end. */
const objects: Payload = {
  make: (index) =>
    Batch.ofRows(
      Array.from({ length: batchLength }, (_, i) => bid(index * batchLength + i)),
      unknownTimes(),
    ),
  consume: (batch) => {
    let sum = 0;
    const rows = batch.rows() as readonly Bid[];
    for (let i = 0; i < batch.length; i++) sum += (rows[i] as Bid).price + (rows[i] as Bid).channel.length;
    return sum;
  },
};

/** Four columns of numbers with fractions: 40 bytes a record with its timestamp. */
const columns: Payload = {
  make: (index) => {
    const names = ['a', 'b', 'c', 'd'];
    const set = {
      names,
      columns: names.map((_, column) => ({
        type: 'number' as const,
        values: new Float64Array(batchLength).fill(index + column + 0.5),
        marks: undefined,
      })),
    };
    return Batch.ofColumns(set, new Float64Array(batchLength).fill(index), batchLength);
  },
  consume: (batch) => {
    const [column] = batch.columns()?.columns ?? [];
    return column?.type === 'number' ? (column.values[0] as number) : Number.NaN;
  },
};

export const payloads = { objects, columns };
export type PayloadName = keyof typeof payloads;

export const recordsOf = (batches: number): number => batches * batchLength;
/** Of one batch of columns, as it lies in memory without timestamps. */
export const columnBytes: number = 4 * 8 * batchLength;
