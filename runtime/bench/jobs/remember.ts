import { Batch, type Job, type KeyedProcessFunction, type ValueState, valueState } from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';

interface Visit {
  readonly key: number;
}

/** What is remembered of a key. */
interface Visitor {
  count: number;
  readonly profile: string;
}

/** Keeps an object of some size a key, and changes it with every record. */
const remember = (profileBytes: number): KeyedProcessFunction<number, Visit, number> => {
  let visitor: ValueState<Visitor | undefined>;
  return {
    open(context) {
      visitor = context.state(valueState<Visitor>('visitor'));
    },
    process({ key }, _context, output) {
      const known = visitor.value() ?? { count: 0, profile: `${key}`.padStart(profileBytes, '.') };
      known.count += 1;
      visitor.update(known);
      output.emit(known.count);
    },
  };
};

/** Visits of so many keys, uniformly and in random order. */
const job: Job = (env, { records = '1000000', keys = '100000', profileBytes = '100' }) =>
  env
    .fromSource(
      generator<Visit>({
        count: Number(records),
        generateBatch: (from, length) => {
          const rows = Array.from({ length }, (_, i) => ({
            key: (Math.imul(from + i, 0x9e3779b1) >>> 0) % Number(keys),
          }));
          return Batch.ofRows(rows, new Float64Array(length).fill(Number.NaN));
        },
      }),
    )
    .keyBy('key')
    .process(remember(Number(profileBytes)))
    .sinkTo(blackhole());
export default job;
