import type { Columns, MakeColumn } from './columns.ts';
import { dateTime, lettersBy } from './columns.ts';
import { type Events, firstId, groupOf, type HashNumber } from './hashes.ts';
import { cities, firstNames, lastNames, lettersFrom, states } from './words.ts';

export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  /** In ms since the epoch. */
  readonly dateTime: number;
  readonly extra: string;
}

const textsBy =
  (which: HashNumber, make: (hash: number) => string): MakeColumn =>
  (events) => ({ type: 'string', values: Array.from(events.hash(which), make) });

const fourDigits = (value: number): string => String(value % 10_000).padStart(4, '0');
const upperDigits = (hash: number): number => Math.floor(hash / 10_000);

const creditCards = (events: Events): readonly string[] => {
  const [front, back] = [events.hash(2), events.hash(3)];
  return Array.from(front, (hash, i) => {
    const other = back[i] as number;
    return [hash, upperDigits(hash), other, upperDigits(other)].map(fourDigits).join(' ');
  });
};

/** The columns of persons. */
export const createPersonColumns = (): Columns => ({
  id: ({ numbers }) => ({ type: 'number', values: numbers.map((event) => firstId + groupOf(event)) }),
  name: textsBy(
    0,
    (hash) =>
      `${firstNames[hash % firstNames.length]} ${lastNames[Math.floor(hash / firstNames.length) % lastNames.length]}`,
  ),
  emailAddress: textsBy(
    1,
    (hash) => `${lettersFrom(hash % 256, 7)}@${lettersFrom(Math.floor(hash / 256) % 256, 5)}.com`,
  ),
  creditCard: (events) => ({ type: 'string', values: creditCards(events) }),
  city: textsBy(4, (hash) => cities[hash % cities.length] as string),
  state: textsBy(5, (hash) => states[hash % states.length] as string),
  dateTime,
  extra: (events) =>
    lettersBy(
      events.hash(4).map((hash) => Math.floor(hash / 10)),
      80,
      120,
    ),
});
