import { Batch, count, type Job, monotonousTimestamps, tumbling } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';

/**
 * A count over integer keys in one window that ends with the input: all keys are state until then. The first pass makes every key,
 * and `changed` of them are counted on behind it, evenly spread.
 */
export const storedCount =
  (records: number, keys: number, changed: number): Job =>
  (env) => {
    env
      .fromSource(
        generator<{ readonly key: number }>({
          count: records,
          generateBatch: (from, length) => {
            const values = new Float64Array(length);
            const times = new Float64Array(length);
            const step = Math.max(1, Math.floor(keys / changed));
            for (let i = 0; i < length; i++) {
              const at = from + i;
              values[i] = at < keys ? at : (((Math.imul(at, 0x9e3779b1) >>> 0) % changed) * step) % keys;
              times[i] = 1;
            }
            return Batch.ofColumns({ names: ['key'], columns: [{ type: 'number', values }] }, times, length);
          },
        }),
        monotonousTimestamps(),
      )
      .keyBy('key')
      .window(tumbling('1h'))
      .aggregate({ readings: count() })
      .sinkTo(blackhole());
  };
