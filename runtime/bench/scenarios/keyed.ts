import {
  Batch,
  count,
  type Job,
  monotonousTimestamps,
  type Source,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
} from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { type MemoryProbe, measureJob } from '../measure-job.ts';
import type { Bar, Measured, Part, Scenario } from '../scenario.ts';

interface Keyed<K> {
  readonly key: K;
}

/** A spread of the numbers below 2^32 that is cheap to make and visits all keys evenly. */
const scatter = (index: number): number => Math.imul(index, 0x9e3779b1) >>> 0;
const startMs = 1_700_000_000_000;

/** The table of texts has this size in every run, so that it does not count as state. */
const mostKeys = 1_000_000;

interface Load {
  readonly keys: number;
  readonly recordsPerEventSecond: number;
  readonly records: number;
}

const timesOf = (from: number, length: number, load: Load): Float64Array => {
  const times = new Float64Array(length);
  const msPerRecord = 1000 / load.recordsPerEventSecond;
  for (let i = 0; i < length; i++) times[i] = startMs + Math.floor((from + i) * msPerRecord);
  return times;
};

/** Looks at the memory of the process when the last batch is made: all keys of the last window are there. */
const lookAtEnd = (load: Load, probe: MemoryProbe, from: number, length: number): void => {
  if (from + length >= load.records) probe.look();
};

/** Records of one integer field, in columns. */
const numberKeys = (load: Load, probe: MemoryProbe): Source<Keyed<number>> =>
  generator<Keyed<number>>({
    count: load.records,
    generateBatch: (from, length) => {
      const values = new Float64Array(length);
      for (let i = 0; i < length; i++) values[i] = scatter(from + i) % load.keys;
      lookAtEnd(load, probe, from, length);
      return Batch.ofColumns(
        { names: ['key'], columns: [{ type: 'number', values }] },
        timesOf(from, length, load),
        length,
      );
    },
  });

const textLength = 10;

/** The decimal digits of every key, one key after the other: a column can show any of them without copying. */
const keyTexts = (keys: number): Uint8Array => {
  const bytes = new Uint8Array(keys * textLength);
  for (let key = 0; key < keys; key++) {
    let rest = key;
    for (let digit = textLength - 1; digit >= 0; digit--) {
      bytes[key * textLength + digit] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return bytes;
};

/** Records of one field of ten ASCII characters, in a column of bytes as a scanner of files makes it. */
const textKeys = (load: Load, probe: MemoryProbe): Source<Keyed<string>> => {
  const bytes = keyTexts(mostKeys);
  return generator<Keyed<string>>({
    count: load.records,
    generateBatch: (from, length) => {
      const offsets = new Int32Array(length);
      for (let i = 0; i < length; i++) offsets[i] = (scatter(from + i) % load.keys) * textLength;
      lookAtEnd(load, probe, from, length);
      const lengths = new Int32Array(length).fill(textLength);
      return Batch.ofColumns(
        { names: ['key'], columns: [{ type: 'text', bytes, offsets, lengths }] },
        timesOf(from, length, load),
        length,
      );
    },
  });
};

type CreateSource = (load: Load, probe: MemoryProbe) => Source<Keyed<number | string>>;

const countJob =
  (source: Source<Keyed<number | string>>, window: WindowAssigner): Job =>
  (env) =>
    env
      .fromSource(source, monotonousTimestamps())
      .keyBy('key')
      .window(window)
      .aggregate({ count: count() })
      .sinkTo(blackhole());

const windowed =
  (load: Load, source: CreateSource, window: WindowAssigner): Part =>
  () =>
    measureJob((records, probe) => countJob(source({ ...load, records }, probe), window), load.records);

/** Bytes of resident memory for each key more than the small run had. */
const bytesPerKey =
  (keys: number, smallKeys: number) =>
  ({ subject, small }: Measured): Readonly<Record<string, number>> => {
    if (subject?.stateRssBytes === undefined || small?.stateRssBytes === undefined) return {};
    return { bytesPerKey: (subject.stateRssBytes - small.stateRssBytes) / (keys - smallKeys) };
  };

const atLeast = (recordsPerCpuSecond: number): Bar => ({
  figure: 'recordsPerCpuSecond',
  atLeast: recordsPerCpuSecond,
});

const few = { keys: 10_000, recordsPerEventSecond: 10_000, records: 12_000_000 };
/** Windows of four million records, so that a window holds every one of a million keys. */
const many = { keys: mostKeys, recordsPerEventSecond: 400_000, records: 8_000_000 };
const sameWithFewKeys = { ...many, keys: few.keys };

/** Windows with a built-in count over keys in columns. */
export const keyedScenarios: readonly Scenario[] = [
  {
    name: 'count-10k-integers',
    title: 'count in tumbling windows of 10 s (100,000 records) over 10,000 integer keys',
    subject: windowed(few, numberKeys, tumbling('10s')),
    bars: [atLeast(5e6)],
  },
  {
    name: 'count-1m-integers',
    title: 'count in tumbling windows of 10 s (4 million records) over 1 million integer keys',
    subject: windowed(many, numberKeys, tumbling('10s')),
    small: windowed(sameWithFewKeys, numberKeys, tumbling('10s')),
    figures: bytesPerKey(many.keys, few.keys),
    bars: [atLeast(1.5e6), { figure: 'bytesPerKey', atMost: 64 }],
  },
  {
    name: 'count-1m-texts',
    title: 'count in tumbling windows of 10 s (4 million records) over 1 million keys of 10 characters',
    subject: windowed(many, textKeys, tumbling('10s')),
    small: windowed(sameWithFewKeys, textKeys, tumbling('10s')),
    figures: bytesPerKey(many.keys, few.keys),
    bars: [atLeast(0.8e6), { figure: 'bytesPerKey', atMost: 120 }],
  },
  {
    name: 'hop-10k-integers',
    title: 'count in hopping windows of 10 s every 2 s over 10,000 integer keys',
    subject: windowed(few, numberKeys, sliding('10s', '2s')),
    bars: [atLeast(3e6)],
  },
  {
    name: 'session-100k-integers',
    title:
      'count in sessions with a gap of 10 s over 100,000 integer keys, each seen every 5 s of event time on average',
    subject: windowed(
      { keys: 100_000, recordsPerEventSecond: 20_000, records: 4_000_000 },
      numberKeys,
      session('10s'),
    ),
    bars: [atLeast(1e6)],
  },
];
