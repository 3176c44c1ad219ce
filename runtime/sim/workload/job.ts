import {
  boundedOutOfOrderness,
  count,
  type Job,
  type KeyedProcessFunction,
  type MapState,
  mapState,
  noWatermarks,
  type Sink,
  sum,
  tumbling,
  type ValueState,
  valueState,
} from 'millrace';
import { addToPartitions, addToPool, type MoreSinkName, type SlowCall } from './more-streams.ts';
import type { Row } from './outlet.ts';
import { lateMs, type Numbered, type WorkloadSize, windowMs } from './records.ts';
import { partitionSource, poolSource } from './sources.ts';

/**
 * Tells the running count of a key: each number from 1 once, in whatever order the records come. It remembers in a variable, too, which
 * records it has seen: none comes twice within an attempt, so that makes a difference only if the variable outlives its attempt.
 */
const runningCount = (taste: () => void): KeyedProcessFunction<string, Numbered, Row> => {
  const remembered = new Set<string>();
  let seen: ValueState<number, number> | undefined;
  return {
    open: (context) => {
      seen = context.state(valueState('seen', { default: 0 }));
    },
    process: ({ partition, sequence }, { key }, output) => {
      taste();
      const name = `${partition} ${sequence}`;
      if (remembered.has(name)) return;
      remembered.add(name);
      const now = (seen?.value() ?? 0) + 1;
      seen?.update(now);
      output.emit({ key: `${key} number ${now}`, value: `${now}` });
    },
  };
};

/** The end of the bucket of a time. */
const bucketEnd = (timeMs: number): number => (Math.floor(timeMs / windowMs) + 1) * windowMs;

/** Adds amounts up until the end of a bucket, by a timer. */
const totalsByTimer = (): KeyedProcessFunction<string, Numbered, Row> => {
  let totals: MapState<number, number> | undefined;
  return {
    open: (context) => {
      totals = context.state(mapState<number, number>('totals'));
    },
    process: ({ amount, timeMs }, { timers }) => {
      const end = bucketEnd(timeMs);
      totals?.put(end, (totals.get(end) ?? 0) + amount);
      timers.registerEventTimeTimer(end);
    },
    onTimer: (end, { key }, output) => {
      output.emit({ key: `${key} until ${end}`, value: `${totals?.get(end)}` });
      totals?.delete(end);
    },
  };
};

/** The sinks of the workload, by name. */
export const sinkNames = ['windows', 'totals', 'counts'] as const;
export type SinkName = (typeof sinkNames)[number];

/** What the job needs of the world around it. */
export interface WorkloadDoor {
  sink(name: SinkName | MoreSinkName): Sink<Row>;
  /** Throws when the record in hand is to fail the job. */
  taste(): void;
  /** Present = there are more streams than the simple ones. */
  readonly call?: SlowCall | undefined;
}

/** The job: windows and timers over partitions in event time, counts over a pool of small splits, and more if it is asked for. */
export const workloadJob =
  (seed: number, size: WorkloadSize, { sink, taste, call }: WorkloadDoor): Job =>
  (env) => {
    const records = env
      .fromSource(partitionSource(seed, size), boundedOutOfOrderness(lateMs))
      .name('partitions');
    records
      .keyBy('key')
      .window(tumbling(windowMs))
      .aggregate({ records: count(), amount: sum('amount') })
      .name('window')
      .map(
        ({ key, windowStart, records: seen, amount }): Row => ({
          key: `${key} at ${windowStart}`,
          value: `${seen} records, ${amount}`,
        }),
      )
      .name('window-rows')
      .sinkTo(sink('windows'))
      .name('windows');
    records
      .keyBy('key')
      .process(totalsByTimer())
      .name('totals-by-timer')
      .sinkTo(sink('totals'))
      .name('totals');
    const pool = env.fromSource(poolSource(seed, size), noWatermarks()).name('pool');
    pool
      .keyBy('key')
      .process(runningCount(taste))
      .name('running-count')
      .sinkTo(sink('counts'))
      .name('counts');
    if (call === undefined) return;
    addToPartitions(records, sink, call);
    addToPool(pool, sink, call);
  };
