import {
  count,
  type DataStream,
  type FlatMapFunction,
  type MapAsync,
  type Sink,
  session,
  sum,
  tumbling,
} from 'millrace';
import type { Row } from './outlet.ts';
import { isBad, joinMs, type Numbered, sessionGapMs, windowMs } from './records.ts';

/** Sinks of the streams beyond the simple ones. */
export const moreSinkNames = ['sessions', 'slow', 'pairs', 'seen'] as const;
export type MoreSinkName = (typeof moreSinkNames)[number];

/** A call to the outside that takes its time. */
export type SlowCall = () => Promise<void>;

const slowly = (call: SlowCall, order: 'ordered' | 'unordered'): MapAsync<Numbered, Numbered> => ({
  order,
  call: async (record) => {
    await call();
    return record;
  },
});

/** Sessions, calls to the outside before windows, and a join, over partitions in event time. */
export const addToPartitions = (
  records: DataStream<Numbered>,
  sink: (name: MoreSinkName) => Sink<Row>,
  call: SlowCall,
): void => {
  records
    .keyBy('key')
    .window(session(sessionGapMs))
    .aggregate({ records: count(), amount: sum('amount') })
    .name('session')
    .map(
      ({ key, windowStart, records: seen, amount }): Row => ({
        key: `${key} from ${windowStart}`,
        value: `${seen} records, ${amount}`,
      }),
    )
    .name('session-rows')
    .sinkTo(sink('sessions'))
    .name('sessions');
  records
    .mapAsync(slowly(call, 'ordered'))
    .name('slow-call')
    .keyBy('key')
    .window(tumbling(windowMs))
    .aggregate({ amount: sum('amount') })
    .name('slow-window')
    .map(({ key, windowStart, amount }): Row => ({ key: `${key} at ${windowStart}`, value: `${amount}` }))
    .name('slow-rows')
    .sinkTo(sink('slow'))
    .name('slow');
  const ofPartition = (wanted: number): DataStream<Numbered> =>
    records.filter(({ partition }) => partition === wanted).name(`partition-${wanted}`);
  ofPartition(0)
    .keyBy('key')
    .intervalJoin(ofPartition(1).keyBy('key'))
    .between(-joinMs, joinMs)
    .apply((left, right): Row => ({ key: `${left.sequence} with ${right.sequence}`, value: left.key }))
    .name('pair')
    .sinkTo(sink('pairs'))
    .name('pairs');
};

/** A function that throws for some records, which then are dead letters. */
const onlyGood: FlatMapFunction<Numbered, Row> = ({ partition, sequence, key }, output) => {
  // What was emitted for a record that fails must not come out.
  output.emit({ key: `${partition} ${sequence}`, value: key });
  if (isBad(sequence)) throw new Error('This record is bad.');
};

/** Calls to the outside in any order, and dead letters, over the pool. */
export const addToPool = (
  records: DataStream<Numbered>,
  sink: (name: MoreSinkName) => Sink<Row>,
  call: SlowCall,
): void => {
  records
    .mapAsync(slowly(call, 'unordered'))
    .name('slow-pool-call')
    .flatMap(onlyGood)
    .name('only-good')
    .sinkTo(sink('seen'))
    .name('seen');
};
