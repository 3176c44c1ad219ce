import fc from 'fast-check';
import type { Expression, FusedPlan, FusedStep } from '../../src/batch/plan.ts';
import { setField } from '../../src/batch/values.ts';

// The same examples in every run.
fc.configureGlobal({ seed: 20_011 });

/** Texts with everything: ASCII, other letters, pairs, lone surrogates. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('', '\uD800', '\uDC00\uD800', 'grün', '\uFFFD', '😀', '__proto__', 'a'.repeat(300)),
);

export const number: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 2 ** 53, 0.5),
);

export const bigint: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 200n, -(2n ** 64n)),
);

export const date: fc.Arbitrary<Date> = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constant(0).map(() => new Date(Number.NaN)),
);

export const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, undefined, true, false),
  number,
  text,
  bigint,
  date,
  fc.uint8Array({ maxLength: 12 }).map((bytes) => new Uint8Array(bytes)),
);

export const objectOf = (entries: readonly (readonly [string, unknown])[]): Record<string, unknown> => {
  const object: Record<string, unknown> = {};
  for (const [name, value] of entries) setField(object, name, value);
  return object;
};

export const fieldName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('id', 'user', 'price', '__proto__', 'constructor', 'toString', '0', '17', ''),
  text,
);

/** Any value of the domain, nested a few levels. */
export const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => {
  const inner = tie('value');
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(inner, { maxLength: 4 }),
      fc.array(fc.tuple(fieldName, inner), { maxLength: 4 }).map(objectOf),
      fc.array(fc.tuple(inner, inner), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(inner, { maxLength: 3 }).map((members) => new Set(members)),
    ),
  };
}).value;

/** Fields of one type each with exceptions strewn in, as real data has them. */
const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
    {
      weight: 1,
      arbitrary: value,
    },
  );

/** A record with some of a few fields, in an order that all of them share. */
export const record: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.record({
      id: mostly(fc.integer()),
      user: mostly(text),
      price: mostly(number),
      ok: mostly(fc.boolean()),
      count: mostly(bigint),
      nested: value,
      __proto: mostly(number),
    }),
    fc.array(fc.constantFrom('id', 'user', 'price', 'ok', 'count', 'nested', '__proto'), { maxLength: 2 }),
  )
  .map(([full, dropped]) =>
    objectOf(
      Object.entries(full)
        .filter(([name]) => !(dropped as readonly string[]).includes(name))
        .map(([name, held]): [string, unknown] => [name === '__proto' ? '__proto__' : name, held]),
    ),
  );

/** Records that all have the same fields of one type each. */
export const regularRecords: fc.Arbitrary<Record<string, unknown>[]> = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.constantFrom('number', 'text', 'boolean', 'bigint'),
  )
  .chain((types) => {
    const fields: Record<string, fc.Arbitrary<unknown>> = {};
    for (const [name, type] of Object.entries(types)) {
      fields[name] =
        type === 'number' ? number : type === 'text' ? text : type === 'boolean' ? fc.boolean() : bigint;
    }
    return fc.array(
      fc.record(fields).map((made) => ({ ...made })),
      { maxLength: 20 },
    );
  });

/** Records of any kind: regular, with exceptions, or not objects at all. */
export const records: fc.Arbitrary<unknown[]> = fc.oneof(
  regularRecords,
  fc.array(record, { maxLength: 20 }),
  fc.array(value, { maxLength: 10 }),
);

const literal: fc.Arbitrary<Expression> = fc
  .oneof(
    fc.integer({ min: -3, max: 3 }),
    number,
    text,
    fc.constantFrom(null, undefined, true, false, 2n),
    date,
  )
  .map((held) => ({ kind: 'literal', value: held }));

const column: fc.Arbitrary<Expression> = fc
  .constantFrom(
    'id',
    'user',
    'price',
    'ok',
    'count',
    'nested',
    '__proto__',
    'constructor',
    'none',
    'a',
    'b',
    'c',
  )
  .map((name) => ({ kind: 'column', name }));

export const expression: fc.Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => {
  const inner = tie('expression') as fc.Arbitrary<Expression>;
  const op = fc.constantFrom(
    ...(['add', 'sub', 'mul', 'div', 'mod', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or'] as const),
  );
  return {
    expression: fc.oneof(
      { depthSize: 'small' },
      column,
      literal,
      fc
        .tuple(op, inner, inner)
        .map(([name, left, right]): Expression => ({ kind: 'binary', op: name, left, right })),
      fc
        .tuple(fc.constantFrom(...(['not', 'neg', 'isNull'] as const)), inner)
        .map(([name, operand]): Expression => ({ kind: 'unary', op: name, operand })),
      fc
        .tuple(
          fc.constantFrom(...(['lower', 'upper', 'length', 'abs', 'floor', 'ceil', 'round'] as const)),
          inner,
        )
        .map(([name, argument]): Expression => ({ kind: 'call', function: name, arguments: [argument] })),
    ),
  };
}).expression;

const shown = (held: unknown): number => (typeof held === 'number' ? held : String(typeof held).length);

/** Steps of user functions that now and then throw, also in the middle of what they emit. */
const functionStep: fc.Arbitrary<FusedStep> = fc.constantFrom<FusedStep[]>(
  { kind: 'map', function: (held) => ({ id: shown(held), held }) },
  { kind: 'map', function: (held) => shown((held as { id?: unknown } | null)?.id) },
  {
    kind: 'map',
    function: (held) => {
      if (shown(held) % 3 === 0) throw new Error('three');
      return held;
    },
  },
  { kind: 'filter', function: (held) => shown(held) % 2 === 0 },
  { kind: 'filter', function: (held) => held },
  {
    kind: 'flatMap',
    function: (held, emit) => {
      for (let i = 0; i < shown(held) % 4; i++) emit({ id: i, held }, i % 2 === 0 ? undefined : i);
    },
  },
  {
    kind: 'flatMap',
    function: (held, emit) => {
      emit(held);
      if (shown(held) % 5 === 0) throw new Error('five');
      emit([held]);
    },
  },
  {
    kind: 'timestamp',
    function: (held, previousMs) => (Number.isNaN(previousMs) ? shown(held) : previousMs + 1),
  },
);

const expressionStep: fc.Arbitrary<FusedStep> = fc.oneof(
  expression.map((made): FusedStep => ({ kind: 'filterExpression', expression: made })),
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom('id', 'a', 'b', '__proto__', '3'), text), expression), {
      minLength: 1,
      maxLength: 4,
    })
    .map(
      (entries): FusedStep => ({ kind: 'project', fields: objectOf(entries) as Record<string, Expression> }),
    ),
);

export const plan: fc.Arbitrary<FusedPlan> = fc
  .array(fc.oneof(functionStep, expressionStep), { maxLength: 5 })
  .map((steps) => ({ steps }));

export const expressionPlan: fc.Arbitrary<FusedPlan> = fc
  .array(expressionStep, { minLength: 1, maxLength: 3 })
  .map((steps) => ({ steps }));
