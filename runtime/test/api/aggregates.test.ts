import { describe, expect, test } from 'vitest';
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
} from '../../src/api/aggregates.ts';
import { col } from '../../src/api/expressions.ts';
import { type Bid, errorOf } from './support.ts';

describe('a built-in aggregate', () => {
  const field = { kind: 'field', name: 'price' } as const;

  test('is a plain value that says what it reads', () => {
    expect(count()).toEqual({ kind: 'count', input: { kind: 'record' } });
    expect(sum<Bid>('price')).toEqual({ kind: 'sum', input: field });
    expect(average<Bid>('price')).toEqual({ kind: 'average', input: field });
    expect(minimum<Bid>('price')).toEqual({ kind: 'minimum', input: field });
    expect(maximum<Bid>('price')).toEqual({ kind: 'maximum', input: field });
    expect(countDistinct<Bid>('price')).toEqual({ kind: 'countDistinct', input: field });
    expect(approximateCountDistinct<Bid>('price')).toEqual({
      kind: 'approximateCountDistinct',
      input: field,
    });
    expect(topN<Bid>(3, 'price')).toEqual({ kind: 'topN', input: field, limit: 3 });
    expect(quantiles<Bid>('price', [0.5, 1])).toEqual({
      kind: 'quantiles',
      input: field,
      quantiles: [0.5, 1],
    });
  });

  test('reads a field, an expression, a function, or the whole record', () => {
    const price = (bid: Bid): number => bid.price;
    const euros = col('price').mul(0.9);
    expect(sum<Bid>(price).input).toEqual({ kind: 'function', function: price });
    expect(sum<Bid>(euros).input).toEqual({ kind: 'expression', expression: euros.expression });
    expect([first<Bid>(), last<Bid>(), collectAll<Bid>()].map(({ input }) => input.kind)).toEqual([
      'record',
      'record',
      'record',
    ]);
    expect(first<Bid, 'price'>('price').input).toEqual(field);
    expect(last(price).input.kind).toBe('function');
    expect(collectAll<Bid, 'price'>('price').input).toEqual(field);
  });

  test.each([[[]], [[-0.1]], [[1.01]], [[0.5, Number.NaN]]])('of quantiles %j is refused', (which) => {
    expect(errorOf(() => quantiles<Bid>('price', which)).code).toBe('job-invalid');
  });

  test.each([0, -1, 2.5, 100_001])('of the top %d is refused', (limit) => {
    expect(errorOf(() => topN<Bid>(limit, 'price')).message).toContain(`number of records ${limit}`);
  });
});
