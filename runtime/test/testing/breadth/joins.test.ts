import { describe, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import {
  type DataStream,
  type JoinType,
  monotonousTimestamps,
  type StreamEnvironment,
  tumbling,
} from '../../../src/index.ts';
import { expectEverywhere } from './everywhere.ts';

interface Order {
  readonly order: number;
  readonly item: string;
  readonly time: number;
}
interface Payment {
  readonly order: number;
  readonly euros: number;
  readonly time: number;
}

const orders = (env: StreamEnvironment): DataStream<Order> =>
  env.fromSource(
    collection<Order>([
      { order: 1, item: 'tea', time: 1000 },
      { order: 2, item: 'cup', time: 2000 },
      { order: 1, item: 'pot', time: 9000 },
      { order: 3, item: 'jar', time: 20_000 },
    ]),
    monotonousTimestamps<Order>().withTimestamps('time'),
  );
const payments = (env: StreamEnvironment): DataStream<Payment> =>
  env.fromSource(
    collection<Payment>([
      { order: 1, euros: 5, time: 3000 },
      { order: 4, euros: 7, time: 4000 },
      { order: 2, euros: 9, time: 12_000 },
    ]),
    monotonousTimestamps<Payment>().withTimestamps('time'),
  );

describe('two streams', () => {
  it('are joined in windows, every pair of a key', async () => {
    await expectEverywhere(
      (env) =>
        orders(env)
          .join(payments(env))
          .where('order')
          .equalTo('order')
          .window(tumbling('10s'))
          .apply(({ item }, { euros }) => `${item} ${euros}`),
      ['tea 5', 'pot 5'],
    );
  });

  it('are grouped in windows, also where one side has nothing', async () => {
    await expectEverywhere(
      (env) =>
        orders(env)
          .coGroup(payments(env))
          .where('order')
          .equalTo('order')
          .window(tumbling('10s'))
          .apply<string>((left, right, output) =>
            output.emit(
              `${left.map(({ item }) => item).join('+')}=${right.map(({ euros }) => euros).join('+')}`,
            ),
          ),
      ['tea+pot=5', 'cup=', '=7', '=9', 'jar='],
    );
  });

  const pairs =
    (type: JoinType, upperInclusive = true) =>
    (env: StreamEnvironment) =>
      orders(env)
        .keyBy('order')
        .intervalJoin(payments(env).keyBy('order'))
        .between('-6s', '10s', { type, upperInclusive })
        .apply((order, payment) => `${order?.item ?? '-'} ${payment?.euros ?? '-'}`);
  const matched = ['tea 5', 'pot 5', 'cup 9'];

  it.each([
    ['inner', matched],
    ['left', [...matched, 'jar -']],
    ['right', [...matched, '- 7']],
    ['full', [...matched, 'jar -', '- 7']],
  ] as const)('are joined by how near they are in time: %s join', async (type, expected) => {
    await expectEverywhere(pairs(type), expected);
  });

  it('are not joined at a bound that is left out', async () => {
    await expectEverywhere(pairs('full', false), ['tea 5', 'pot 5', 'cup -', '- 9', 'jar -', '- 7']);
  });
});
