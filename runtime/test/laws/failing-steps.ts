/** Keyed steps whose functions throw for some records, after they have done all they can: nothing of it may be seen. */
import fc from 'fast-check';
import {
  type Collector,
  type DataStream,
  type KeyedStream,
  listState,
  mapState,
  type RuntimeContext,
  valueState,
} from 'millrace';
import type { Item } from './items.ts';
import { modelled, type OrderedStep } from './ordered-steps.ts';
import { keyText } from './text.ts';

type Keyed = KeyedStream<unknown, Item>;

export interface FailingStep extends OrderedStep {
  /** Whether the last of these records is a dead letter; absent = when it is bad. */
  refuses?(seen: readonly Item[]): boolean;
}

export const isBad = ({ n }: Item): boolean => n % 5 === 2;

/** @throws for a bad item. */
const refuseBad = (item: Item): void => {
  if (isBad(item)) throw new Error(`${item.n} is bad`);
};

const good = (seen: readonly Item[]): readonly Item[] => seen.filter((item) => !isBad(item));

/** The model of a step that knows nothing of the bad records. */
const withoutBad =
  (model: OrderedStep['model']): OrderedStep['model'] =>
  (seen) =>
    isBad(seen.at(-1) as Item) ? [] : model(good(seen));

const result = (key: unknown, n: number, payload: unknown): Item => ({
  key: keyText(key),
  n,
  time: 0,
  payload,
});

const mapStep: OrderedStep = {
  name: 'map that throws',
  apply: (stream) =>
    stream.map((item) => {
      refuseBad(item);
      return result(item.key, item.n, item.payload);
    }),
  model: withoutBad((seen) => seen.slice(-1).map(({ key, n, payload }) => result(key, n, payload))),
};

const emitThree = (item: Item, output: Collector<Item>): void => {
  output.emit(result(item.key, item.n, 1));
  output.emit(result(item.key, item.n, item.payload));
  refuseBad(item);
  output.emit(result(item.key, item.n, 3));
};

const flatMapStep: OrderedStep = {
  name: 'flatMap that throws after its second result',
  apply: (stream) => stream.flatMap<Item>(emitThree),
  model: withoutBad((seen) =>
    seen.slice(-1).flatMap(({ key, n, payload }) => [1, payload, 3].map((part) => result(key, n, part))),
  ),
};

const reduceStep: FailingStep = {
  name: 'reduce that throws',
  apply: (stream) =>
    stream
      .reduce((left, right) => {
        refuseBad(right);
        return { ...right, n: (left.n * 5 + right.n) % 1009 };
      })
      .map(({ key, n, payload }) => result(key, n, payload)),
  refuses: (seen) => seen.length > 1 && isBad(seen.at(-1) as Item),
  model: (seen) => {
    // The first record of a key is not reduced, and so it is good.
    const taken = seen.filter((item, i) => i === 0 || !isBad(item));
    const last = seen.at(-1) as Item;
    if (taken.at(-1) !== last) return [];
    return [
      result(
        last.key,
        taken.map(({ n }) => n).reduce((left, n) => (left * 5 + n) % 1009),
        last.payload,
      ),
    ];
  },
};

const openState = (context: RuntimeContext) => ({
  times: context.state(valueState<number>('times', { default: 0, type: 'number' })),
  list: context.state(listState<number>('list')),
  map: context.state(mapState<number, number>('map')),
});

const stateStep: OrderedStep = {
  name: 'a function that throws after it has changed all its state',
  apply: (stream: Keyed): DataStream<Item> => {
    let state: ReturnType<typeof openState>;
    return stream.process<Item>({
      open: (context) => {
        state = openState(context);
      },
      process: (item, { key }, output) => {
        const { times, list, map } = state;
        times.update(times.value() + 1);
        if (isBad(item) && item.n > 20) list.clear();
        list.add(item.n);
        map.put(item.n % 4, times.value());
        if (item.n % 3 === 0) map.delete(0);
        output.emit(result(key, times.value(), [[...list.get()], [...map.entries()]]));
        refuseBad(item);
      },
    });
  },
  model: withoutBad((seen) => {
    const map = new Map<number, number>();
    seen.forEach(({ n }, i) => {
      map.set(n % 4, i + 1);
      if (n % 3 === 0) map.delete(0);
    });
    return [result(seen[0]?.key, seen.length, [seen.map(({ n }) => n), [...map]])];
  }),
};

const countWindowStep: OrderedStep = {
  name: 'count windows with an aggregate that throws',
  apply: (stream) =>
    stream.countWindow(3).aggregate<readonly Item[], Item>({
      create: () => [],
      add: (items, item) => {
        refuseBad(item);
        return [...items, item];
      },
      result: (items) =>
        result(
          items[0]?.key,
          items.length,
          items.map(({ payload }) => payload),
        ),
    }),
  model: withoutBad((seen) =>
    seen.length % 3 === 0
      ? [
          result(
            seen[0]?.key,
            3,
            seen.slice(-3).map(({ payload }) => payload),
          ),
        ]
      : [],
  ),
};

export const failingStep: fc.Arbitrary<FailingStep> = fc.constantFrom<FailingStep[]>(
  mapStep,
  flatMapStep,
  reduceStep,
  stateStep,
  countWindowStep,
);

/** The records of which a step makes dead letters. */
export const lettersOf = (step: FailingStep, given: readonly Item[]): readonly Item[] => {
  const model = (seen: readonly Item[]): readonly Item[] => {
    const last = seen.at(-1) as Item;
    return (step.refuses?.(seen) ?? isBad(last)) ? [last] : [];
  };
  return modelled({ model }, given);
};
