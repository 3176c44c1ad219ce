import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataStream } from '../../src/api/data-stream.ts';
import { createEnvironment } from '../../src/api/environment.ts';
import { col, type Expr } from '../../src/api/expressions.ts';
import type { TransformNode } from '../../src/api/transform.ts';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import { fieldsRead } from '../../src/graph/fields.ts';
import { plannedSink, plannedSource } from '../api/support.ts';

const names = ['a', 'b', 'c', 'd'] as const;
type Name = (typeof names)[number];
type Row = Readonly<Record<Name, number | null>>;

/** An expression over the fields of a row, as a tree of choices. */
const { number } = fc.letrec<{ number: Expr<number | null, Name> }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...names).map((name): Expr<number | null, Name> => col(name)),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'mul'), tie('number'), tie('number'))
      .map(([operation, left, right]): Expr<number | null, Name> => left[operation](right)),
    tie('number').map((inner) => inner.neg()),
    fc.tuple(tie('number'), fc.integer()).map(([inner, constant]) => inner.add(constant)),
  ),
}));

/** A step that passes records on, or makes new ones with the same fields. */
const step = fc.oneof(
  number.map((condition) => (rows: DataStream<Row>) => rows.where(condition.gt(0))),
  number.map((value) => (rows: DataStream<Row>) => rows.where(value.isNull().not())),
  fc.tuple(number, number, number, number).map(
    ([a, b, c, d]) =>
      (rows: DataStream<Row>): DataStream<Row> =>
        rows.select({ a, b, c, d }),
  ),
);

const row: fc.Arbitrary<Row> = fc.record({
  a: fc.option(fc.integer()),
  b: fc.option(fc.integer()),
  c: fc.option(fc.integer()),
  d: fc.option(fc.integer()),
});

/** What becomes of a record in the fused transforms of a graph; undefined = it was left out. */
const run = (nodes: readonly TransformNode[], record: unknown): unknown => {
  let value = record;
  for (const { spec } of nodes) {
    if (spec.kind !== 'fused') continue;
    if (spec.step.kind === 'filterExpression' && evaluateExpression(spec.step.expression, value) !== true)
      return undefined;
    if (spec.step.kind !== 'project') continue;
    const entries = Object.entries(spec.step.fields);
    value = Object.fromEntries(
      entries.map(([name, expression]) => [name, evaluateExpression(expression, value)]),
    );
  }
  return value;
};

describe('a record with only the fields that a graph reads', () => {
  test('gives the same results as the whole record', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 5 }),
        number,
        fc.array(row, { maxLength: 5 }),
        (steps, last, rows) => {
          const env = createEnvironment();
          const source = env.fromSource(plannedSource<Row>());
          steps
            .reduce((stream, next) => next(stream), source)
            .select({ result: last })
            .sinkTo(plannedSink());
          const [demand] = fieldsRead(env.nodes).values();
          expect(demand?.all).toEqual([]);
          for (const whole of rows) {
            const narrow = Object.fromEntries(
              Object.entries(whole).filter(([name]) => demand?.names.has(name)),
            );
            expect(run(env.nodes, narrow)).toEqual(run(env.nodes, whole));
          }
        },
      ),
    );
  });
});
