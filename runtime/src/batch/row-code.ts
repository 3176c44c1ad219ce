/** Text of loops over rows. See `generate.ts` for what may stand in it. */
import type { CodeArguments } from './code-arguments.ts';
import { binaryOperations, functions, isInherited, readField, unaryOperations } from './operations.ts';
import type { BinaryOperator, Expression, FusedPlan, FusedStep } from './plan.ts';
import { checkFirstResult, refuseLateEmit, refusePromise } from './step-checks.ts';
import { setField } from './values.ts';

/** Operators that do for two numbers what the operation does. */
const numberOperators: Readonly<Partial<Record<BinaryOperator, string>>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  eq: '===',
  ne: '!==',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** Writes expressions over the record in the variable `v`. */
class ExpressionText {
  readonly temporaries: string[] = [];
  private readonly passed: CodeArguments;

  constructor(passed: CodeArguments) {
    this.passed = passed;
  }

  write(expression: Expression): string {
    switch (expression.kind) {
      case 'column':
        return this.column(expression.name);
      case 'literal':
        return this.passed.pass(expression.value);
      case 'binary':
        return this.binary(expression);
      case 'unary': {
        const operation = this.passed.pass(unaryOperations[expression.op]);
        return `${operation}(${this.write(expression.operand)})`;
      }
      case 'call': {
        const operation = this.passed.pass(functions[expression.function]);
        return `${operation}(${this.write(expression.arguments[0] as Expression)})`;
      }
    }
  }

  private column(name: string): string {
    const field = this.passed.pass(name);
    if (isInherited(name)) return `${this.passed.pass(readField)}(v, ${field})`;
    return `(typeof v === 'object' && v !== null ? v[${field}] : undefined)`;
  }

  private binary({ op, left, right }: Extract<Expression, { kind: 'binary' }>): string {
    const [first, second] = [this.write(left), this.write(right)];
    if (op === 'and') return `(${first} ? ${second} ? true : false : false)`;
    if (op === 'or') return `(${first} ? true : ${second} ? true : false)`;
    const [a, b] = [this.temporary(), this.temporary()];
    const operation = this.passed.pass(binaryOperations[op]);
    const inline = `typeof ${a} === 'number' && typeof ${b} === 'number' ? ${a} ${numberOperators[op]} ${b}`;
    return `(${a} = ${first}, ${b} = ${second}, ${inline} : ${operation}(${a}, ${b}))`;
  }

  private temporary(): string {
    const name = `e${this.temporaries.length}`;
    this.temporaries.push(name);
    return name;
  }
}

/** Steps whose first results one bit mask can keep book of. */
const maskBits = 30;

/** Writes the loop of one plan. */
export class RowLoopText {
  private readonly plan: FusedPlan;
  private readonly passed: CodeArguments;
  private readonly expressions: ExpressionText;
  private readonly refuse: string;
  private readonly checkFirst: string;

  constructor(plan: FusedPlan, passed: CodeArguments) {
    this.plan = plan;
    this.passed = passed;
    this.expressions = new ExpressionText(passed);
    this.refuse = passed.pass(refusePromise);
    this.checkFirst = passed.pass(checkFirstResult);
  }

  /** The body of a function that returns the loop. Bits of the masks stand for steps whose results nobody has seen yet. */
  write(): string {
    const masks = Array.from(
      { length: Math.ceil(this.plan.steps.length / maskBits) },
      (_, k) => `m${k} = -1`,
    );
    const main = this.run(0, 'continue');
    const emits = this.plan.steps.map((step, at) => (step.kind === 'flatMap' ? this.emit(at) : ''));
    const { temporaries } = this.expressions;
    const variables = temporaries.length === 0 ? '' : `let ${temporaries.join(', ')};`;
    return `${masks.length === 0 ? '' : `let ${masks.join(', ')};`}
    return (rows, timestamps, from, length, output, cursor) => {
      let outRows = output.rows, outTimes = output.timestamps, count = output.count, capacity = outTimes.length;
      let index = from, step = 0, before = count;
      ${variables}
      ${emits.join('\n')}
      try {
        for (; index < length; index++) {
          before = count;
          let v = rows[index], t = timestamps[index];
          ${main}
        }
      } catch (error) {
        cursor.index = index;
        cursor.step = step;
        cursor.countBefore = before;
        throw error;
      } finally {
        output.count = count;
        ${this.plan.steps.map(({ kind }, at) => (kind === 'flatMap' ? `calling${at} = false;` : '')).join('')}
      }
    };`;
  }

  /** The steps from `position` to the next flatMap or the end; `leave` drops the record. */
  private run(position: number, leave: 'continue' | 'return'): string {
    const { steps } = this.plan;
    const end = steps.findIndex(({ kind }, at) => at >= position && kind === 'flatMap');
    const last = end < 0 ? steps.length : end + 1;
    const texts = steps.slice(position, last).map((step, k) => this.step(step, position + k, leave));
    return `${texts.join('\n')}\n${end < 0 ? this.append() : ''}`;
  }

  private step(step: FusedStep, at: number, leave: string): string {
    return `step = ${at}; ${this.effect(step, at, leave)}`;
  }

  private effect(step: FusedStep, at: number, leave: string): string {
    switch (step.kind) {
      case 'map':
        return `v = ${this.passed.pass(step.function)}(v); ${this.check(at, 'map')}`;
      case 'filter': {
        const call = `const kept${at} = ${this.passed.pass(step.function)}(v);`;
        const unusual = `${this.refuse}(kept${at}, 'filter'); if (!kept${at}) ${leave};`;
        return `${call} if (kept${at} !== true) { if (kept${at} === false) ${leave}; ${unusual} }`;
      }
      case 'filterExpression':
        return `if (!${this.expressions.write(step.expression)}) ${leave};`;
      case 'project':
        return this.project(step.fields, at);
      case 'timestamp':
        return `{ const time = ${this.passed.pass(step.function)}(v, t);
          if (typeof time !== 'number') ${this.refuse}(time, 'timestamp');
          t = time; }`;
      case 'flatMap':
        return `time${at} = t; calling${at} = true;
          const result${at} = ${this.passed.pass(step.function)}(v, emit${at});
          calling${at} = false;
          if (result${at} !== undefined) ${this.refuse}(result${at}, 'flatMap');`;
    }
  }

  private check(at: number, kind: 'map' | 'flatMap'): string {
    const mask = `m${Math.floor(at / maskBits)}`;
    const bit = 1 << (at % maskBits);
    return `if ((${mask} & ${bit}) !== 0) { ${this.checkFirst}(v, '${kind}'); ${mask} &= ${~bit}; }
      else if (typeof v === 'object' && v !== null && typeof v.then === 'function') ${this.refuse}(v, '${kind}');`;
  }

  private project(fields: Readonly<Record<string, Expression>>, at: number): string {
    const names = Object.keys(fields);
    const template: Record<string, unknown> = {};
    for (const name of names) setField(template, name, undefined);
    const stores = names.map((name) => {
      const value = this.expressions.write(fields[name] as Expression);
      return `o${at}[${this.passed.pass(name)}] = ${value};`;
    });
    return `const o${at} = { ...${this.passed.pass(template)} }; ${stores.join(' ')} v = o${at};`;
  }

  /** What a flatMap hands on its records by: the steps behind it, for each of them. */
  private emit(at: number): string {
    return `let calling${at} = false, time${at} = 0;
      const run${at} = (v, t) => { ${this.run(at + 1, 'return')} };
      const emit${at} = (v, timestampMs) => {
        if (!calling${at}) ${this.passed.pass(refuseLateEmit)}();
        ${this.check(at, 'flatMap')}
        run${at}(v, timestampMs === undefined ? time${at} : timestampMs);
        step = ${at};
      };`;
  }

  private append(): string {
    return `if (count === capacity) {
        output.count = count;
        output.grow();
        outRows = output.rows;
        outTimes = output.timestamps;
        capacity = outTimes.length;
      }
      outRows[count] = v;
      outTimes[count] = t;
      count += 1;`;
  }
}
