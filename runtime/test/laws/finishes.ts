/** What may be made of a window, whatever the order of its records. */
import fc from 'fast-check';
import {
  type AggregateFunction,
  collectAll,
  count,
  countDistinct,
  countEvictor,
  type DataStream,
  eventTimeTrigger,
  maximum,
  minimum,
  purging,
  sum,
  topN,
  type WindowedStream,
} from 'millrace';
import { greater, type Item, keyNumber, summary } from './items.ts';
import type { Pane } from './windows.ts';

export interface Finish {
  readonly name: string;
  apply(windows: WindowedStream<unknown, Item>): DataStream<Item>;
  /** The results of one pane; their event time is the last of the window. */
  model(pane: Pane): readonly Item[];
}

const itemsOf = ({ records }: Pane): readonly Item[] => records.map(({ item }) => item);

const numbersOf = (items: readonly Item[]): readonly number[] =>
  items.map(({ n }) => n).toSorted((a, b) => a - b);

const one = (n: number, time: number, payload: unknown): Item => ({ key: keyNumber(n), n, time, payload });

const totalOf = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const builtIn: Finish = {
  name: 'numbers',
  apply: (windows) =>
    windows
      .aggregate({
        records: count(),
        total: sum('n'),
        least: minimum('n'),
        most: maximum('n'),
        kinds: countDistinct('n'),
      })
      .map(({ records, total, least, most, kinds, windowStart, windowEnd }) =>
        one((total + records) % 1009, windowEnd, [least, most, kinds, windowStart]),
      ),
  model: (pane) => {
    const numbers = numbersOf(itemsOf(pane));
    const [least, most, kinds] = [numbers[0], numbers.at(-1), new Set(numbers).size];
    return [one((totalOf(numbers) + numbers.length) % 1009, pane.endMs, [least, most, kinds, pane.startMs])];
  },
};

const lists: Finish = {
  name: 'lists',
  apply: (windows) =>
    windows
      .aggregate({ best: topN<Item>(2, 'n'), all: collectAll<Item>() })
      .map(({ best, all, windowEnd }) =>
        one(all.length, windowEnd, [best.map(({ n }) => n), numbersOf(all), all.reduce(greater).payload]),
      ),
  model: (pane) => {
    const items = itemsOf(pane);
    const numbers = numbersOf(items);
    return [
      one(items.length, pane.endMs, [
        numbers.toReversed().slice(0, 2),
        numbers,
        items.reduce(greater).payload,
      ]),
    ];
  },
};

const reduced: Finish = {
  name: 'reduce',
  apply: (windows) => windows.reduce(greater),
  model: (pane) => [itemsOf(pane).reduce(greater)],
};

const reducedWithWindow: Finish = {
  name: 'reduce with a window function',
  apply: (windows) =>
    windows.reduce<Item>(greater, ([best], { window }, output) =>
      output.emit(summary([best as Item], window.endMs, window.startMs % 13)),
    ),
  model: (pane) => [summary([itemsOf(pane).reduce(greater)], pane.endMs, pane.startMs % 13)],
};

const own: AggregateFunction<Item, readonly Item[], Item> = {
  create: () => [],
  add: (seen, item) => [...seen, item],
  result: (seen) => summary(seen, 1),
  merge: (left, right) => [...left, ...right],
};
const aggregated: Finish = {
  name: 'an aggregate of one’s own',
  apply: (windows) => windows.aggregate(own),
  model: (pane) => [summary(itemsOf(pane), 1)],
};

const processed: Finish = {
  name: 'process',
  apply: (windows) =>
    windows.process<Item>((values, { window }, output) => {
      output.emit(summary(values, window.endMs));
      if (values.length > 1) output.emit(summary(values.slice(0, 0).concat(values), window.startMs, 5));
    }),
  model: (pane) => {
    const items = itemsOf(pane);
    return items.length > 1
      ? [summary(items, pane.endMs), summary(items, pane.startMs, 5)]
      : [summary(items, pane.endMs)];
  },
};

const withSettings: Finish = {
  name: 'process with trigger, lateness and evictor',
  apply: (windows) =>
    windows
      .trigger(purging(eventTimeTrigger()))
      .allowedLateness('2s')
      .evictor(countEvictor(1_000_000))
      .process<Item>((values, { window }, output) => output.emit(summary(values, window.endMs))),
  model: (pane) => [summary(itemsOf(pane), pane.endMs)],
};

export const finish: fc.Arbitrary<Finish> = fc.constantFrom(
  builtIn,
  lists,
  reduced,
  reducedWithWindow,
  aggregated,
  processed,
  withSettings,
);
