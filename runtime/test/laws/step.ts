import type { DataStream, StreamEnvironment } from 'millrace';
import type { Item, Timed } from './items.ts';

/** What a program is built in: its environment, and how items become a stream. */
export interface World {
  readonly env: StreamEnvironment;
  source(items: readonly Item[]): DataStream<Item>;
}

/** A part of a random program: what it does to a stream, and the same said plainly. */
export interface Step {
  readonly name: string;
  apply(stream: DataStream<Item>, world: World): DataStream<Item>;
  /** In no order: a law about order has a model of its own. */
  model(records: readonly Timed[]): readonly Timed[];
}

/** A step whose model keeps the times of the records it changes. */
export const perRecord = (
  name: string,
  apply: Step['apply'],
  change: (item: Item) => readonly Item[],
): Step => ({
  name,
  apply,
  model: (records) =>
    records.flatMap(({ item, timestampMs }) =>
      change(item).map((changed) => ({ item: changed, timestampMs })),
    ),
});
