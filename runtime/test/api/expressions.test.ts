import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Column, col, columns, type Expr, lit } from '../../src/api/expressions.ts';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import type { Bid } from './support.ts';

interface Row {
  readonly a: number | null;
  readonly b: number;
  readonly text: string;
  readonly flag: boolean;
}

const row = columns<Row>();
const computed = (expression: Expr, record: unknown): unknown =>
  evaluateExpression(expression.expression, record);

describe('an expression', () => {
  test('wraps its plan', () => {
    expect(col('price').mul(0.908).expression).toEqual({
      kind: 'binary',
      op: 'mul',
      left: { kind: 'column', name: 'price' },
      right: { kind: 'literal', value: 0.908 },
    });
    expect(col('price').neg().expression).toEqual({
      kind: 'unary',
      op: 'neg',
      operand: { kind: 'column', name: 'price' },
    });
    expect(col('name').lower().expression).toEqual({
      kind: 'call',
      function: 'lower',
      arguments: [{ kind: 'column', name: 'name' }],
    });
    expect(lit('x').expression).toEqual({ kind: 'literal', value: 'x' });
  });

  test('takes another expression as well as a constant', () => {
    expect(row.b.add(row.a).expression).toEqual(col('b').add(col('a')).expression);
    expect(lit(1).sub(row.b).expression).toMatchObject({ op: 'sub', left: { kind: 'literal', value: 1 } });
  });

  test('is not changed by building on it', () => {
    const price = col('price');
    const before = structuredClone(price.expression);
    price.add(1).mul(2).gt(3).not();
    expect(price.expression).toEqual(before);
  });

  test('of a column knows its field', () => {
    expect(columns<Bid>().auction).toBeInstanceOf(Column);
    expect(columns<Bid>().auction.field).toBe('auction');
    expect(col('auction')).toEqual(columns<Bid>().auction);
  });

  test.each([
    ['add', row.b.add(2), 9],
    ['sub', row.b.sub(2), 5],
    ['mul', row.b.mul(2), 14],
    ['div', row.b.div(2), 3.5],
    ['mod', row.b.mod(4), 3],
    ['eq', row.b.eq(7), true],
    ['ne', row.b.ne(7), false],
    ['lt', row.b.lt(7), false],
    ['le', row.b.le(7), true],
    ['gt', row.b.gt(6), true],
    ['ge', row.b.ge(8), false],
    ['and', row.flag.and(row.b.gt(8)), false],
    ['or', row.flag.or(row.b.gt(8)), true],
    ['not', row.flag.not(), false],
    ['neg', row.b.neg(), -7],
    ['isNull', row.a.isNull(), true],
    ['lower', row.text.lower(), 'abc'],
    ['upper', row.text.upper(), 'ABC'],
    ['length', row.text.length(), 3],
    ['abs', row.b.neg().abs(), 7],
    ['floor', row.b.div(2).floor(), 3],
    ['ceil', row.b.div(2).ceil(), 4],
    ['round', row.b.div(2).round(), 4],
    ['null in arithmetic', row.a.add(1), null],
    ['null in a comparison', row.a.lt(1), false],
  ] as readonly [string, Expr, unknown][])('%s means what it says', (_name, expression, expected) => {
    expect(computed(expression, { a: null, b: 7, text: 'aBc', flag: true })).toBe(expected);
  });

  test('over numbers computes what the same closure computes', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.double(), (a, b, c) => {
        const expression = row.b.mul(a).add(row.a.sub(b)).div(c);
        expect(computed(expression, { a: b, b: c })).toEqual((c * a + (b - b)) / c);
        expect(computed(row.b.gt(a).and(row.b.le(b)).or(row.b.eq(c)), { b: c })).toBe(
          (c > a && c <= b) || !Number.isNaN(c),
        );
      }),
    );
  });
});
