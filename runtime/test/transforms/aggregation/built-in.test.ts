import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximateCountDistinct,
  average,
  collectAll,
  count,
  countDistinct,
  first,
  last,
  maximum,
  minimum,
  quantiles,
  sum,
  topN,
} from '../../../src/api/aggregates.ts';
import { col } from '../../../src/api/expressions.ts';
import { Bench } from './support.ts';

interface Sale {
  readonly price?: number | null | undefined;
  readonly item: unknown;
}

const aggregates = {
  records: count(),
  total: sum<Sale>('price'),
  mean: average<Sale>('price'),
  least: minimum<Sale>('price'),
  most: maximum<Sale>('price'),
  items: countDistinct<Sale>('item'),
  about: approximateCountDistinct<Sale>('item'),
  opening: first((sale: Sale) => sale.item),
  closing: last((sale: Sale) => sale.item),
  dearest: topN(3, (sale: Sale) => sale.price as number),
  spread: quantiles<Sale>('price', [0, 0.5, 1]),
  all: collectAll((sale: Sale) => sale.item),
};

const price = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8) },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, Number.NaN, 0, -0) },
);
const item = fc.constantFrom<unknown>('a', 'b', 'c', 1, '1', 1n, null, undefined, true, ['x', 1], ['x', 2], {
  a: 1,
  b: 2,
});
const sale: fc.Arbitrary<Sale> = fc.oneof(fc.record({ price, item }), fc.record({ item }));

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

/** What the aggregates mean, over plain lists. */
const naive = (sales: readonly Sale[]): Readonly<Record<string, unknown>> => {
  const prices = sales.map((one) => one.price).filter(isThere) as number[];
  const compared = prices.filter((one) => !Number.isNaN(one));
  const items = sales.map((one) => one.item).filter(isThere);
  const ranked = sales
    .filter((one) => typeof one.price === 'number' && !Number.isNaN(one.price))
    .toSorted((a, b) => (b.price as number) - (a.price as number));
  return {
    records: sales.length,
    total: prices.reduce((left, right) => left + right, 0),
    mean: prices.reduce((left, right) => left + right, 0) / prices.length,
    least: compared.length === 0 ? undefined : Math.min(...compared) + 0,
    most: compared.length === 0 ? undefined : Math.max(...compared) + 0,
    items: new Set(
      items.map((one) => (typeof one === 'bigint' ? '1n' : `${typeof one} ${JSON.stringify(one)}`)),
    ).size,
    opening: items[0],
    closing: items.at(-1),
    dearest: ranked.slice(0, 3),
    all: items,
  };
};

describe('built-in aggregates', () => {
  it.each([false, true])('give what plain lists give (read from columns: %s)', (asColumns) => {
    fc.assert(
      fc.property(fc.array(sale, { minLength: 1, maxLength: 40 }), (sales) => {
        const bench = new Bench(aggregates).add(
          sales,
          sales.map(() => 0),
          undefined,
          asColumns,
        );
        const { about, spread, ...exact } = bench.result();
        expect(exact).toEqual(naive(sales));
        expect(about).toBe(exact['items']);
        expect(spread).toHaveLength(3);
      }),
    );
  });

  it('give the same however records were spread over rows that merge, whatever comes first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sale, fc.nat(3)), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        fc.constantFrom(1, 3, 100),
        (drawn, weights, size) => {
          const sales = drawn.map(([one]) => one);
          const whole = new Bench(aggregates).add(
            sales,
            sales.map(() => 0),
          );
          const parts = new Bench(aggregates);
          for (let from = 0; from < drawn.length; from += size) {
            const part = drawn.slice(from, from + size);
            parts.add(
              part.map(([one]) => one),
              part.map(([, row]) => row),
            );
          }
          const order = [0, 1, 2, 3].toSorted((a, b) => weights[a]! - weights[b]!);
          for (const row of order) parts.merge(9, row);
          expect(parts.result(9)).toEqual(whole.result(0));
        },
      ),
    );
  });

  it('are not changed by being merged into another row', () => {
    const sales: Sale[] = [
      { price: 1, item: 'a' },
      { price: 2, item: ['x'] },
    ];
    const bench = new Bench(aggregates).add(sales, [0, 0]);
    const before = structuredClone(bench.result(0));
    bench.merge(1, 0).add([{ price: 9, item: 'z' }], [1]);
    bench.merge(1, 0);
    expect(bench.result(0)).toEqual(before);
  });

  it('say what they are of nothing', () => {
    expect(new Bench(aggregates).add([{ item: undefined }], [0]).result(0)).toEqual({
      records: 1,
      total: 0,
      mean: Number.NaN,
      least: undefined,
      most: undefined,
      items: 0,
      about: 0,
      opening: undefined,
      closing: undefined,
      dearest: [],
      spread: [Number.NaN, Number.NaN, Number.NaN],
      all: [],
    });
  });

  it('hand out lists that later records do not change', () => {
    const bench = new Bench({ all: collectAll((n: number) => n), best: topN(2, (n: number) => n) }).add(
      [1, 2],
      [0, 0],
    );
    const { all, best } = bench.result();
    bench.add([3], [0]);
    expect([all, best]).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  it('give numbers by column as they give them by row', () => {
    const numbers = {
      n: count(),
      s: sum((v: number) => v),
      m: average((v: number) => v),
      a: minimum((v: number) => v),
    };
    const bench = new Bench(numbers).add([1.5, 2.5, -4], [0, 1, 0]);
    const byRow = [0, 1].map((row) => Object.values(bench.result(row)));
    expect(bench.numberResults([0, 1])).toEqual([0, 1, 2, 3].map((i) => byRow.map((values) => values[i])));
  });

  it('read expressions as well as fields and functions', () => {
    const bench = new Bench({ total: sum(col('price').mul(2)) }).add(
      [{ price: 2 }, { price: null }, { price: 3 }],
      [0, 0, 0],
    );
    expect(bench.result()).toEqual({ total: 10 });
  });
});

describe('a sum', () => {
  it('does not show in which order or groups numbers were added', () => {
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: 2,
      maxLength: 200,
    });
    fc.assert(
      fc.property(numbers, fc.nat(), (values, seed) => {
        const shuffled = values.map((value, i) => [value, (i * 7919 + seed) % 104_729] as const);
        shuffled.sort((a, b) => a[1] - b[1]);
        const forward = new Bench({ total: sum((n: number) => n), mean: average((n: number) => n) }).add(
          values,
          values.map(() => 0),
        );
        const grouped = new Bench({ total: sum((n: number) => n), mean: average((n: number) => n) }).add(
          shuffled.map(([value]) => value),
          shuffled.map((_, i) => i % 5),
        );
        for (const row of [1, 4, 2, 3]) grouped.merge(0, row);
        expect(grouped.result()).toEqual(forward.result());
      }),
    );
  });

  it('is right where plain addition loses digits', () => {
    const bench = new Bench({ total: sum((n: number) => n) }).add([1e16, 1, 1, -1e16], [0, 0, 0, 0]);
    expect(bench.result()).toEqual({ total: 2 });
  });

  it.each([
    [[Infinity, 1], Infinity],
    [[Infinity, -Infinity], Number.NaN],
    [[Number.NaN, 1], Number.NaN],
    [[1e308, 1e308], Infinity],
  ])('of %j is %d', (values, expected) => {
    expect(
      new Bench({ total: sum((n: number) => n) })
        .add(
          values,
          values.map(() => 0),
        )
        .result(),
    ).toEqual({
      total: expected,
    });
  });
});

describe('records that cannot be aggregated', () => {
  it.each([
    [{ price: '12' }, 'has "12"'],
    [{ price: 12n }, 'has 12n'],
    [{ price: true }, 'has true'],
    [{ price: [1] }, 'has'],
  ])('are refused by name: %o', (record, message) => {
    const bench = new Bench({ total: sum<{ price: number }>('price') });
    expect(() => bench.add([record], [0])).toThrow(
      'The aggregate “total” needs a number in the field “price”',
    );
    expect(() => bench.add([record], [0])).toThrow(message);
  });

  it('are left out by all aggregates together when the policy lets the job go on', () => {
    const failed: unknown[] = [];
    const failures = {
      recoverable: true,
      handle: (_error: unknown, record: unknown) => void failed.push(record),
    };
    const read = (record: { price: number }): number => {
      if (record.price < 0) throw new Error('below zero');
      return record.price;
    };
    const bench = new Bench({
      records: count(),
      total: sum(read),
      items: collectAll((record: { price: unknown }) => record.price),
      largest: maximum<{ price: number }>('price'),
    });
    bench.add([{ price: 1 }, { price: -1 }, { price: 'x' }, { price: 3 }], [0, 0, 0, 0], failures);
    expect(bench.result()).toEqual({ records: 2, total: 4, items: [1, 3], largest: 3 });
    expect(failed).toEqual([{ price: -1 }, { price: 'x' }]);
  });

  it('are found in columns too, behind marks and odd values', () => {
    const bench = new Bench({ records: count(), total: sum<{ price: number }>('price') });
    bench.add(
      [{ price: 1 }, { price: null }, {}, { price: undefined }, { price: 2 }],
      [0, 0, 0, 0, 0],
      undefined,
      true,
    );
    expect(bench.result()).toEqual({ records: 5, total: 3 });
    expect(() =>
      bench.add([{ price: 1 }, { price: 2 }, { price: 'three' }], [0, 0, 0], undefined, true),
    ).toThrow('three');
  });
});
