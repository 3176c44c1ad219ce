import { describe, expect, it } from 'vitest';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type { BinaryOperator, Expression, FunctionName, UnaryOperator } from '../../src/batch/plan.ts';
import { describeValue } from '../../src/batch/values.ts';
import { fromNotation, type Notation, readGolden } from './notation.ts';

interface Operands {
  readonly operands: readonly Notation[];
}

/** The results of one operation with each of the operands (on the right side), `fails` where it throws. */
interface Row {
  readonly op: string;
  readonly left?: Notation;
  readonly results: readonly string[];
}

const [first, ...rows] = readGolden<Operands | Row>('expressions.json') as [Operands, ...Row[]];
const operands = first.operands.map(fromNotation);

const x: Expression = { kind: 'column', name: 'x' };

const unaryOperators: readonly string[] = ['not', 'neg', 'isNull'] satisfies UnaryOperator[];

/** The operation over the field `x`. */
const expressionOf = ({ op, left }: Row): Expression => {
  if (left !== undefined) {
    return {
      kind: 'binary',
      op: op as BinaryOperator,
      left: { kind: 'literal', value: fromNotation(left) },
      right: x,
    };
  }
  if (unaryOperators.includes(op)) return { kind: 'unary', op: op as UnaryOperator, operand: x };
  return { kind: 'call', function: op as FunctionName, arguments: [x] };
};

const textOf = (compute: () => unknown): string => {
  try {
    return describeValue(compute(), 80);
  } catch {
    return 'fails';
  }
};

const titled = rows.map((row) => [
  row.left === undefined ? `${row.op} of anything` : `${row.op} of ${JSON.stringify(row.left)} and anything`,
  row,
]) as [string, Row][];

describe('the golden table of the operations', () => {
  it.each(titled)('holds for %s in the interpreter', (_, row) => {
    const expression = expressionOf(row);
    expect(operands.map((operand) => textOf(() => evaluateExpression(expression, { x: operand })))).toEqual(
      row.results,
    );
  });

  it.each(titled)('holds for %s in a generated loop', (_, row) => {
    const loop = createLoop({ steps: [{ kind: 'project', fields: { result: expressionOf(row) } }] });
    const computed = (operand: unknown): unknown => {
      const output = new FusedRows(1);
      loop.runRows([{ x: operand }], new Float64Array(1), 0, 1, output, {
        index: 0,
        step: 0,
        countBefore: 0,
      });
      return (output.toBatch().rows()[0] as { result: unknown }).result;
    };
    expect(operands.map((operand) => textOf(() => computed(operand)))).toEqual(row.results);
  });

  it('has every operation with every operand', () => {
    expect(rows).toHaveLength(13 * operands.length + 3 + 7);
    expect(rows.every(({ results }) => results.length === operands.length)).toBe(true);
  });
});
