/** Steps that remember: windows, timers and state, in forms that do not depend on the order of records. */
import fc from 'fast-check';
import { col, type DataStream, type Expr, type KeyedStream, type ListState, listState } from 'millrace';
import { finish } from './finishes.ts';
import { byKey, type Item, summary, type Timed } from './items.ts';
import type { Step } from './step.ts';
import { windowCase } from './windows.ts';

interface KeyCase {
  readonly name: string;
  by(stream: DataStream<Item>): KeyedStream<unknown, Item>;
  of(item: Item): unknown;
}

export const keyCase: fc.Arbitrary<KeyCase> = fc.constantFrom<KeyCase[]>(
  { name: 'a field', by: (stream) => stream.keyBy('key'), of: ({ key }) => key },
  { name: 'two fields', by: (stream) => stream.keyBy('key', 'n'), of: ({ key, n }) => [key, n] },
  {
    name: 'an expression',
    by: (stream) => stream.keyBy(col('n').mod(3) as Expr<number, 'n'>),
    of: ({ n }) => n % 3,
  },
  {
    name: 'a function',
    by: (stream) => stream.keyBy(({ n, key }) => ({ part: n % 2, key })),
    of: ({ n, key }) => ({ part: n % 2, key }),
  },
);

const windowStep = fc.tuple(keyCase, windowCase, finish).map(
  ([key, window, made]): Step => ({
    name: `by ${key.name}, windows ${window.name}, ${made.name}`,
    apply: (stream) => made.apply(key.by(stream).window(window.assigner)),
    model: (records) =>
      byKey(records, ({ item }) => key.of(item))
        .flatMap((ofKey) => window.panes(ofKey))
        .flatMap((pane) => made.model(pane).map((item) => ({ item, timestampMs: pane.endMs - 1 }))),
  }),
);

const windowAllStep = fc.tuple(windowCase, finish).map(
  ([window, made]): Step => ({
    name: `windows of all ${window.name}, ${made.name}`,
    apply: (stream) => made.apply(stream.windowAll(window.assigner)),
    model: (records) =>
      window
        .panes(records)
        .flatMap((pane) => made.model(pane).map((item) => ({ item, timestampMs: pane.endMs - 1 }))),
  }),
);

/** Keeps the records of a key until the end of their bucket, and tells of them then. */
const timerStep = fc.tuple(keyCase, fc.constantFrom(1000, 4000)).map(([key, bucketMs]): Step => {
  const endOf = (timeMs: number): number => (Math.floor(timeMs / bucketMs) + 1) * bucketMs;
  return {
    name: `by ${key.name}, timers every ${bucketMs}`,
    apply: (stream) => {
      let kept: ListState<readonly [number, Item]> | undefined;
      return key.by(stream).process<Item>({
        open: (context) => {
          kept = context.state(listState<readonly [number, Item]>('kept'));
        },
        process: (item, { timestampMs = NaN, timers }) => {
          kept?.add([endOf(timestampMs), item]);
          timers.registerEventTimeTimer(endOf(timestampMs));
        },
        onTimer: (timeMs, _context, output) => {
          const all = kept?.get() ?? [];
          output.emit(
            summary(
              all.filter(([end]) => end === timeMs).map(([, item]) => item),
              timeMs,
            ),
          );
          kept?.update(all.filter(([end]) => end !== timeMs));
        },
      });
    },
    model: (records) =>
      byKey(records, ({ item, timestampMs }) => [key.of(item), endOf(timestampMs)]).map((bucket) => {
        const timeMs = endOf((bucket[0] as Timed).timestampMs);
        return {
          item: summary(
            bucket.map(({ item }) => item),
            timeMs,
          ),
          timestampMs: timeMs,
        };
      }),
  };
});

export const keyedStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: windowStep },
  { weight: 1, arbitrary: windowAllStep },
  { weight: 2, arbitrary: timerStep },
);
