import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import {
  type BinaryOperator,
  type Expression,
  expressionsOf,
  type FunctionName,
  fieldsOf,
} from '../../src/batch/plan.ts';
import * as arbitrary from './arbitrary.ts';

const literal = (value: unknown): Expression => ({ kind: 'literal', value });

const column = (name: string): Expression => ({ kind: 'column', name });

const binary = (op: BinaryOperator, left: unknown, right: unknown): unknown =>
  evaluateExpression({ kind: 'binary', op, left: literal(left), right: literal(right) }, {});

const call = (name: FunctionName, argument: unknown): unknown =>
  evaluateExpression({ kind: 'call', function: name, arguments: [literal(argument)] }, {});

const unary = (op: 'not' | 'neg' | 'isNull', operand: unknown): unknown =>
  evaluateExpression({ kind: 'unary', op, operand: literal(operand) }, {});

const arithmetic = ['add', 'sub', 'mul', 'div', 'mod'] as const;
const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;

describe('arithmetic', () => {
  it('of two numbers is that of JavaScript', () => {
    fc.assert(
      fc.property(arbitrary.number, arbitrary.number, (a, b) => {
        expect(arithmetic.map((op) => binary(op, a, b))).toEqual([a + b, a - b, a * b, a / b, a % b]);
      }),
    );
  });

  it('of two bigints is that of JavaScript', () => {
    expect(arithmetic.map((op) => binary(op, 7n, -2n))).toEqual([5n, 9n, -14n, -3n, 1n]);
    expect(() => binary('div', 1n, 0n)).toThrow(RangeError);
  });

  it('of something absent is null', () => {
    for (const op of arithmetic) {
      for (const absent of [null, undefined]) {
        expect([binary(op, absent, 1), binary(op, 'a', absent), binary(op, absent, absent)]).toEqual([
          null,
          null,
          null,
        ]);
      }
    }
  });

  it('joins texts, also with what has a text', () => {
    expect(binary('add', 'a', 'b')).toBe('ab');
    expect([binary('add', 'n', 1), binary('add', 2n, 'n'), binary('add', 'is ', true)]).toEqual([
      'n1',
      '2n',
      'is true',
    ]);
  });

  it('takes a date for its milliseconds and a text for its number', () => {
    expect(binary('sub', new Date(5000), new Date(2000))).toBe(3000);
    expect(binary('add', new Date(5), 1)).toBe(6);
    expect([binary('mul', '5', 2), binary('sub', 'x', 2), binary('add', true, 1)]).toEqual([
      10,
      Number.NaN,
      2,
    ]);
  });

  it.each([
    ['a bigint with a number', 1n, 1],
    ['an object', {}, 1],
    ['a list', 1, [2]],
    ['bytes', new Uint8Array(1), 1],
  ])('refuses %s and says of what', (_, left, right) => {
    for (const op of arithmetic) {
      expect(() => binary(op, left, right)).toThrow(expect.objectContaining({ code: 'user-code' }));
      expect(() => binary(op, left, right)).toThrow(`The expression ${op} cannot be computed of`);
    }
  });

  it('does not join a text with an object', () => {
    expect(() => binary('add', 'a', { b: 1 })).toThrow(/"a" and \{b: 1\}/);
  });
});

describe('a comparison', () => {
  it('of two numbers is that of JavaScript, NaN included', () => {
    fc.assert(
      fc.property(arbitrary.number, arbitrary.number, (a, b) => {
        expect(comparisons.map((op) => binary(op, a, b))).toEqual([
          a === b,
          a !== b,
          a < b,
          a <= b,
          a > b,
          a >= b,
        ]);
      }),
    );
    expect(binary('eq', Number.NaN, Number.NaN)).toBe(false);
  });

  it('of two texts goes by code unit', () => {
    fc.assert(
      fc.property(arbitrary.text, arbitrary.text, (a, b) => {
        expect(comparisons.map((op) => binary(op, a, b))).toEqual([
          a === b,
          a !== b,
          a < b,
          a <= b,
          a > b,
          a >= b,
        ]);
      }),
    );
  });

  it('with something absent is false, whichever it is', () => {
    for (const op of comparisons) {
      for (const absent of [null, undefined]) {
        expect([binary(op, absent, 1), binary(op, 1, absent), binary(op, absent, absent)]).toEqual([
          false,
          false,
          false,
        ]);
      }
    }
  });

  it('for equality is by content and never across types', () => {
    expect(binary('eq', new Date(5), new Date(5))).toBe(true);
    expect(binary('eq', { a: [1] }, { a: [1] })).toBe(true);
    expect([binary('eq', 1, 1n), binary('eq', 1, '1'), binary('eq', new Date(1), 1)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([binary('ne', 1, 1n), binary('ne', { a: 1 }, { a: 1 })]).toEqual([true, false]);
  });

  it('for order mixes numbers, bigints and dates, and nothing else', () => {
    expect([binary('lt', 1, 2n), binary('ge', new Date(5), 5), binary('gt', 3n, new Date(2))]).toEqual([
      true,
      true,
      true,
    ]);
    expect([binary('lt', false, true), binary('le', 'a', 'a')]).toEqual([true, true]);
    for (const op of ['lt', 'le', 'gt', 'ge'] as const) {
      expect([binary(op, '1', 2), binary(op, 1, '2'), binary(op, [1], [2]), binary(op, true, 2)]).toEqual([
        false,
        false,
        false,
        false,
      ]);
    }
  });
});

describe('and, or and not', () => {
  it('give booleans by the truth of JavaScript, where absent is false', () => {
    expect([
      binary('and', 1, 'a'),
      binary('and', 1, ''),
      binary('or', 0, 'a'),
      binary('or', null, undefined),
    ]).toEqual([true, false, true, false]);
    expect([unary('not', null), unary('not', 0), unary('not', 'a')]).toEqual([true, true, false]);
  });

  it('do not compute the second operand when the first decides', () => {
    const failing: Expression = { kind: 'binary', op: 'mul', left: literal({}), right: literal(1) };
    const withFailing = (op: 'and' | 'or', left: unknown): unknown =>
      evaluateExpression({ kind: 'binary', op, left: literal(left), right: failing }, {});
    expect([withFailing('and', false), withFailing('or', true)]).toEqual([false, true]);
    expect(() => withFailing('and', true)).toThrow(/cannot be computed/);
  });
});

describe('the other operations', () => {
  it('negate and test for what is absent', () => {
    expect([unary('neg', 5), unary('neg', 5n), unary('neg', null), unary('neg', '4')]).toEqual([
      -5,
      -5n,
      null,
      -4,
    ]);
    expect(Object.is(unary('neg', 0), -0)).toBe(true);
    expect([unary('isNull', null), unary('isNull', undefined), unary('isNull', 0)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => unary('neg', [1])).toThrow(/neg cannot be computed of \[1\]/);
  });

  it('work on texts', () => {
    expect([call('lower', 'ÄB'), call('upper', 'äß'), call('length', '😀a')]).toEqual(['äb', 'ÄSS', 3]);
    expect([call('lower', null), call('length', undefined)]).toEqual([null, null]);
    expect(() => call('upper', 5)).toThrow(/upper cannot be computed of 5/);
  });

  it('work on numbers', () => {
    const names = ['abs', 'floor', 'ceil', 'round'] as const;
    expect(names.map((name) => call(name, -2.5))).toEqual([2.5, -3, -2, -2]);
    expect(names.map((name) => call(name, -5n))).toEqual([5n, -5n, -5n, -5n]);
    expect(names.map((name) => call(name, null))).toEqual([null, null, null, null]);
    expect(call('abs', new Date(-5))).toBe(5);
    expect(() => call('round', {})).toThrow(/round cannot be computed/);
  });
});

describe('a field', () => {
  it('is read from a record, and undefined where there is none', () => {
    const read = (name: string, record: unknown): unknown => evaluateExpression(column(name), record);
    expect([read('a', { a: 1 }), read('b', { a: 1 }), read('a', { a: null })]).toEqual([1, undefined, null]);
    expect([read('a', null), read('length', 'text'), read('a', 5), read('a', undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is never one that the record inherits', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(evaluateExpression(column(name), {})).toBeUndefined();
      expect(evaluateExpression(column(name), JSON.parse(`{"${name}": 5}`))).toBe(5);
    }
  });
});

describe('the fields that expressions read', () => {
  it('are all of them, each once', () => {
    const sum: Expression = { kind: 'binary', op: 'add', left: column('a'), right: column('b') };
    const all: Expression = {
      kind: 'binary',
      op: 'and',
      left: { kind: 'unary', op: 'isNull', operand: { kind: 'call', function: 'abs', arguments: [sum] } },
      right: { kind: 'binary', op: 'eq', left: column('a'), right: literal('c') },
    };
    expect(fieldsOf(all, column('z'))).toEqual(['a', 'b', 'z']);
    expect(expressionsOf({ kind: 'filterExpression', expression: all })).toEqual([all]);
    expect(expressionsOf({ kind: 'project', fields: { x: sum, y: all } })).toEqual([sum, all]);
    expect(expressionsOf({ kind: 'map', function: (value) => value })).toEqual([]);
  });

  it('are all that its value depends on', () => {
    fc.assert(
      fc.property(arbitrary.expression, arbitrary.record, (expression, record) => {
        const needed = new Set(fieldsOf(expression));
        const less = arbitrary.objectOf(Object.entries(record).filter(([name]) => needed.has(name)));
        const attempt = (row: unknown): unknown => {
          try {
            return evaluateExpression(expression, row);
          } catch (error) {
            return String(error);
          }
        };
        expect(attempt(less)).toEqual(attempt(record));
      }),
    );
  });
});
