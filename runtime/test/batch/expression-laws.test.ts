import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type {
  BinaryOperator,
  Expression,
  FunctionName,
  FusedStep,
  UnaryOperator,
} from '../../src/batch/plan.ts';
import { compareValues, equalValues } from '../../src/batch/values.ts';
import { overWire } from './trips.ts';

const numbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3,
  7,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  Number.NaN,
  Infinity,
  -Infinity,
];
const strings = [
  '',
  'a',
  'A',
  'b',
  'aa',
  '0',
  '1',
  '-1',
  'NaN',
  ' ',
  'ü',
  'Ü',
  'ß',
  '😀',
  '\uD83D',
  'longer than 12',
];
const booleans = [true, false];
const others = [null, undefined, 0n, 5n, -(2n ** 70n), new Date(0), new Date(7), new Date(Number.NaN)];

const binary: readonly BinaryOperator[] = [
  'add',
  'sub',
  'mul',
  'div',
  'mod',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
];
const unary: readonly UnaryOperator[] = ['not', 'neg', 'isNull'];
const calls: readonly FunctionName[] = ['lower', 'upper', 'length', 'abs', 'floor', 'ceil', 'round'];

const a: Expression = { kind: 'column', name: 'a' };
const b: Expression = { kind: 'column', name: 'b' };
const literal = (value: unknown): Expression => ({ kind: 'literal', value });
const ofTwo = (op: BinaryOperator, left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  op,
  left,
  right,
});

interface Row {
  readonly a: unknown;
  readonly b: unknown;
}

const pairs = (left: readonly unknown[], right: readonly unknown[]): Row[] =>
  left.flatMap((one) => right.map((two) => ({ a: one, b: two })));

/** What the interpreter makes of each record; `fails` where it throws. */
const interpreted = (expression: Expression, rows: readonly Row[]): unknown[] =>
  rows.map((row) => {
    try {
      return evaluateExpression(expression, row);
    } catch {
      return 'fails';
    }
  });

const times = (rows: readonly unknown[]): Float64Array => Float64Array.from(rows, (_, i) => i);

/** The same by a loop over rows, which leaves out the records that fail. */
const byRows = (step: FusedStep, batch: Batch): unknown[] => {
  const { runRows } = createLoop({ steps: [step] });
  const output = new FusedRows(1);
  const at = { index: 0, step: 0, countBefore: 0 };
  const rows = batch.rows();
  for (let from = 0; from < rows.length; ) {
    try {
      runRows(rows, batch.timestamps, from, rows.length, output, at);
      break;
    } catch {
      output.truncate(at.countBefore);
      from = at.index + 1;
    }
  }
  return [...output.toBatch().rows()];
};

const columnar = (rows: readonly Row[]): Batch => {
  const set = toColumns(rows, rows.length);
  if (set === undefined) throw new Error('There are no columns.');
  return Batch.ofColumns(set, times(rows), rows.length);
};

/** By a loop over columns; undefined when these columns need rows. */
const byColumns = (step: FusedStep, batch: Batch): unknown[] | undefined => {
  const result = createLoop({ steps: [step] }).runColumns?.(batch);
  return result?.rows().slice(0, result.length);
};

/** Whether some loop over columns has run. */
const compareAll = (expression: Expression, rows: readonly Row[]): boolean => {
  const expected = interpreted(expression, rows);
  const made = expected.filter((value) => value !== 'fails').map((x) => ({ x }));
  const kept = rows.filter((_, i) => expected[i] !== 'fails' && Boolean(expected[i]));
  const project: FusedStep = { kind: 'project', fields: { x: expression } };
  const filter: FusedStep = { kind: 'filterExpression', expression };
  const batch = Batch.ofRows(rows, times(rows));
  assert.deepStrictEqual(byRows(project, batch), made);
  assert.deepStrictEqual(byRows(filter, batch), kept);
  let ran = false;
  for (const one of [columnar(rows), overWire(columnar(rows))]) {
    const projected = byColumns(project, one);
    const filtered = byColumns(filter, one);
    if (projected !== undefined) assert.deepStrictEqual(projected, made);
    if (filtered !== undefined) assert.deepStrictEqual(filtered, kept);
    ran ||= projected !== undefined;
  }
  return ran;
};

const types = [
  ['numbers', numbers],
  ['strings', strings],
  ['booleans', booleans],
  ['others', others],
] as const;

describe.each(binary)('the operation %s', (op) => {
  it.each(types.flatMap(([one, left]) => types.map(([two, right]) => [one, two, left, right] as const)))(
    'means the same interpreted, over rows, over columns and over bytes, of every pair: %s and %s',
    (_, __, left, right) => {
      compareAll(ofTwo(op, a, b), pairs(left, right));
    },
  );

  it('means the same of a field and of a constant, on either side', () => {
    for (const [, values] of types) {
      for (const value of [1, 'a', true, null, undefined, -0, Number.NaN, 2n, new Date(5)]) {
        const rows = pairs(values, ['unused']);
        compareAll(ofTwo(op, a, literal(value)), rows);
        compareAll(ofTwo(op, literal(value), a), rows);
      }
    }
  });

  it('runs over columns of numbers', () => {
    expect(compareAll(ofTwo(op, a, b), pairs(numbers, numbers))).toBe(true);
  });
});

describe.each([...unary, ...calls])('the operation %s', (name) => {
  const expression: Expression = unary.includes(name as UnaryOperator)
    ? { kind: 'unary', op: name as UnaryOperator, operand: a }
    : { kind: 'call', function: name as FunctionName, arguments: [a] };

  it.each(types)('means the same interpreted, over rows, over columns and over bytes: of %s', (_, values) => {
    compareAll(expression, pairs(values, ['unused']));
    compareAll(ofTwo('eq', expression, expression), pairs(values, ['unused']));
  });
});

describe('operations', () => {
  const all = types.flatMap(([, values]) => values as readonly unknown[]);
  const value = (expression: Expression, row: Row): unknown => evaluateExpression(expression, row);
  const isAbsent = (held: unknown): boolean => held === null || held === undefined;

  it('of equality are each other’s opposite, wherever both sides are there', () => {
    for (const row of pairs(all, all)) {
      const [eq, ne] = [value(ofTwo('eq', a, b), row), value(ofTwo('ne', a, b), row)];
      if (isAbsent(row.a) || isAbsent(row.b)) expect([eq, ne]).toEqual([false, false]);
      else expect(eq).toBe(!(ne as boolean));
      const isNaNs = typeof row.a === 'number' && Number.isNaN(row.a);
      if (!isNaNs && !isAbsent(row.a)) expect(eq).toBe(equalValues(row.a, row.b));
    }
  });

  it('of order agree with the order of the domain, within one type', () => {
    for (const values of [numbers, strings, booleans, [0n, 5n, -(2n ** 70n)], [new Date(0), new Date(7)]]) {
      for (const row of pairs(values, values)) {
        if (Number.isNaN(row.a) || Number.isNaN(row.b)) continue;
        const order = compareValues(row.a, row.b);
        expect(value(ofTwo('lt', a, b), row)).toBe(order < 0);
        expect(value(ofTwo('le', a, b), row)).toBe(order <= 0);
        expect(value(ofTwo('gt', a, b), row)).toBe(order > 0);
        expect(value(ofTwo('ge', a, b), row)).toBe(order >= 0);
      }
    }
  });

  it('of order say the same from both sides, and never both ways', () => {
    for (const row of pairs(all, all)) {
      expect(value(ofTwo('lt', a, b), row)).toBe(value(ofTwo('gt', b, a), row));
      expect(value(ofTwo('le', a, b), row)).toBe(value(ofTwo('ge', b, a), row));
      expect(value(ofTwo('and', ofTwo('lt', a, b), ofTwo('gt', a, b)), row)).toBe(false);
    }
  });

  it('of logic follow their tables, and De Morgan', () => {
    const not = (operand: Expression): Expression => ({ kind: 'unary', op: 'not', operand });
    for (const row of pairs(all, all)) {
      const [left, right] = [Boolean(row.a), Boolean(row.b)];
      expect(value(ofTwo('and', a, b), row)).toBe(left && right);
      expect(value(ofTwo('or', a, b), row)).toBe(left || right);
      expect(value(not(ofTwo('and', a, b)), row)).toBe(value(ofTwo('or', not(a), not(b)), row));
      expect(value(not(ofTwo('or', a, b)), row)).toBe(value(ofTwo('and', not(a), not(b)), row));
    }
  });

  it('of something absent are null in arithmetic, whatever the other side is', () => {
    for (const op of ['add', 'sub', 'mul', 'div', 'mod'] as const) {
      for (const absent of [null, undefined]) {
        for (const other of all) {
          expect(value(ofTwo(op, a, b), { a: absent, b: other })).toBe(null);
          expect(value(ofTwo(op, a, b), { a: other, b: absent })).toBe(null);
        }
      }
    }
  });
});
