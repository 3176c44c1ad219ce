import {
  Batch,
  count,
  type Job,
  type KeyedProcessFunction,
  monotonousTimestamps,
  type Source,
  tumbling,
  type ValueState,
  valueState,
} from 'millrace';
import { blackhole } from 'millrace/connectors/blackhole';
import { generator } from 'millrace/connectors/generator';
import { hybrid } from 'millrace/connectors/hybrid';

interface Reading {
  readonly key: number;
}

const batchOf = (from: number, length: number): Batch => {
  const values = Float64Array.from({ length }, (_, i) => from + i);
  const times = new Float64Array(length).fill(1);
  return Batch.ofColumns({ names: ['key'], columns: [{ type: 'number', values }] }, times, length);
};

/** Each key once at full speed, and then hardly anything: what is measured behind it disturbs nobody. */
const eachOnce = (keys: number): Source<Reading> =>
  hybrid(
    generator<Reading>({ count: keys, generateBatch: batchOf }) as Source<Reading>,
    generator<Reading>({
      recordsPerSecond: 20,
      generateBatch: (_, length) => batchOf(0, length),
    }) as Source<Reading>,
  ) as Source<Reading>;

/** So many keys with a count each, in one window: typed state. */
export const settledCount =
  (keys: number): Job =>
  (env) => {
    env
      .fromSource(eachOnce(keys), monotonousTimestamps())
      .name('readings')
      .keyBy('key')
      .window(tumbling('1h'))
      .aggregate({ readings: count() })
      .name('counts')
      .sinkTo(blackhole())
      .name('sink');
  };

interface Visits {
  readonly user: number;
  readonly visits: number;
  readonly last: string;
  readonly amount: number;
}

const visits = valueState<Visits | null>('visits', { default: null });

class Remember implements KeyedProcessFunction<Reading, never, number> {
  private state: ValueState<Visits | null, Visits | null> | undefined;

  open(context: Parameters<NonNullable<KeyedProcessFunction<Reading, never, number>['open']>>[0]): void {
    this.state = context.state(visits);
  }

  process({ key }: Reading): void {
    this.state?.update({ user: key, visits: 1, last: 'somewhere else', amount: 0.5 });
  }
}

/** So many keys with an object of four fields each: state on the heap. */
export const settledObjects =
  (keys: number): Job =>
  (env) => {
    env
      .fromSource(eachOnce(keys))
      .name('readings')
      .keyBy(({ key }) => key)
      .process(new Remember())
      .name('visits')
      .sinkTo(blackhole())
      .name('sink');
  };
