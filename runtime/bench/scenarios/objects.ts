import type { DataStream, Job } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { measureJob, measureLoop } from '../measure-job.ts';
import type { Scenario } from '../scenario.ts';
import { bidPool, poolMask, poolSource } from './bids.ts';

const records = 20_000_000;
/** How many results the loop holds before it throws them away: as many as a batch of the engine. */
const held = 2048;

interface Offer {
  readonly auction: number;
  readonly bidder: number;
  readonly euros: number;
}
interface Priced {
  readonly auction: number;
  readonly price: number;
}

const mapFilterMap =
  (pool = bidPool()) =>
  (count: number): Job =>
  (env) =>
    env
      .fromSource(poolSource(pool, count))
      .map((bid): Offer => ({ auction: bid.auction, bidder: bid.bidder, euros: bid.price * 0.908 }))
      .filter((offer) => offer.euros > 100_000)
      .map((offer) => ({
        auction: offer.auction,
        bidder: offer.bidder,
        cents: Math.round(offer.euros * 100),
      }))
      .sinkTo(blackhole());

const fusedLoop =
  (pool = bidPool()) =>
  (count: number): unknown => {
    const results = new Array<unknown>(held);
    let position = 0;
    for (let i = 0; i < count; i++) {
      const bid = pool[i & poolMask];
      if (bid === undefined) continue;
      const euros = bid.price * 0.908;
      if (!(euros > 100_000)) continue;
      results[position] = { auction: bid.auction, bidder: bid.bidder, cents: Math.round(euros * 100) };
      position = (position + 1) & (held - 1);
    }
    return results;
  };

const eightMaps =
  (pool = bidPool()) =>
  (count: number): Job =>
  (env) => {
    const first: DataStream<Priced> = env
      .fromSource(poolSource(pool, count))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 1 }));
    first
      .map((bid) => ({ auction: bid.auction, price: bid.price + 2 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 3 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 4 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 5 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 6 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 7 }))
      .map((bid) => ({ auction: bid.auction, price: bid.price + 8 }))
      .sinkTo(blackhole());
  };

/** Stateless closures over objects from memory. */
export const objectScenarios: readonly Scenario[] = [
  {
    name: 'map-filter-map',
    title: 'map, filter and map by closures over objects of four fields from memory',
    subject: () => measureJob(mapFilterMap(), records),
    baseline: {
      name: 'the same as one hand-written loop that keeps its last 2048 results',
      part: () => measureLoop(fusedLoop(), records),
    },
    bars: [
      { figure: 'recordsPerCpuSecond', atLeast: 15e6 },
      { figure: 'ratio', atLeast: 0.5 },
    ],
  },
  {
    name: 'eight-maps',
    title: 'eight chained maps by closures, each of which makes an object of two fields',
    subject: () => measureJob(eightMaps(), records),
    bars: [{ figure: 'recordsPerCpuSecond', atLeast: 10e6 }],
  },
];
