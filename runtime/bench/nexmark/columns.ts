import type { Batch } from 'millrace';
import { type EventClock, type Events, timeOf } from './hashes.ts';
import { lettersFrom } from './words.ts';

/** A column of a batch. */
export type Column = NonNullable<ReturnType<Batch['column']>>;
/** Makes one column of the events in hand. */
export type MakeColumn = (events: Events, clock: EventClock) => Column;
/** How each column of a kind of events is made, in the order of the columns. */
export type Columns = Readonly<Record<string, MakeColumn>>;

/** Event times in ms since the epoch. */
export const timesOf = ({ numbers, length }: Events, clock: EventClock): Float64Array => {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = timeOf(numbers[i] as number, clock);
  return values;
};

export const dateTime: MakeColumn = (events, clock) => ({ type: 'number', values: timesOf(events, clock) });

/** A column of `shortest` to `longest` letters, chosen by a hash. */
export const lettersBy = (hashes: ArrayLike<number>, shortest: number, longest: number): Column => {
  const values = new Array<string>(hashes.length);
  const lengths = longest - shortest + 1;
  for (let i = 0; i < values.length; i++) {
    const hash = hashes[i] as number;
    values[i] = lettersFrom(hash % 256, shortest + (Math.floor(hash / 256) % lengths));
  }
  return { type: 'string', values };
};
