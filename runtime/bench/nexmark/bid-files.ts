import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, Sink } from 'millrace';
import { runToEnd } from '../measure-job.ts';
import type { Bid } from './bids.ts';
import { eventsPerGroup, measuredClock } from './hashes.ts';
import { bids } from './source.ts';

export type BidFormat = 'ndjson' | 'csv';

/** How many bids a file holds. */
export const bidsInFile = 1_150_000;
const bidsPerGroup = 46;
const header = 'auction,bidder,price,channel,url,dateTime,extra\n';

const lineOf = (format: BidFormat, bid: Bid): string =>
  format === 'ndjson' ? JSON.stringify(bid) : Object.values(bid).join(',');

/** Writes lines to an open file, without the guarantees of a real sink. */
const lines = (descriptor: number, format: BidFormat): Sink<Bid> => ({
  kind: 'lines',
  delivery: 'none',
  createWriter: () => ({
    write: (batch) => {
      const text = batch.rows().map((bid) => `${lineOf(format, bid as Bid)}\n`);
      writeSync(descriptor, text.join(''));
    },
    flush: () => {},
    close: () => {},
  }),
});

export const bidFile = (format: BidFormat): string =>
  join(tmpdir(), 'millrace-bench', `bids-${bidsInFile}.${format}`);

/** Makes the file of bids if an earlier run has not left it. */
export const prepareBidFile = async (format: BidFormat): Promise<void> => {
  const path = bidFile(format);
  if (existsSync(path)) return;
  mkdirSync(join(path, '..'), { recursive: true });
  const partial = `${path}.${process.pid}`;
  const descriptor = openSync(partial, 'w');
  if (format === 'csv') writeSync(descriptor, header);
  const events = (bidsInFile / bidsPerGroup) * eventsPerGroup;
  const job: Job = (env) =>
    env.fromSource(bids({ events, clock: measuredClock })).sinkTo(lines(descriptor, format));
  await runToEnd(job);
  closeSync(descriptor);
  renameSync(partial, path);
};
