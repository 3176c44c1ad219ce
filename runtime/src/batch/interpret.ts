/**
 * Plans without generated code: slower, for programs that run with `--disallow-code-generation-from-strings`, and in the
 * tests the measure of what generated loops must do.
 */
import { binaryOperations, functions, isTrue, readField, unaryOperations } from './operations.ts';
import type { Emit, Expression, FusedCursor, FusedOutput, FusedPlan, FusedStep, RowLoop } from './plan.ts';
import { checkFirstResult, refuseLateEmit, refusePromise } from './step-checks.ts';
import { setField } from './values.ts';

const evaluateBinary = (
  { op, left, right }: Extract<Expression, { kind: 'binary' }>,
  record: unknown,
): unknown => {
  const first = evaluateExpression(left, record);
  if (op === 'and') return isTrue(first) && isTrue(evaluateExpression(right, record));
  if (op === 'or') return isTrue(first) || isTrue(evaluateExpression(right, record));
  return binaryOperations[op](first, evaluateExpression(right, record));
};

/**
 * The value of an expression for one record. What expressions mean stands in `operations.ts`.
 * @throws MillraceError `user-code` when an operation does not fit its values.
 */
export const evaluateExpression = (expression: Expression, record: unknown): unknown => {
  switch (expression.kind) {
    case 'column':
      return readField(record, expression.name);
    case 'literal':
      return expression.value;
    case 'binary':
      return evaluateBinary(expression, record);
    case 'unary':
      return unaryOperations[expression.op](evaluateExpression(expression.operand, record));
    case 'call':
      return functions[expression.function](
        evaluateExpression(expression.arguments[0] as Expression, record),
      );
  }
};

const project = (fields: Readonly<Record<string, Expression>>, record: unknown): Record<string, unknown> => {
  const projected: Record<string, unknown> = {};
  for (const [name, expression] of Object.entries(fields)) {
    setField(projected, name, evaluateExpression(expression, record));
  }
  return projected;
};

/** One run over some records. */
class Interpretation {
  index = 0;
  step = 0;
  countBefore = 0;
  private readonly steps: readonly FusedStep[];
  private readonly checked: boolean[];
  private readonly output: FusedOutput;
  /** The flatMap steps that are being called. */
  private readonly calling: boolean[] = [];

  /** `checked` says of each step whether its first result was looked at; it outlives the run. */
  constructor(steps: readonly FusedStep[], checked: boolean[], output: FusedOutput) {
    this.steps = steps;
    this.checked = checked;
    this.output = output;
  }

  /** Takes one value through the steps from `position` on. */
  run(value: unknown, timestampMs: number, position: number): void {
    let current = value;
    let timeMs = timestampMs;
    for (let at = position; at < this.steps.length; at++) {
      this.step = at;
      const step = this.steps[at] as FusedStep;
      switch (step.kind) {
        case 'map':
          current = step.function(current);
          this.check(current, 'map');
          break;
        case 'filter': {
          const kept = step.function(current);
          refusePromise(kept, 'filter');
          if (!isTrue(kept)) return;
          break;
        }
        case 'filterExpression':
          if (!isTrue(evaluateExpression(step.expression, current))) return;
          break;
        case 'project':
          current = project(step.fields, current);
          break;
        case 'timestamp':
          timeMs = step.function(current, timeMs);
          refusePromise(timeMs, 'timestamp');
          break;
        case 'flatMap':
          this.flatMap(step.function, current, timeMs);
          return;
      }
    }
    this.append(current, timeMs);
  }

  stop(): void {
    this.calling.length = 0;
  }

  private flatMap(call: (value: unknown, emit: Emit) => unknown, value: unknown, timeMs: number): void {
    const at = this.step;
    const emit: Emit = (emitted, timestampMs) => {
      if (this.calling[at] !== true) refuseLateEmit();
      this.check(emitted, 'flatMap');
      this.run(emitted, timestampMs === undefined ? timeMs : timestampMs, at + 1);
      this.step = at;
    };
    this.calling[at] = true;
    const result = call(value, emit);
    this.calling[at] = false;
    refusePromise(result, 'flatMap');
  }

  private check(result: unknown, kind: string): void {
    if (this.checked[this.step] === true) {
      refusePromise(result, kind);
    } else {
      checkFirstResult(result, kind);
      this.checked[this.step] = true;
    }
  }

  private append(value: unknown, timeMs: number): void {
    const { output } = this;
    if (output.count === output.timestamps.length) output.grow();
    output.rows[output.count] = value;
    output.timestamps[output.count] = timeMs;
    output.count += 1;
  }
}

const point = (cursor: FusedCursor, { index, step, countBefore }: Interpretation): void => {
  cursor.index = index;
  cursor.step = step;
  cursor.countBefore = countBefore;
};

/** A loop that reads its plan again for each record. */
export const interpretLoop = ({ steps }: FusedPlan): RowLoop => {
  const checked = steps.map(() => false);
  return (rows, timestamps, from, length, output, cursor) => {
    const run = new Interpretation(steps, checked, output);
    try {
      for (run.index = from; run.index < length; run.index++) {
        run.countBefore = output.count;
        run.run(rows[run.index], timestamps[run.index] as number, 0);
      }
    } catch (error) {
      point(cursor, run);
      throw error;
    } finally {
      run.stop();
    }
  };
};
