/** A whole job without one annotation, looked at by the compiler: nothing that a function is given may be `any`. */
import {
  boundedOutOfOrderness,
  broadcastState,
  count,
  type DataStream,
  listState,
  mapState,
  outputTag,
  type StreamEnvironment,
  session,
  sum,
  topN,
  tumbling,
  valueState,
} from 'millrace';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import { executeAndCollect } from '../../src/testing/index.ts';

interface Ride {
  readonly taxi: string;
  readonly city: 'Kyiv' | 'Oslo';
  readonly price: number;
  readonly time: number;
}
interface Tip {
  readonly driver: string;
  readonly amount: number;
  readonly time: number;
}

const rides: readonly Ride[] = [
  { taxi: 'a', city: 'Kyiv', price: 10, time: 1000 },
  { taxi: 'b', city: 'Oslo', price: 20, time: 2000 },
  { taxi: 'a', city: 'Kyiv', price: 30, time: 3000 },
];
const tips: readonly Tip[] = [{ driver: 'a', amount: 2, time: 1500 }];

const ridesOf = (env: StreamEnvironment) =>
  env.fromSource(collection(rides), boundedOutOfOrderness('1s').withTimestamps('time'));
const tipsOf = (env: StreamEnvironment) =>
  env.fromSource(
    collection(tips),
    boundedOutOfOrderness('1s').withTimestamps((tip) => tip.time),
  );

const cheap = outputTag<string>('cheap');
const surcharges = broadcastState<string, number>('surcharges');

const run = async <T>(build: (env: StreamEnvironment) => DataStream<T>): Promise<readonly T[]> => {
  const results = await executeAndCollect(build);
  expect(results.length).toBeGreaterThan(0);
  return results;
};

describe('what a function is given, without annotations', () => {
  test('is the record of the source, and what the function before it returned', async () => {
    const results = await run((env) => {
      const shown = ridesOf(env)
        .filter((ride) => {
          expectTypeOf(ride).toEqualTypeOf<Ride>();
          return ride.price > 10;
        })
        .map(({ taxi, price }) => ({ taxi, cents: price * 100 }))
        .map((priced) => {
          expectTypeOf(priced).toEqualTypeOf<{ taxi: string; cents: number }>();
          return `${priced.taxi} ${priced.cents}`;
        });
      expectTypeOf(shown).toEqualTypeOf<DataStream<string>>();
      return shown;
    });
    expectTypeOf(results).toEqualTypeOf<readonly string[]>();
  });

  test('is a key of the type of its field, and state of the type of its descriptor', async () => {
    await run((env) =>
      ridesOf(env)
        .keyBy('city')
        .process<{ readonly city: string; readonly rides: number }>({
          open: (context) => {
            expectTypeOf(context.state(valueState<number>('n')).value()).toEqualTypeOf<number | undefined>();
            expectTypeOf(context.state(valueState('m', { default: 0 })).value()).toEqualTypeOf<number>();
            expectTypeOf(context.state(listState<Ride>('l')).get()).toEqualTypeOf<readonly Ride[]>();
            expectTypeOf(context.state(mapState<string, Ride>('p')).get('x')).toEqualTypeOf<
              Ride | undefined
            >();
            expectTypeOf(context.args).toEqualTypeOf<Readonly<Record<string, string>>>();
          },
          process: (ride, context, output) => {
            expectTypeOf(ride).toEqualTypeOf<Ride>();
            expectTypeOf(context.key).toEqualTypeOf<'Kyiv' | 'Oslo'>();
            expectTypeOf(context.timestampMs).toEqualTypeOf<number | undefined>();
            context.emitTo(cheap, ride.taxi);
            // @ts-expect-error the side output takes texts
            context.emitTo(cheap, ride.price);
            output.emit({ city: context.key, rides: 1 });
            // @ts-expect-error a field is missing
            if (ride.price < 0) output.emit({ city: context.key });
          },
          onTimer: (timeMs, context) => {
            expectTypeOf(timeMs).toEqualTypeOf<number>();
            expectTypeOf(context.timeDomain).toEqualTypeOf<'event' | 'processing'>();
          },
        }),
    );
  });

  test('are the results of aggregates by their names, with key and bounds', async () => {
    await run((env) =>
      ridesOf(env)
        .keyBy('taxi', 'city')
        .window(tumbling('1m'))
        .aggregate({ rides: count(), revenue: sum('price'), best: topN<Ride>(1, 'price') })
        .map((result) => {
          expectTypeOf(result.key).toEqualTypeOf<readonly [string, 'Kyiv' | 'Oslo']>();
          expectTypeOf(result.rides).toEqualTypeOf<number>();
          expectTypeOf(result.best).toEqualTypeOf<readonly Ride[]>();
          expectTypeOf(result.windowEnd).toEqualTypeOf<number>();
          // @ts-expect-error there is no such aggregate
          expect(result.cost).toBeUndefined();
          return result.revenue;
        }),
    );
  });

  test('are the records of a window, its key and its bounds', async () => {
    await run((env) =>
      ridesOf(env)
        .keyBy((ride) => ride.price % 3)
        .window(session('1s'))
        .process<number>((values, context, output) => {
          expectTypeOf(values).toEqualTypeOf<readonly Ride[]>();
          expectTypeOf(context.key).toEqualTypeOf<number>();
          expectTypeOf(context.window.startMs).toEqualTypeOf<number>();
          output.emit(values.length);
        }),
    );
  });

  test('are both sides of a join, and the missing one may be undefined', async () => {
    await run((env) =>
      ridesOf(env)
        .keyBy('taxi')
        .intervalJoin(tipsOf(env).keyBy('driver'))
        .between('-1s', '1s', { type: 'left' })
        .apply((ride, tip) => {
          expectTypeOf(ride).toEqualTypeOf<Ride>();
          expectTypeOf(tip).toEqualTypeOf<Tip | undefined>();
          return tip?.amount ?? 0;
        }),
    );
    await run((env) =>
      ridesOf(env)
        .join(tipsOf(env))
        .where('taxi')
        .equalTo('driver')
        .window(tumbling('1m'))
        .apply((ride, tip) => {
          expectTypeOf(ride).toEqualTypeOf<Ride>();
          expectTypeOf(tip).toEqualTypeOf<Tip>();
          return ride.price + tip.amount;
        }),
    );
  });

  test('are the records of both connected streams, and broadcast state of its own types', async () => {
    await run((env) =>
      ridesOf(env)
        .keyBy('taxi')
        .connect(tipsOf(env).broadcast(surcharges))
        .process<number>({
          process: (ride, context, output) => {
            expectTypeOf(ride).toEqualTypeOf<Ride>();
            expectTypeOf(context.key).toEqualTypeOf<string>();
            expectTypeOf(context.broadcastState(surcharges).get('x')).toEqualTypeOf<number | undefined>();
            output.emit(ride.price);
          },
          processBroadcast: (tip, context) => {
            expectTypeOf(tip).toEqualTypeOf<Tip>();
            context.broadcastState(surcharges).put(tip.driver, tip.amount);
            // @ts-expect-error the state holds numbers
            if (tip.amount < 0) context.broadcastState(surcharges).put(tip.driver, tip.driver);
          },
        }),
    );
  });

  test('is what was looked up, or undefined', async () => {
    await run((env) =>
      ridesOf(env).lookup({
        key: 'city',
        load: (city) => {
          expectTypeOf(city).toEqualTypeOf<'Kyiv' | 'Oslo'>();
          return Promise.resolve(city === 'Kyiv' ? { country: 'Ukraine' } : undefined);
        },
        join: (ride, found) => {
          expectTypeOf(ride).toEqualTypeOf<Ride>();
          expectTypeOf(found).toEqualTypeOf<{ country: string } | undefined>();
          return found?.country ?? ride.city;
        },
      }),
    );
  });
});

describe('what does not compile', () => {
  test('are fields that a record does not have, and ones of the wrong type', () => {
    const wrong = (env: StreamEnvironment): void => {
      const stream = ridesOf(env);
      // @ts-expect-error no such field
      stream.keyBy('driver');
      // @ts-expect-error one of them is none
      stream.keyBy('taxi', 'driver');
      // @ts-expect-error a text cannot be summed up
      stream.keyBy('taxi').aggregate({ total: sum('city') });
      // @ts-expect-error no such field
      stream.windowAll(tumbling('1m')).aggregate({ total: sum('cost') });
      // @ts-expect-error a text is no time
      env.fromSource(collection(rides), boundedOutOfOrderness<Ride>('1s').withTimestamps('taxi'));
      // @ts-expect-error keys of two types never meet
      stream.join(tipsOf(env)).where('taxi').equalTo('amount');
      // @ts-expect-error a duration has a unit
      stream.windowAll(tumbling('five minutes'));
      // @ts-expect-error a promise belongs into mapAsync
      stream.map(async (ride) => ride.price);
      // @ts-expect-error a reduce gives what it takes
      stream.keyBy('taxi').reduce((left, right) => left.price + right.price);
    };
    expect(wrong).toBeTypeOf('function');
  });
});
