import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { generateLoop } from '../../src/batch/generate.ts';
import { interpretLoop } from '../../src/batch/interpret.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type { FusedPlan, FusedStep, RowLoop } from '../../src/batch/plan.ts';
import * as arbitrary from './arbitrary.ts';

interface Result {
  readonly rows: readonly unknown[];
  readonly times: readonly number[];
}

/** What a loop makes of records; undefined when one of them fails. */
const resultOf = (loop: RowLoop, { rows, times }: Result): Result | undefined => {
  const output = new FusedRows(2);
  try {
    loop(rows, Float64Array.from(times), 0, rows.length, output, { index: 0, step: 0, countBefore: 0 });
  } catch {
    return undefined;
  }
  const batch = output.toBatch();
  return { rows: batch.rows(), times: [...batch.timestamps.subarray(0, batch.length)] };
};

const generated = (plan: FusedPlan): RowLoop => generateLoop(plan) as RowLoop;

const inputOf = (rows: readonly unknown[]): Result => ({
  rows,
  times: rows.map((_, i) => (i % 4 === 3 ? Number.NaN : i)),
});

/** Steps that never fail and give the same for equal records. */
const calm: fc.Arbitrary<FusedStep> = fc.constantFrom<FusedStep[]>(
  { kind: 'map', function: (value) => ({ of: typeof value, value }) },
  {
    kind: 'map',
    function: (value) => (typeof value === 'object' && value !== null ? Object.keys(value).length : value),
  },
  { kind: 'filter', function: (value) => typeof value !== 'number' || value > 1 },
  {
    kind: 'flatMap',
    function: (value, emit) => {
      emit(value);
      emit([value], 77);
    },
  },
  { kind: 'flatMap', function: () => undefined },
  { kind: 'timestamp', function: (_, previousMs) => (Number.isNaN(previousMs) ? 5 : previousMs + 1) },
  { kind: 'project', fields: { id: { kind: 'column', name: 'id' }, one: { kind: 'literal', value: 1 } } },
  {
    kind: 'filterExpression',
    expression: {
      kind: 'unary',
      op: 'not',
      operand: { kind: 'unary', op: 'isNull', operand: { kind: 'column', name: 'id' } },
    },
  },
);

const plans = fc.array(calm, { maxLength: 6 });

describe('a loop of two plans, one behind the other,', () => {
  it.each([
    ['generated', generated],
    ['interpreted', interpretLoop],
  ] as const)('does what the two do one after the other: %s', (_, make) => {
    fc.assert(
      fc.property(plans, plans, arbitrary.records, (first, second, rows) => {
        const between = resultOf(make({ steps: first }), inputOf(rows)) as Result;
        const expected = resultOf(make({ steps: second }), between);
        assert.deepStrictEqual(resultOf(make({ steps: [...first, ...second] }), inputOf(rows)), expected);
      }),
      { numRuns: 400 },
    );
  });

  it('does so for any plans, as long as no record fails', () => {
    fc.assert(
      fc.property(arbitrary.plan, arbitrary.plan, arbitrary.records, (first, second, rows) => {
        const between = resultOf(generated(first), inputOf(rows));
        const expected = between && resultOf(generated(second), between);
        if (expected === undefined) return;
        const fused = { steps: [...first.steps, ...second.steps] };
        assert.deepStrictEqual(resultOf(generated(fused), inputOf(rows)), expected);
        assert.deepStrictEqual(resultOf(interpretLoop(fused), inputOf(rows)), expected);
      }),
      { numRuns: 800 },
    );
  });

  it('may be cut in any number of places', () => {
    fc.assert(
      fc.property(plans, arbitrary.records, (steps, rows) => {
        let result = inputOf(rows);
        for (const step of steps) result = resultOf(generated({ steps: [step] }), result) as Result;
        assert.deepStrictEqual(resultOf(generated({ steps }), inputOf(rows)), result);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a loop', () => {
  it('leaves its input alone: records, times and their arrays', () => {
    fc.assert(
      fc.property(arbitrary.plan, arbitrary.records, (plan, made) => {
        const rows = Object.freeze([...made]);
        const times = Float64Array.from(rows, (_, i) => i);
        const { runRows, runColumns } = createLoop(plan);
        const batch = Batch.ofRows(rows, times);
        batch.columns();
        try {
          runRows(rows, times, 0, rows.length, new FusedRows(1), { index: 0, step: 0, countBefore: 0 });
          runColumns?.(batch);
        } catch {
          // Records that fail leave it alone, too.
        }
        assert.deepStrictEqual(rows, made);
        expect([...times]).toEqual(rows.map((_, i) => i));
        assert.deepStrictEqual(batch.rows(), made);
      }),
      { numRuns: 300 },
    );
  });

  it('of one plan is independent of other loops of the same plan', () => {
    const steps: FusedStep[] = [{ kind: 'map', function: (value) => value }];
    for (const make of [generated, interpretLoop]) {
      const [one, two] = [make({ steps }), make({ steps })];
      expect(resultOf(one, inputOf([1]))).toBeDefined();
      // The first result of the second loop is looked at as well.
      expect(resultOf(two, inputOf([() => 1]))).toBe(undefined);
      expect(resultOf(one, inputOf([() => 1]))).toBeDefined();
    }
  });
});

describe('what fused loops write into', () => {
  type Act = readonly ['append', number] | readonly ['truncate', number];
  const acts: fc.Arbitrary<readonly Act[]> = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant('append' as const), fc.integer()) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('truncate' as const), fc.nat(60)) },
    ),
    { maxLength: 150, size: 'max' },
  );

  it('is a list that grows and forgets, and a batch in the end', () => {
    fc.assert(
      fc.property(acts, fc.nat(20), (sequence, capacity) => {
        const output = new FusedRows(capacity);
        let list: number[] = [];
        for (const [kind, value] of sequence) {
          if (kind === 'append') {
            if (output.count === output.timestamps.length) output.grow();
            output.rows[output.count] = value;
            output.timestamps[output.count] = value / 2;
            output.count += 1;
            list.push(value);
          } else {
            output.truncate(value);
            list = list.slice(0, value);
          }
          expect(output.count).toBe(list.length);
        }
        const batch = output.toBatch();
        expect(batch.length).toBe(list.length);
        expect(batch.rows()).toEqual(list);
        expect([...batch.timestamps.subarray(0, list.length)]).toEqual(list.map((value) => value / 2));
      }),
    );
  });
});
