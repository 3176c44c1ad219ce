/**
 * Text of loops over columns. Such a loop exists for columns of numbers, texts and booleans without exceptions, and for
 * expressions whose types are known from them; anything else runs over rows. See `generate.ts` for what may stand in it.
 */
import type { CodeArguments } from './code-arguments.ts';
import type { Expression, FunctionName, FusedPlan } from './plan.ts';

/** Types of values that a column loop computes with. */
export type CellType = 'number' | 'string' | 'boolean';

/** A field as the code sees it: text that gives its value, and the input column it is copied from unchanged, if any. */
interface Field {
  readonly type: CellType | undefined;
  readonly text: string;
  readonly input: string | undefined;
}

/** A field of the result: the unchanged column of the input with that name, or the values computed at `position`. */
export type ColumnSource =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'computed'; readonly type: CellType; readonly position: number };

/** What a generated column loop reads and makes. */
export interface ColumnLoopText {
  readonly body: string;
  /** The input columns whose values are passed to the loop, in order. */
  readonly reads: readonly string[];
  /** The fields of the result; undefined if it has those of the input. */
  readonly result: readonly (readonly [name: string, source: ColumnSource])[] | undefined;
  readonly filters: boolean;
}

/** Thrown inside this file where a plan needs rows. */
class NeedsRows extends Error {}

const needsRows = (): never => {
  throw new NeedsRows();
};

const arithmetic: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/', mod: '%' };

const comparisons: Readonly<Record<string, string>> = {
  eq: '===',
  ne: '!==',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** Functions by the type that they take: the code before the argument, and the type of the result. */
const calls: Readonly<
  Record<
    FunctionName,
    { readonly of: CellType; readonly before: string; readonly after: string; readonly type: CellType }
  >
> = {
  lower: { of: 'string', before: '(', after: ').toLowerCase()', type: 'string' },
  upper: { of: 'string', before: '(', after: ').toUpperCase()', type: 'string' },
  length: { of: 'string', before: '(', after: ').length', type: 'number' },
  abs: { of: 'number', before: 'Math.abs(', after: ')', type: 'number' },
  floor: { of: 'number', before: 'Math.floor(', after: ')', type: 'number' },
  ceil: { of: 'number', before: 'Math.ceil(', after: ')', type: 'number' },
  round: { of: 'number', before: 'Math.round(', after: ')', type: 'number' },
};

interface Typed {
  readonly type: CellType;
  readonly text: string;
}

/** Where a plan's loop is put together. */
class ColumnLoopWriter {
  readonly reads: string[] = [];
  private readonly inputTypes: ReadonlyMap<string, CellType | undefined>;
  private readonly passed: CodeArguments;
  /** The fields after the last projection; undefined while they are those of the input. */
  private fields: ReadonlyMap<string, Field> | undefined;
  private statements: string[] = [];
  private locals = 0;
  private filters = false;

  constructor(inputTypes: ReadonlyMap<string, CellType | undefined>, passed: CodeArguments) {
    this.inputTypes = inputTypes;
    this.passed = passed;
  }

  write({ steps }: FusedPlan): ColumnLoopText {
    for (const step of steps) {
      if (step.kind === 'filterExpression') this.filter(step.expression);
      else if (step.kind === 'project') this.project(step.fields);
      else needsRows();
    }
    const { result, outputs } = this.results();
    const isText = (type: CellType): string =>
      type === 'number' ? 'Float64Array' : type === 'string' ? 'Array' : 'Uint8Array';
    const declared = outputs.map(({ type }, k) => `const o${k} = new ${isText(type)}(length);`).join('\n');
    const stored = outputs.map(
      ({ text, type }, k) => `o${k}[count] = ${type === 'boolean' ? `${text} ? 1 : 0` : text};`,
    );
    const body = `${this.reads.map((_, k) => `const c${k} = columns[${k}];`).join(' ')}
      ${declared}
      let count = 0;
      for (let i = 0; i < length; i++) {
        ${this.statements.join('\n')}
        ${stored.join(' ')}
        ${this.filters ? 'selection[count] = i;' : ''}
        count += 1;
      }
      return { count, computed: [${outputs.map((_, k) => `o${k}`).join(', ')}] };`;
    return { body, reads: this.reads, result, filters: this.filters };
  }

  private filter(expression: Expression): void {
    this.filters = true;
    this.statements.push(`if (!(${this.expression(expression).text})) continue;`);
  }

  private project(fields: Readonly<Record<string, Expression>>): void {
    const projected = new Map<string, Field>();
    for (const [name, expression] of Object.entries(fields)) {
      projected.set(
        name,
        expression.kind === 'column' ? this.field(expression.name) : this.local(expression),
      );
    }
    this.fields = projected;
  }

  /** A computed value gets a variable, so that what is read twice is computed once. */
  private local(expression: Expression): Field {
    const { type, text } = this.expression(expression);
    const name = `x${this.locals++}`;
    this.statements.push(`const ${name} = ${text};`);
    return { type, text: name, input: undefined };
  }

  /** The field of this name as the next step sees it. Its code is only made when it is computed with. */
  private field(name: string): Field {
    if (this.fields !== undefined) return this.fields.get(name) ?? needsRows();
    if (!this.inputTypes.has(name)) return needsRows();
    return { type: this.inputTypes.get(name), text: '', input: name };
  }

  private column(name: string): Typed {
    const { type, text, input } = this.field(name);
    if (type === undefined) return needsRows();
    return { type, text: input === undefined ? text : this.read(input, type) };
  }

  private read(name: string, type: CellType): string {
    let position = this.reads.indexOf(name);
    if (position < 0) position = this.reads.push(name) - 1;
    return type === 'boolean' ? `(c${position}[i] !== 0)` : `c${position}[i]`;
  }

  private expression(expression: Expression): Typed {
    switch (expression.kind) {
      case 'column':
        return this.column(expression.name);
      case 'literal':
        return this.literal(expression.value);
      case 'binary':
        return this.binary(expression);
      case 'unary': {
        const { type, text } = this.expression(expression.operand);
        if (expression.op === 'not') return { type: 'boolean', text: `!(${text})` };
        // The columns of such a loop have no exceptions.
        if (expression.op === 'isNull') return { type: 'boolean', text: 'false' };
        return type === 'number' ? { type, text: `(-${text})` } : needsRows();
      }
      case 'call': {
        const { of, before, after, type } = calls[expression.function];
        const argument = this.expression(expression.arguments[0] as Expression);
        return argument.type === of ? { type, text: before + argument.text + after } : needsRows();
      }
    }
  }

  private literal(value: unknown): Typed {
    const type = typeof value;
    if (type !== 'number' && type !== 'string' && type !== 'boolean') return needsRows();
    return { type, text: this.passed.pass(value) };
  }

  private binary({ op, left, right }: Extract<Expression, { kind: 'binary' }>): Typed {
    const [first, second] = [this.expression(left), this.expression(right)];
    if (op === 'and') return { type: 'boolean', text: `(!!${first.text} && !!${second.text})` };
    if (op === 'or') return { type: 'boolean', text: `(!!${first.text} || !!${second.text})` };
    if (first.type !== second.type) return needsRows();
    const comparison = comparisons[op];
    if (comparison !== undefined)
      return { type: 'boolean', text: `(${first.text} ${comparison} ${second.text})` };
    if (first.type !== 'number' && !(op === 'add' && first.type === 'string')) return needsRows();
    if (op === 'mod') return { type: 'number', text: this.remainder(first.text, second.text) };
    return { type: first.type, text: `(${first.text} ${arithmetic[op]} ${second.text})` };
  }

  /** The remainder of doubles is a slow call; positive 32-bit integers have a fast one. Zero would lose its sign there. */
  private remainder(left: string, right: string): string {
    const [a, b] = [`x${this.locals++}`, `x${this.locals++}`];
    this.statements.push(`const ${a} = ${left}, ${b} = ${right};`);
    return `(${a} > 0 && ${b} > 0 && (${a} | 0) === ${a} && (${b} | 0) === ${b} ? (${a} | 0) % (${b} | 0) : ${a} % ${b})`;
  }

  private results(): { readonly result: ColumnLoopText['result']; readonly outputs: readonly Typed[] } {
    if (this.fields === undefined) return { result: undefined, outputs: [] };
    const outputs: Typed[] = [];
    const result = [...this.fields].map(([name, { type, text, input }]): readonly [string, ColumnSource] => {
      if (input !== undefined) return [name, { kind: 'input', name: input }];
      if (type === undefined) return needsRows();
      return [name, { kind: 'computed', type, position: outputs.push({ type, text }) - 1 }];
    });
    return { result, outputs };
  }
}

/**
 * The loop of a plan over columns of these types; a name with the type undefined is there but cannot be computed with.
 * Undefined when the plan needs rows.
 */
export const columnLoopText = (
  plan: FusedPlan,
  inputTypes: ReadonlyMap<string, CellType | undefined>,
  passed: CodeArguments,
): ColumnLoopText | undefined => {
  try {
    return new ColumnLoopWriter(inputTypes, passed).write(plan);
  } catch (error) {
    if (error instanceof NeedsRows) return undefined;
    throw error;
  }
};
