/** The job that figures are taken of: how often each of 10,000 keys has come, told for every record; it never ends. */
import { appendFileSync } from 'node:fs';
import { type Job, type KeyedProcessFunction, type ValueState, valueState } from 'millrace';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';

interface Input {
  readonly id: number;
  readonly key: number;
}

const keys = 10_000;
const shortestGapMs = 5;

const countByKey = (): KeyedProcessFunction<number, Input, { id: number; count: number }> => {
  let seen: ValueState<number>;
  return {
    open(context) {
      seen = context.state(valueState<number>('seen'));
    },
    process({ id }, _context, output) {
      const count = (seen.value() ?? 0) + 1;
      seen.update(count);
      output.emit({ id, count });
    },
  };
};

/** Writes down moments at which a record came, but few of them. */
const noteMoments = <T>(file: string): ((record: T) => T) => {
  let last = 0;
  return (record) => {
    const now = Date.now();
    if (now - last >= shortestGapMs) {
      appendFileSync(file, `${now}\n`);
      last = now;
    }
    return record;
  };
};

const job: Job = (env, { rate = '5000', moments = 'moments', output = '.' }) => {
  env
    .fromSource(
      generator<Input>({
        recordsPerSecond: Number(rate),
        splits: 4,
        generate: (id) => ({ id, key: id % keys }),
      }),
    )
    .keyBy('key')
    .process(countByKey())
    .map(noteMoments(moments))
    .sinkTo(fileSink({ directory: `${output}/counts`, format: 'ndjson', roll: { interval: '1s' } }));
};
export default job;
