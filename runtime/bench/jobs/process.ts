import { Batch, type Job, monotonousTimestamps } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { createCounting } from '../counting.ts';

const keys = 100_000;

/** An opaque function with state and timers behind an exchange of records of two numbers. */
const job: Job = (env, { records = '1000000' }) =>
  env
    .fromSource(
      generator<{ readonly key: number; readonly value: number }>({
        count: Number(records),
        generateBatch: (from, length) => {
          const rows = Array.from({ length }, (_, i) => ({
            key: (Math.imul(from + i, 0x9e3779b1) >>> 0) % keys,
            value: from + i,
          }));
          const times = Float64Array.from(rows, ({ value }) => Math.floor(value / 100));
          return Batch.ofRows(rows, times);
        },
      }),
      monotonousTimestamps(),
    )
    .keyBy('key')
    .process(createCounting())
    .sinkTo(blackhole());
export default job;
