import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { DataStream, Source } from 'millrace';
import { executeAndCollect } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import {
  Events,
  eventsPerGroup,
  goldenClock,
  type HashNumber,
  hashOf,
  measuredClock,
  priceOf,
  timeOf,
} from '../../bench/nexmark/hashes.ts';
import { auctions, bids, persons } from '../../bench/nexmark/source.ts';

type Event = Readonly<Record<string, unknown>>;

/** Events of the generator whose answers Flink recorded, by number, each with its kind. */
const recorded = new Map(
  readFileSync(new URL('golden/events.ndjson', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as [number, Event]),
);

const stream = { events: 100_000, clock: measuredClock };
const read = <T>(source: Source<T>): Promise<readonly T[]> =>
  executeAndCollect((env): DataStream<T> => env.fromSource(source));

/** The events of one kind by their number: the n-th of those at these places of a group. */
const numbered = <T>(events: readonly T[], first: number, last: number): Map<number, T> => {
  const places = last - first + 1;
  return new Map(
    events.map((event, i) => [Math.floor(i / places) * eventsPerGroup + first + (i % places), event]),
  );
};

const recordedOf = (kind: string): [number, Event][] =>
  [...recorded].flatMap(([number, { kind: found, ...event }]) =>
    found === kind ? [[number, event] as [number, Event]] : [],
  );

const modulus = 2_147_483_647n;
const salts = [12_345n, 7_654_321n, 31_415_927n, 27_182_818n, 16_180_339n, 14_142_135n];

describe('the Nexmark stream', () => {
  it.each([
    { kind: 'person', source: persons(stream), first: 0, last: 0 },
    { kind: 'auction', source: auctions(stream), first: 1, last: 3 },
    { kind: 'bid', source: bids(stream), first: 4, last: 49 },
  ])('has every $kind as it was recorded, column by column', async ({ kind, source, first, last }) => {
    const events = numbered<unknown>(await read<unknown>(source), first, last);
    const expected = recordedOf(kind);

    expect(expected.length).toBeGreaterThan(5);
    for (const [number, event] of expected) expect(events.get(number)).toEqual(event);
  });

  it('has one person, three auctions and forty-six bids in every fifty events, also when it ends within them', async () => {
    const counts = async (events: number): Promise<readonly number[]> => {
      const part = { events, clock: goldenClock };
      const lists = [await read(persons(part)), await read(auctions(part)), await read(bids(part))];
      return lists.map((list) => list.length);
    };
    expect(await counts(5000)).toEqual([100, 300, 4600]);
    expect(await counts(5003)).toEqual([101, 302, 4600]);
    expect(await counts(0)).toEqual([0, 0, 0]);
  });

  it('computes only the columns asked for, with the values that they have among all', async () => {
    const part = { events: 3000, clock: goldenClock };
    const all = await read(bids(part));
    const source = bids(part).withFields?.(['url', 'auction']) ?? bids(part);

    expect(await read(source)).toEqual(all.map(({ auction, url }) => ({ auction, url })));
  });

  it('gives a job that names its fields these columns and no others', async () => {
    const part = { events: 500, clock: goldenClock };
    const prices = await executeAndCollect((env) => env.fromSource(bids(part)).select('price'));

    expect(prices).toHaveLength(460);
    expect(Object.keys(prices[0] ?? {})).toEqual(['price']);
  });

  it('goes forward in time by a millisecond in ten events as it was measured', () => {
    expect(timeOf(0, measuredClock)).toBe(1_700_000_000_000);
    expect(timeOf(19, measuredClock)).toBe(1_700_000_000_001);
    expect(timeOf(19, goldenClock)).toBe(1_700_000_000_019);
  });
});

describe('the hashes of Nexmark events', () => {
  it('are the remainders that exact integers give, for any event number', () => {
    const exact = (event: number, which: number): bigint => {
      const salt = salts[which] ?? 0n;
      const inner = (BigInt(event) * 48_271n + salt) % 94_906_249n;
      return (inner * inner + salt) % modulus;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000_000_000 }),
        fc.integer({ min: 0, max: 5 }),
        (event, which) => {
          expect(BigInt(hashOf(event, which as HashNumber))).toBe(exact(event, which));
        },
      ),
    );
  });

  it('are computed once for the events in hand', () => {
    const events = new Events(Float64Array.of(4, 5, 6));
    expect(events.hash(3)).toBe(events.hash(3));
    expect([...events.hash(3)]).toEqual([hashOf(4, 3), hashOf(5, 3), hashOf(6, 3)]);
  });

  it('make prices from a hundred to a hundred million', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_646 }), (hash) => {
        expect(priceOf(hash)).toBeGreaterThanOrEqual(100);
        expect(priceOf(hash)).toBeLessThanOrEqual(99_999_900);
      }),
    );
  });
});
