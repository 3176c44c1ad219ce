import { Batch, type Job, monotonousTimestamps, type Source, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { createCounting, type Reading } from '../counting.ts';
import { measureJob } from '../measure-job.ts';
import type { Scenario } from '../scenario.ts';

const startMs = 1_700_000_000_000;

/** Objects in random order of their keys, `recordsPerEventSecond` of them in a second of event time. */
const readings = (count: number, keys: number, recordsPerEventSecond: number, shift = 0): Source<Reading> =>
  generator<Reading>({
    count,
    generateBatch: (from, length) => {
      const rows = new Array<Reading>(length);
      const times = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const index = from + i;
        rows[i] = { key: (Math.imul(index + shift, 0x9e3779b1) >>> 0) % keys, value: index };
        times[i] = startMs + Math.floor((index * 1000) / recordsPerEventSecond);
      }
      return Batch.ofRows(rows, times);
    },
  });

const processJob =
  (count: number): Job =>
  (env) =>
    env
      .fromSource(readings(count, 100_000, 100_000), monotonousTimestamps())
      .keyBy('key')
      .process(createCounting())
      .sinkTo(blackhole());

/** Both sides have every key about once in a window. */
const joinJob =
  (count: number): Job =>
  (env) => {
    const left = env.fromSource(readings(count / 2, 100_000, 10_000), monotonousTimestamps(), {
      name: 'left',
    });
    const right = env.fromSource(readings(count / 2, 100_000, 10_000, 7), monotonousTimestamps(), {
      name: 'right',
    });
    left
      .join(right)
      .where('key')
      .equalTo('key')
      .window(tumbling('10s'))
      .apply((first, second) => ({ key: first.key, sum: first.value + second.value }))
      .sinkTo(blackhole());
  };

/** Functions of the author's own with keyed state. */
export const statefulScenarios: readonly Scenario[] = [
  {
    name: 'window-join',
    title:
      'join of 1 million with 1 million objects in tumbling windows of 10 s, 100,000 keys, about one pair a record',
    subject: () => measureJob(joinJob, 2_000_000),
    bars: [{ figure: 'recordsPerCpuSecond', atLeast: 800_000 }],
  },
  {
    name: 'keyed-process',
    title: 'KeyedProcessFunction over 100,000 keys: a ValueState and, every 10 records of a key, a timer',
    subject: () => measureJob(processJob, 5_000_000),
    bars: [{ figure: 'recordsPerCpuSecond', atLeast: 1e6 }],
  },
];
