import {
  count,
  type Job,
  type KeyedProcessFunction,
  monotonousTimestamps,
  tumbling,
  type ValueState,
  valueState,
} from 'millrace';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';

interface Reading {
  readonly key: string;
  readonly time: number;
  readonly value: number;
}

const readingAt = (index: number): Reading => ({
  key: `sensor-${(index * 7919) % 10_000}`,
  time: index,
  value: index % 100,
});

/** Keeps a sum of each key, and tells one in twenty. */
const sums = (): KeyedProcessFunction<string, Reading, { key: string; sum: number }> => {
  let sum: ValueState<number>;
  return {
    open(context) {
      sum = context.state(valueState<number>('sum'));
    },
    process({ key, value }, _context, output) {
      const next = (sum.value() ?? 0) + value;
      sum.update(next);
      if (next % 20 === 0) output.emit({ key, sum: next });
    },
  };
};

/** What a small job of a cluster is like: ten thousand keys, a window and a state, two sinks. */
const job: Job = (env, { rate = '5000', output = '.' }) => {
  const readings = env.fromSource(
    generator<Reading>({ count: 1e9, recordsPerSecond: Number(rate), splits: 4, generate: readingAt }),
    monotonousTimestamps<Reading>().withTimestamps('time'),
  );
  readings
    .keyBy('key')
    .window(tumbling(5000))
    .aggregate({ count: count() })
    .sinkTo(fileSink({ directory: `${output}/windows`, format: 'ndjson', roll: { interval: '1s' } }));
  readings
    .keyBy('key')
    .process(sums())
    .sinkTo(fileSink({ directory: `${output}/sums`, format: 'ndjson', roll: { interval: '1s' } }));
};
export default job;
