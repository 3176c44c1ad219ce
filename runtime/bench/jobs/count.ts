import { Batch, count, type Job, monotonousTimestamps, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';

const keys = 10_000;

/** A built-in count in windows of 10 s over integer keys in columns: what can be counted before the exchange. */
const job: Job = (env, { records = '1000000' }) =>
  env
    .fromSource(
      generator<{ readonly key: number }>({
        count: Number(records),
        generateBatch: (from, length) => {
          const values = new Float64Array(length);
          const times = new Float64Array(length);
          for (let i = 0; i < length; i++) {
            values[i] = (Math.imul(from + i, 0x9e3779b1) >>> 0) % keys;
            times[i] = Math.floor((from + i) / 100);
          }
          return Batch.ofColumns({ names: ['key'], columns: [{ type: 'number', values }] }, times, length);
        },
      }),
      monotonousTimestamps(),
    )
    .keyBy('key')
    .window(tumbling('10s'))
    .aggregate({ readings: count() })
    .sinkTo(blackhole());
export default job;
