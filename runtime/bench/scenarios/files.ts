import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { count, type DataStream, type Job, monotonousTimestamps, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { files } from 'millrace/connectors/files';
import { measure, measureJob } from '../measure-job.ts';
import { type BidFormat, bidFile, bidsInFile, prepareBidFile } from '../nexmark/bid-files.ts';
import type { Bid } from '../nexmark/bids.ts';
import { flinkFileCosts } from '../nexmark/flink.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const csvTypes = { auction: 'number', bidder: 'number', price: 'number', dateTime: 'number' } as const;
const windowMs = 10_000;

const byFields = (format: BidFormat) => (): Job => (env) =>
  env
    .fromSource(
      files<Bid>({ path: bidFile(format), format, ...(format === 'csv' ? { types: csvTypes } : {}) }),
      monotonousTimestamps().withTimestamps<Bid>('dateTime'),
    )
    .keyBy('auction')
    .window(tumbling(windowMs))
    .aggregate({ bids: count() })
    .sinkTo(blackhole());

const byClosures = (): Job => (env) => {
  const bids: DataStream<Bid> = env.fromSource(
    files<Bid>({ path: bidFile('ndjson'), format: 'ndjson' }),
    monotonousTimestamps().withTimestamps((bid: Bid) => bid.dateTime),
  );
  bids
    .keyBy((bid) => bid.auction)
    .window(tumbling(windowMs))
    .aggregate({ create: () => 0, add: (bidsSoFar) => bidsSoFar + 1, result: (bidsSoFar) => bidsSoFar })
    .sinkTo(blackhole());
};

/** Calls `take` for each line of a file. */
const eachLine = (path: string, take: (line: string) => void): void => {
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(2 ** 20);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (;;) {
    const length = readSync(descriptor, chunk);
    if (length === 0) break;
    const lines = (rest + decoder.write(chunk.subarray(0, length))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
  closeSync(descriptor);
};

/** What a person would write in an hour: parse every line, count in a map, start anew with each window. */
const parseLoop = (): number => {
  let counts = new Map<number, number>();
  let windowEnd = 0;
  let results = 0;
  eachLine(bidFile('ndjson'), (line) => {
    const bid = JSON.parse(line) as Bid;
    if (bid.dateTime >= windowEnd) {
      results += counts.size;
      counts = new Map();
      windowEnd = (Math.floor(bid.dateTime / windowMs) + 1) * windowMs;
    }
    counts.set(bid.auction, (counts.get(bid.auction) ?? 0) + 1);
  });
  return results + counts.size;
};

/** The whole file, after the whole file. */
const read = (create: () => Job): Promise<Measurement> => measureJob(create, bidsInFile, bidsInFile);

/** Reading files into a window. */
export const fileScenarios: readonly Scenario[] = [
  {
    name: 'ndjson-fields',
    title: 'NDJSON file of bids, declared fields, count in tumbling windows of 10 s by auction',
    prepare: () => prepareBidFile('ndjson'),
    subject: () => read(byFields('ndjson')),
    baseline: {
      name: 'a loop of JSON.parse and a Map',
      part: async () => {
        parseLoop();
        return measure(bidsInFile, () => void parseLoop());
      },
    },
    bars: [
      { figure: 'recordsPerCpuSecond', atLeast: 1.5e6 },
      { figure: 'ratio', atLeast: 2 },
    ],
  },
  {
    name: 'ndjson-closures',
    title: 'the same file through closures that the planner cannot read: every field is parsed',
    prepare: () => prepareBidFile('ndjson'),
    subject: () => read(byClosures),
    baseline: { name: 'Flink 2.3', cpuSecondsPerMillion: flinkFileCosts.ndjson },
    bars: [{ figure: 'recordsPerCpuSecond', atLeast: 0.5e6 }],
  },
  {
    name: 'csv-fields',
    title: 'CSV file of bids, declared fields, count in tumbling windows of 10 s by auction',
    prepare: () => prepareBidFile('csv'),
    subject: () => read(byFields('csv')),
    baseline: { name: 'Flink 2.3', cpuSecondsPerMillion: flinkFileCosts.csv },
    bars: [{ figure: 'recordsPerCpuSecond', atLeast: 2e6 }],
  },
];
