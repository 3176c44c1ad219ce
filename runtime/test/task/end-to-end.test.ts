import { describe, expect, it } from 'vitest';
import { collection } from '../../src/connectors/collection/index.ts';
import { count, monotonousTimestamps, sum, tumbling } from '../../src/index.ts';
import { executeAndCollect } from '../../src/testing/execute.ts';

interface Order {
  readonly shop: string;
  readonly price: number;
  readonly time: number;
}

const orders: readonly Order[] = Array.from({ length: 500 }, (_, i) => ({
  shop: `shop-${i % 7}`,
  price: i,
  time: i * 100,
}));

const byText = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort();

describe('a whole job', () => {
  const turnover = (parallelism: number, chaining: boolean): Promise<readonly unknown[]> =>
    executeAndCollect(
      (env) =>
        env
          .fromSource(collection(orders), monotonousTimestamps<Order>().withTimestamps('time'))
          .filter((order) => order.price % 2 === 0)
          .map((order) => ({ ...order, price: order.price * 10 }))
          .keyBy('shop')
          .window(tumbling('5s'))
          .aggregate({ orders: count(), turnover: sum('price') }),
      { parallelism, chaining },
    );

  const expected = (): string[] => {
    const rows = new Map<
      string,
      { key: string; windowStart: number; windowEnd: number; orders: number; turnover: number }
    >();
    for (const { shop, price, time } of orders) {
      if (price % 2 !== 0) continue;
      const windowStart = Math.floor(time / 5000) * 5000;
      const id = `${shop}:${windowStart}`;
      const row = rows.get(id) ?? {
        key: shop,
        windowStart,
        windowEnd: windowStart + 5000,
        orders: 0,
        turnover: 0,
      };
      rows.set(id, { ...row, orders: row.orders + 1, turnover: row.turnover + price * 10 });
    }
    return byText([...rows.values()]);
  };

  it.each([1, 2, 3, 4])('gives the same windows on %i slots', async (parallelism) => {
    expect(byText(await turnover(parallelism, true))).toEqual(expected());
  });

  it('gives the same windows when nothing is chained', async () => {
    expect(byText(await turnover(2, false))).toEqual(expected());
  });

  it('fails with the transform, the record and what to do when a function throws', async () => {
    const run = executeAndCollect((env) =>
      env
        .fromSource(collection([1, 2, 3]))
        .map((value) => {
          if (value === 2) throw new Error('no twos');
          return value;
        })
        .name('refuse twos'),
    );
    await expect(run).rejects.toMatchObject({
      code: 'user-code',
      message: 'The transform “refuse twos” failed on a record: no twos',
      where: { transform: 'refuse twos', record: '2' },
    });
  });
});
