/** Keyed steps whose results depend on the order of a key's records, each with a fold that says the same. */
import fc from 'fast-check';
import {
  aggregatingState,
  collectAll,
  count,
  countTrigger,
  type DataStream,
  first,
  globalWindow,
  type KeyedProcessFunction,
  type KeyedStream,
  last,
  listState,
  mapState,
  purging,
  reducingState,
  sum,
  topN,
  valueState,
} from 'millrace';
import { byKey, type Item, summary } from './items.ts';
import { keyText, textOf } from './text.ts';

type Keyed = KeyedStream<unknown, Item>;

/** What comes out for a record depends on those of its key before it. */
export interface OrderedStep {
  readonly name: string;
  apply(stream: Keyed): DataStream<Item>;
  /** Results of the last of these records. */
  model(seen: readonly Item[]): readonly Item[];
}

/** What a step gives for records in this order. */
export const modelled = (step: Pick<OrderedStep, 'model'>, records: readonly Item[]): readonly Item[] => {
  const seen = new Map<string, Item[]>();
  return records.flatMap((item) => {
    const ofKey = seen.get(keyText(item.key)) ?? [];
    seen.set(keyText(item.key), ofKey);
    ofKey.push(item);
    return step.model(ofKey);
  });
};

/**
 * Results as texts, each key's by itself and in order. Where key groups have moved, results of a key come from several slots to
 * several sinks, and only which there are can be told: their contents show the order in which the records were taken.
 */
export const perKey = (
  results: readonly Item[],
  { moves }: { readonly moves: number },
): readonly (readonly string[])[] =>
  byKey(results, ({ key }) => key)
    .map((ofKey) => ofKey.map(textOf))
    .map((texts) => (moves > 0 ? texts.toSorted() : texts))
    .toSorted();

/** Results name their key, so that they can be told apart again. */
const result = (key: unknown, n: number, payload: unknown): Item => ({
  key: keyText(key),
  n,
  time: 0,
  payload,
});

/** Neither commutative nor associative. */
const chained = (left: Item, right: Item): Item => ({
  key: right.key,
  n: (left.n * 31 + right.n + 1) % 1009,
  time: right.time,
  payload: left.n % 3 === 0 ? left.payload : right.payload,
});

const reduceStep: OrderedStep = {
  name: 'running reduce',
  apply: (stream) => stream.reduce(chained).map(({ key, n, payload }) => result(key, n, payload)),
  model: (seen) => {
    const { key, n, payload } = seen.reduce(chained);
    return [result(key, n, payload)];
  },
};

const numbers = (items: readonly Item[]): readonly number[] => items.map(({ n }) => n);

const aggregateStep: OrderedStep = {
  name: 'running aggregates',
  apply: (stream) =>
    stream
      .aggregate({
        seen: count(),
        total: sum('n'),
        opening: first<Item, 'payload'>('payload'),
        closing: last<Item>(),
        best: topN<Item>(2, 'n'),
        all: collectAll<Item, 'n'>('n'),
      })
      .map(({ key, seen, total, opening, closing, best, all }) =>
        result(key, seen, [total, opening, closing?.payload, best.map((item) => textOf(item.payload)), all]),
      ),
  model: (seen) => {
    const all = numbers(seen);
    const best = seen.toSorted((a, b) => b.n - a.n).slice(0, 2);
    const total = all.reduce((sofar, n) => sofar + n, 0);
    const closing = seen.at(-1);
    return [
      result(closing?.key, seen.length, [
        total,
        // What is absent is left out, as in SQL.
        seen.find(({ payload }) => payload !== null && payload !== undefined)?.payload,
        closing?.payload,
        best.map((item) => textOf(item.payload)),
        all,
      ]),
    ];
  },
};

const told = (items: readonly Item[]): Item =>
  result(
    items[0]?.key,
    summary(items, 0).n,
    items.map((item) => [item.n, item.payload]),
  );

const countWindowStep = (size: number, slide: number): OrderedStep => ({
  name: `count windows ${size} ${slide}`,
  apply: (stream) =>
    stream.countWindow(size, slide).process<Item>((values, _context, output) => output.emit(told(values))),
  model: (seen) => (seen.length % slide === 0 ? [told(seen.slice(-size))] : []),
});

const triggeredStep = (size: number, purges: boolean): OrderedStep => ({
  name: `the global window, ${purges ? 'purged' : 'fired'} at ${size}`,
  apply: (stream) =>
    stream
      .window(globalWindow())
      .trigger(purges ? purging(countTrigger(size)) : countTrigger(size))
      .process<Item>((values, _context, output) => output.emit(told(values))),
  model: (seen) => (seen.length % size === 0 ? [told(purges ? seen.slice(-size) : seen)] : []),
});

const stateful = (): KeyedProcessFunction<unknown, Item, Item> => {
  type Context = Parameters<NonNullable<KeyedProcessFunction<unknown, Item, Item>['open']>>[0];
  const open = (context: Context) => ({
    times: context.state(valueState<number>('times', { default: 0, type: 'number' })),
    before: context.state(valueState<unknown>('before')),
    list: context.state(listState<unknown>('list')),
    map: context.state(mapState<number, unknown>('map')),
    chain: context.state(reducingState<number>('chain', (left, right) => (left * 31 + right) % 1009)),
    text: context.state(
      aggregatingState<number, string, number>('text', {
        create: () => '',
        add: (text, n) => `${text}${n}`,
        result: (text) => text.length,
      }),
    ),
  });
  let state: ReturnType<typeof open>;
  return {
    open: (context) => {
      state = open(context);
    },
    process: ({ n, payload }, { key }, output) => {
      const { times, before, list, map, chain, text } = state;
      times.update(times.value() + 1);
      list.add(payload);
      if (times.value() % 4 === 0) list.clear();
      map.put(n % 3, payload);
      if (n % 7 === 0) map.delete(1);
      chain.add(n);
      text.add(n);
      output.emit(
        result(key, times.value(), [
          before.value(),
          [...list.get()],
          [...map.entries()],
          chain.get(),
          text.get(),
        ]),
      );
      before.update(payload);
    },
  };
};

/** The same in plain variables. */
const statefulModel = (seen: readonly Item[]): Item => {
  let list: unknown[] = [];
  const map = new Map<number, unknown>();
  seen.forEach(({ n, payload }, i) => {
    list.push(payload);
    if ((i + 1) % 4 === 0) list = [];
    map.set(n % 3, payload);
    if (n % 7 === 0) map.delete(1);
  });
  return result(seen.at(-1)?.key, seen.length, [
    seen.at(-2)?.payload,
    list,
    [...map],
    numbers(seen).reduce((left, right) => (left * 31 + right) % 1009),
    numbers(seen).join('').length,
  ]);
};

const stateStep: OrderedStep = {
  name: 'state of every kind',
  apply: (stream) => stream.process(stateful()),
  model: (seen) => [statefulModel(seen)],
};

const few = fc.integer({ min: 1, max: 4 });

export const orderedStep: fc.Arbitrary<OrderedStep> = fc.oneof(
  fc.constantFrom(reduceStep, aggregateStep, stateStep),
  fc.tuple(few, few).map(([size, slide]) => countWindowStep(size, slide)),
  fc.tuple(few, fc.boolean()).map(([size, purges]) => triggeredStep(size, purges)),
);
