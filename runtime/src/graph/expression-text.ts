import type { Expression } from '../batch/plan.ts';
import { describeValue } from '../batch/values.ts';

const signs = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  eq: '=',
  ne: '≠',
  lt: '<',
  le: '≤',
  gt: '>',
  ge: '≥',
  and: 'and',
  or: 'or',
} as const;

/** Characters of a constant that are shown. */
const shownCharacters = 40;

/** An expression as a person writes it, e.g. `(price * 0.908) > 100`. */
export const expressionText = (expression: Expression): string => {
  switch (expression.kind) {
    case 'column':
      return expression.name;
    case 'literal':
      return describeValue(expression.value, shownCharacters);
    case 'binary':
      return `${part(expression.left)} ${signs[expression.op]} ${part(expression.right)}`;
    case 'unary':
      return expression.op === 'isNull'
        ? `${part(expression.operand)} is null`
        : `${expression.op === 'neg' ? '-' : 'not '}${part(expression.operand)}`;
    case 'call':
      return `${expression.function}(${expression.arguments.map(expressionText).join(', ')})`;
  }
};

const part = (expression: Expression): string =>
  expression.kind === 'binary' || expression.kind === 'unary'
    ? `(${expressionText(expression)})`
    : expressionText(expression);
