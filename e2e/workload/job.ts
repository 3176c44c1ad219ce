import { appendFileSync } from 'node:fs';
import {
  count,
  type Job,
  type KeyedProcessFunction,
  listState,
  monotonousTimestamps,
  sum,
  tumbling,
  type ValueState,
  valueState,
} from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';
import { sqliteSink } from 'millrace/connectors/sqlite';
import { type Input, inputAt, isPoison, tellEvery, windowMs } from './records.ts';

const shortestGapMs = 10;
const ballastCharacters = 100;

/** Tells of every few records of a key which one it is. */
const tellCounts = (): KeyedProcessFunction<string, Input, { key: string; count: number }> => {
  let seen: ValueState<number>;
  return {
    open(context) {
      seen = context.state(valueState<number>('seen'));
    },
    process({ key }, _context, output) {
      const next = (seen.value() ?? 0) + 1;
      seen.update(next);
      if (next % tellEvery === 0) output.emit({ key, count: next });
    },
  };
};

/** The same with state that is no such state any more: nothing that the job has written fits it. */
const tellOtherwise = (): KeyedProcessFunction<string, Input, { key: string; count: number }> => ({
  open(context) {
    context.state(listState<number>('seen'));
  },
  process() {},
});

/** Keeps a text for each key. */
const keepText = (): KeyedProcessFunction<number, { readonly key: number }, never> => {
  let text: ValueState<string>;
  return {
    open(context) {
      text = context.state(valueState<string>('text'));
    },
    process({ key }) {
      text.update(`${key}`.padEnd(ballastCharacters, '.'));
    },
  };
};

/** From some record on it keeps much of everything. */
const refusePoison = (hoardFrom: number): ((record: Input) => Input) => {
  const hoard: unknown[] = [];
  return (record) => {
    if (isPoison(record.index)) throw new Error(`record ${record.index} is poison`);
    if (record.index >= hoardFrom) hoard.push(Array.from({ length: 20_000 }, (_, i) => ({ i })));
    return record;
  };
};

/** Writes down when the first record came, and every time that nothing came for a while: from when to when. */
const noteTimes = <T>(file: string): ((record: T) => T) => {
  let last: number | undefined;
  return (record) => {
    const now = Date.now();
    if (file !== '' && (last === undefined || now - last >= shortestGapMs))
      appendFileSync(file, `${last ?? 'begins'} ${now}\n`);
    last = now;
    return record;
  };
};

/** Writes down moments at which a record came, but few of them. */
const noteMoments = <T>(file: string): ((record: T) => T) => {
  let last = 0;
  return (record) => {
    const now = Date.now();
    if (file !== '' && now - last >= shortestGapMs) {
      appendFileSync(file, `${now}\n`);
      last = now;
    }
    return record;
  };
};

const job: Job = (
  env,
  {
    records = '1000',
    rate = '1000',
    hoardFrom = 'Infinity',
    times = '',
    moments = '',
    state = 'value',
    ballast = '0',
    output = '.',
  },
) => {
  const source = generator<Input>({
    count: Number(records),
    recordsPerSecond: Number(rate),
    splits: 4,
    generate: inputAt,
  });
  const good = env
    .fromSource(source, monotonousTimestamps<Input>().withTimestamps('time'))
    .map(refusePoison(Number(hoardFrom)));
  good
    .keyBy('key')
    .window(tumbling(windowMs))
    .aggregate({ count: count(), sum: sum('index') })
    .sinkTo(fileSink({ directory: `${output}/windows`, format: 'ndjson', roll: { interval: '1s' } }));
  good
    .keyBy('key')
    .process(state === 'value' ? tellCounts() : tellOtherwise())
    .map(noteTimes(times))
    .map(noteMoments(moments))
    .sinkTo(sqliteSink({ file: `${output}/counts.sqlite`, table: 'counts', key: [] }));
  // State that has to be there again before anything goes on, and that nothing comes out of.
  if (ballast !== '0')
    env
      .fromSource(
        generator({ count: Number(ballast), recordsPerSecond: 100_000, generate: (key) => ({ key }) }),
      )
      .name('ballast')
      .keyBy('key')
      .process(keepText())
      .name('kept')
      .sinkTo(blackhole());
};
export default job;
