import { Batch, type Job } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly dateTime: number;
}

/** Objects of four numbers and a text dealt out by key, half of them to the other thread, where they are objects again. */
const job: Job = (env, { records = '1000000' }) =>
  env
    .fromSource(
      generator<Bid>({
        count: Number(records),
        generateBatch: (from, length) => {
          const rows = Array.from({ length }, (_, i): Bid => {
            const index = from + i;
            const hash = Math.imul(index, 0x9e3779b1) >>> 0;
            return {
              auction: hash % 10_000,
              bidder: hash % 1000,
              price: hash % 1_000_000,
              channel: index % 2 === 0 ? 'Google' : 'Facebook',
              dateTime: index,
            };
          });
          return Batch.ofRows(rows, new Float64Array(length).fill(Number.NaN));
        },
      }),
    )
    .keyBy((bid) => bid.auction)
    .map((bid) => bid.price + bid.channel.length)
    .sinkTo(blackhole());
export default job;
