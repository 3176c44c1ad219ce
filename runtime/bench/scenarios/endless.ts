import { Batch, count, type Job, monotonousTimestamps, type Sink, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { createCounting } from '../counting.ts';
import { measureWhile } from '../measure-while.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const startMs = 1_700_000_000_000;

/** Twenty thousand keys are alive at a time, and every key is gone after a while: state must be given back. */
const endlessJob =
  (onBatch: (records: number) => void): Job =>
  (env) => {
    const readings = env.fromSource(
      generator<{ readonly key: number; readonly value: number }>({
        generateBatch: (from, length) => {
          const keys = new Float64Array(length);
          const values = new Float64Array(length);
          const times = new Float64Array(length);
          for (let i = 0; i < length; i++) {
            const index = from + i;
            keys[i] = Math.floor(index / 100) + ((Math.imul(index, 0x9e3779b1) >>> 0) % 20_000);
            values[i] = index;
            times[i] = startMs + index / 10;
          }
          onBatch(length);
          const columns = [
            { type: 'number', values: keys },
            { type: 'number', values },
          ] as const;
          return Batch.ofColumns({ names: ['key', 'value'], columns }, times, length);
        },
      }),
      monotonousTimestamps(),
    );
    readings.keyBy('key').window(tumbling('10s')).aggregate({ readings: count() }).sinkTo(blackhole());
    readings.keyBy('key').process(createCounting()).sinkTo(blackhole());
  };

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

const endless = async (seconds: number): Promise<Measurement> => {
  let records = 0;
  const samples: { readonly afterSeconds: number; readonly rss: number }[] = [];
  const job = endlessJob((length) => {
    records += length;
  });
  const measurement = await measureWhile(
    job,
    seconds,
    seconds / 200,
    (afterSeconds) => samples.push({ afterSeconds, rss: process.memoryUsage.rss() }),
    () => records,
  );
  const around = (from: number, to: number): number =>
    median(
      samples
        .filter(({ afterSeconds }) => afterSeconds >= from * seconds && afterSeconds <= to * seconds)
        .map(({ rss }) => rss),
    );
  const early = around(0.175, 0.225);
  const late = around(0.95, 1.01);
  return {
    ...measurement,
    figures: { rssGrowth: late / early, earlyRssMiB: early / 2 ** 20, lateRssMiB: late / 2 ** 20 },
  };
};

interface Tick {
  readonly key: number;
  readonly dueMs: number;
}
const ticksPerSecond = 10_000;

/** How long after it was due each record reached the sink; the first second warms up. */
const latencySink = (latencies: number[], firstDueMs: number): Sink<{ readonly dueMs: number }> => ({
  kind: 'latency',
  delivery: 'none',
  createWriter: () => ({
    write: (batch) => {
      const nowMs = performance.now();
      for (const row of batch.rows()) {
        const { dueMs } = row as { readonly dueMs: number };
        if (dueMs >= firstDueMs) latencies.push(nowMs - dueMs);
      }
    },
    flush: () => {},
    close: () => {},
  }),
});

const latency = async (seconds: number): Promise<Measurement> => {
  const latencies: number[] = [];
  let records = 0;
  const originMs = performance.now();
  const startAt = { ms: 0 };
  const job: Job = (env) =>
    env
      .fromSource(
        generator<Tick>({
          recordsPerSecond: ticksPerSecond,
          generate: (index) => {
            if (index === 0) startAt.ms = performance.now();
            records = index + 1;
            return { key: index % 1000, dueMs: startAt.ms + (index * 1000) / ticksPerSecond };
          },
        }),
      )
      .map((tick) => ({ key: tick.key, dueMs: tick.dueMs }))
      .keyBy('key')
      .reduce((_last, tick) => tick)
      .sinkTo(latencySink(latencies, originMs + 2000));
  const measurement = await measureWhile(
    job,
    seconds,
    seconds,
    () => {},
    () => records,
  );
  const sorted = latencies.toSorted((left, right) => left - right);
  const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    ...measurement,
    figures: {
      latencyP50Ms: quantile(0.5),
      latencyP99Ms: quantile(0.99),
      latencyMaximumMs: quantile(0.999_999),
    },
  };
};

const endlessTitle = 'windows and timers over keys that come and go, at full speed';

/** Jobs that do not end: whether memory stays, and how late records are. */
export const endlessScenarios: readonly Scenario[] = [
  {
    name: 'latency-10k',
    title: 'map, keyBy and reduce at 10,000 records a second: time from when a record is due to the sink',
    subject: () => latency(10),
    bars: [{ figure: 'latencyP99Ms', atMost: 10 }],
  },
  {
    name: 'endless-15-seconds',
    title: `${endlessTitle}, for 15 s: resident memory after 3 s and at the end`,
    subject: () => endless(15),
    bars: [],
  },
  {
    name: 'endless-10-minutes',
    title: `${endlessTitle}, for 10 minutes: resident memory after 2 minutes and at the end`,
    subject: () => endless(600),
    bars: [{ figure: 'rssGrowth', atMost: 1.05 }],
    onlyByName: true,
  },
];
