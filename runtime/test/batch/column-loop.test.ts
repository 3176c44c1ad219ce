import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../src/batch/codec.ts';
import type { Column } from '../../src/batch/column.ts';
import { toColumns } from '../../src/batch/columnize.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type { Expression, FusedPlan, FusedStep } from '../../src/batch/plan.ts';
import * as arbitrary from './arbitrary.ts';

type Op = Extract<Expression, { kind: 'binary' }>['op'];

const column = (name: string): Expression => ({ kind: 'column', name });
const literal = (value: unknown): Expression => ({ kind: 'literal', value });
const binary = (op: Op, left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  op,
  left,
  right,
});
const where = (expression: Expression): FusedStep => ({ kind: 'filterExpression', expression });
const select = (fields: Readonly<Record<string, Expression>>): FusedStep => ({ kind: 'project', fields });

const batchOf = (rows: readonly unknown[]): Batch => {
  const set = toColumns(rows, rows.length);
  const timestamps = Float64Array.from(rows, (_, i) => i);
  return set === undefined ? Batch.ofRows(rows, timestamps) : Batch.ofColumns(set, timestamps, rows.length);
};

/** The same batch with its texts as bytes, as it comes from another thread. */
const overWire = (batch: Batch): Batch => {
  const writer = new ByteWriter();
  encodeBatch(batch, writer);
  return decodeBatch(new ByteReader(writer.toBytes()));
};

const run = (batch: Batch, ...steps: FusedStep[]): Batch | undefined =>
  createLoop({ steps }).runColumns?.(batch);

/** The result over rows, or undefined if the plan fails on some record. */
const overRows = (plan: FusedPlan, batch: Batch): Batch | undefined => {
  const output = new FusedRows(batch.length);
  try {
    createLoop(plan).runRows(batch.rows(), batch.timestamps, 0, batch.length, output, {
      index: 0,
      step: 0,
      countBefore: 0,
    });
  } catch {
    return undefined;
  }
  return output.toBatch();
};

const bids = [
  { auction: 1, price: 10, channel: 'apple', open: true },
  { auction: 2, price: 20.5, channel: 'google', open: false },
  { auction: 3, price: -0, channel: 'apple', open: true },
  { auction: 4, price: Number.NaN, channel: 'GRÜN', open: true },
];

describe('a loop over columns', () => {
  const typed = fc.oneof(
    { weight: 1, arbitrary: arbitrary.plan },
    { weight: 3, arbitrary: arbitrary.expressionPlan },
  );

  it('gives what the loop over rows gives, bit for bit, whenever it runs', () => {
    fc.assert(
      fc.property(typed, arbitrary.records, fc.boolean(), (plan, rows, wire) => {
        const batch = wire ? overWire(batchOf(rows)) : batchOf(rows);
        const result = createLoop(plan).runColumns?.(batch);
        if (result === undefined) return;
        const expected = overRows(plan, batch);
        assert.deepStrictEqual(result.rows().slice(0, result.length), expected?.rows());
        expect([...result.timestamps.subarray(0, result.length)]).toEqual(
          [...(expected?.timestamps ?? [])].slice(0, result.length),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('gives the same for well-typed plans over regular records, and does run', () => {
    const leaf = fc.oneof(
      fc.constantFrom('a', 'b').map(column),
      fc.oneof(fc.integer({ min: -3, max: 3 }), arbitrary.number).map(literal),
    );
    const numeric: fc.Arbitrary<Expression> = fc.letrec<{ e: Expression }>((tie) => ({
      e: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(fc.constantFrom<Op[]>('add', 'sub', 'mul', 'div', 'mod'), tie('e'), tie('e'))
          .map(([op, left, right]) => binary(op, left, right)),
        tie('e').map((operand): Expression => ({ kind: 'unary', op: 'neg', operand })),
        fc
          .tuple(fc.constantFrom(...(['abs', 'floor', 'ceil', 'round'] as const)), tie('e'))
          .map(([name, argument]): Expression => ({ kind: 'call', function: name, arguments: [argument] })),
      ),
    })).e;
    const logical = fc
      .tuple(
        fc.constantFrom<Op[]>('lt', 'ge', 'eq', 'ne'),
        numeric,
        numeric,
        fc.constantFrom<Op[]>('and', 'or'),
      )
      .map(([op, left, right, join]) =>
        binary(join, binary(op, left, right), binary('gt', left, literal(0))),
      );
    const rows = fc.array(
      fc.record({ a: arbitrary.number, b: fc.integer({ min: -9, max: 9 }) }).map((row) => ({ ...row })),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(logical, numeric, rows, (condition, value, made) => {
        const plan: FusedPlan = {
          steps: [
            where(condition),
            select({ a: value, c: column('a'), b: condition }),
            select({ sum: binary('add', column('a'), column('c')), b: column('b') }),
          ],
        };
        const result = createLoop(plan).runColumns?.(batchOf(made));
        assert.deepStrictEqual(result?.rows(), overRows(plan, batchOf(made))?.rows());
      }),
      { numRuns: 500 },
    );
  });

  it('filters and keeps the columns as they are', () => {
    const result = run(batchOf(bids), where(binary('gt', column('price'), literal(5))));
    expect(result?.rows()).toEqual([bids[0], bids[1]]);
    expect([...(result?.timestamps ?? [])]).toEqual([0, 1]);
    expect([result?.isColumnar]).toEqual([true]);
  });

  it('computes new columns and hands old ones on without a copy', () => {
    const batch = batchOf(bids);
    const result = run(
      batch,
      select({ euros: binary('mul', column('price'), literal(2)), channel: column('channel') }),
    );
    expect(result?.rows()).toEqual(bids.map(({ price, channel }) => ({ euros: price * 2, channel })));
    expect(result?.column('channel')).toBe(batch.column('channel'));
    expect(result?.timestamps).toBe(batch.timestamps);
  });

  it('compares texts and joins them, from strings and from bytes', () => {
    for (const batch of [batchOf(bids), overWire(batchOf(bids))]) {
      const lower: Expression = { kind: 'call', function: 'lower', arguments: [column('channel')] };
      const steps = [
        where(binary('ne', lower, literal('google'))),
        select({
          name: binary('add', lower, literal('!')),
          size: { kind: 'call', function: 'length', arguments: [lower] },
        }),
      ];
      expect(run(batch, ...steps)?.rows()).toEqual([
        { name: 'apple!', size: 5 },
        { name: 'apple!', size: 5 },
        { name: 'grün!', size: 4 },
      ]);
    }
  });

  it('computes with booleans, and makes some', () => {
    const result = run(
      batchOf(bids),
      where(binary('and', column('open'), binary('le', column('auction'), literal(3)))),
      select({ closed: { kind: 'unary', op: 'not', operand: column('open') }, open: column('open') }),
    );
    expect(result?.rows()).toEqual([
      { closed: false, open: true },
      { closed: false, open: true },
    ]);
  });

  it('keeps the sign of zero in remainders', () => {
    const rows = [-4, 4, -0, 0, 2 ** 40, 7.5].map((a) => ({ a }));
    const values = run(batchOf(rows), select({ r: binary('mod', column('a'), literal(2)) }))?.rows() as {
      r: number;
    }[];
    expect(values.map(({ r }) => (Object.is(r, -0) ? '-0' : r))).toEqual(['-0', 0, '-0', 0, 0, 1.5]);
  });

  it('reads only the columns that it computes with', () => {
    const trap = new Proxy([] as unknown[], {
      get: () => {
        throw new Error('must not be read');
      },
    });
    const columns: Column[] = [
      { type: 'number', values: Float64Array.of(1, 2) },
      { type: 'any', values: trap },
    ];
    const batch = Batch.ofColumns({ names: ['a', 'trap'], columns }, new Float64Array(2), 2);
    const result = run(batch, select({ b: binary('add', column('a'), literal(1)), trap: column('trap') }));
    expect(result?.column('b')).toEqual({ type: 'number', values: Float64Array.of(2, 3) });
    expect(result?.column('trap')).toBe(columns[1]);
  });

  it('hands on columns with exceptions that it does not compute with', () => {
    const rows = [{ a: 1, b: null }, { a: 2 }, { a: 3, b: [1] }, { a: 4, b: undefined }];
    const result = run(
      batchOf(rows),
      where(binary('gt', column('a'), literal(1))),
      select({ b: column('b') }),
    );
    // A projected field is there, also when it was missing before.
    assert.deepStrictEqual(result?.rows(), [{ b: undefined }, { b: [1] }, { b: undefined }]);
    const numbers = [{ a: 1, b: 1 }, { a: 2 }, { a: 3, b: null }];
    assert.deepStrictEqual(run(batchOf(numbers), select({ b: column('b') }))?.rows(), [
      { b: 1 },
      { b: undefined },
      { b: null },
    ]);
  });

  it('leaves no keys on its results, which belong to other records', () => {
    const keyed = batchOf(bids).withKeys({ values: [1, 2, 3, 4], hashes: new Uint32Array(4) });
    expect(run(keyed, where(literal(true)))?.keys).toBeUndefined();
    expect(run(keyed, where(binary('gt', column('price'), literal(5))))?.keys).toBeUndefined();
  });

  it('may keep nothing at all', () => {
    const result = run(batchOf(bids), where(literal(false)), select({ a: column('auction') }));
    expect([result?.length, result?.rows()]).toEqual([0, []]);
  });
});

describe('a loop over columns leaves to rows', () => {
  const price = binary('gt', column('price'), literal(1));

  it.each([
    ['a batch of rows', Batch.ofRows(bids, new Float64Array(4)), price],
    ['a column with exceptions', batchOf([{ price: 1 }, { price: null }]), price],
    ['a column that some records lack', batchOf([{ price: 1 }, {}]), price],
    ['a field that no record has', batchOf([{ other: 1 }]), price],
    ['a column of bigints', batchOf([{ price: 1n }]), price],
    ['a column of lists', batchOf([{ price: [1] }]), price],
    ['a column of another type than the constant', batchOf([{ price: 'x' }]), price],
    ['a constant that is absent', batchOf(bids), binary('eq', column('price'), literal(null))],
    ['arithmetic of texts', batchOf(bids), binary('mul', column('channel'), column('channel'))],
    [
      'a text where a number belongs',
      batchOf(bids),
      { kind: 'call', function: 'abs', arguments: [column('channel')] },
    ],
    ['a text that is negated', batchOf(bids), { kind: 'unary', op: 'neg', operand: column('channel') }],
  ] as const)('%s', (_, batch, expression) => {
    expect(run(batch, where(expression as Expression))).toBeUndefined();
  });

  it('a field that a projection took away', () => {
    expect(run(batchOf(bids), select({ a: column('auction') }), where(price))).toBeUndefined();
  });

  it('records of more types than it keeps loops for, and others still run', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const sum = names.map(column).reduce((left, right) => binary('and', left, right));
    const loop = createLoop({ steps: [where(sum)] });
    let run32 = 0;
    for (let bits = 0; bits < 32; bits++) {
      const row = Object.fromEntries(names.map((name, k) => [name, (bits & (1 << k)) === 0 ? 1 : 'x']));
      if (loop.runColumns?.(batchOf([row])) !== undefined) run32 += 1;
    }
    expect(run32).toBe(16);
    const first = Object.fromEntries(names.map((name) => [name, 1]));
    expect(loop.runColumns?.(batchOf([first]))?.rows()).toEqual([first]);
  });
});
