import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateLoop } from '../../src/batch/generate.ts';
import { interpretLoop } from '../../src/batch/interpret.ts';
import {
  createLoop,
  type FusedCursor,
  type FusedPlan,
  FusedRows,
  type FusedStep,
  type RowLoop,
} from '../../src/batch/loop.ts';
import type { Emit, Expression } from '../../src/batch/plan.ts';
import * as arbitrary from './arbitrary.ts';

const generated = (plan: FusedPlan): RowLoop => {
  const loop = generateLoop(plan);
  if (loop === undefined) throw new Error('Code generation is not allowed here.');
  return loop;
};

const cursor = (): FusedCursor => ({ index: -1, step: -1, countBefore: -1 });

interface Outcome {
  readonly rows: readonly unknown[];
  readonly timestamps: readonly number[];
  readonly failures: readonly unknown[];
}

/** Runs a loop over all records as a task does: a failing record is taken back and the next one follows. */
const outcomeOf = (loop: RowLoop, rows: readonly unknown[], capacity: number, startMs = 1000): Outcome => {
  const timestamps = Float64Array.from(rows, (_, i) => (i % 4 === 3 ? Number.NaN : startMs + i));
  const output = new FusedRows(capacity);
  const at = cursor();
  const failures: unknown[] = [];
  let from = 0;
  while (from < rows.length) {
    try {
      loop(rows, timestamps, from, rows.length, output, at);
      break;
    } catch (error) {
      failures.push({ ...at, count: output.count, error: String(error) });
      output.truncate(at.countBefore);
      from = at.index + 1;
    }
  }
  const batch = output.toBatch();
  return { rows: batch.rows(), timestamps: [...batch.timestamps.subarray(0, batch.length)], failures };
};

const both: readonly (readonly [string, (plan: FusedPlan) => RowLoop])[] = [
  ['generated', generated],
  ['interpreted', interpretLoop],
];

const map = (call: (value: never) => unknown): FusedStep => ({
  kind: 'map',
  function: call as (value: unknown) => unknown,
});

const filter = (call: (value: never) => unknown): FusedStep => ({
  kind: 'filter',
  function: call as (value: unknown) => unknown,
});

const flatMap = (call: (value: never, emit: Emit) => unknown): FusedStep => ({
  kind: 'flatMap',
  function: call as (value: unknown, emit: Emit) => void,
});

const outputOf = (loop: RowLoop, rows: readonly unknown[]): readonly unknown[] =>
  outcomeOf(loop, rows, rows.length).rows;

describe('a generated loop', () => {
  it('does exactly what the interpreter does: results, timestamps, failures and where they happen', () => {
    fc.assert(
      fc.property(arbitrary.plan, arbitrary.records, fc.nat({ max: 30 }), (plan, rows, capacity) => {
        assert.deepStrictEqual(
          outcomeOf(generated(plan), rows, capacity),
          outcomeOf(interpretLoop(plan), rows, capacity),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('does so again when it is run again, with all its first results behind it', () => {
    fc.assert(
      fc.property(arbitrary.plan, fc.array(arbitrary.records, { maxLength: 3 }), (plan, batches) => {
        const [first, second] = [generated(plan), interpretLoop(plan)];
        for (const rows of batches) {
          assert.deepStrictEqual(outcomeOf(first, rows, rows.length), outcomeOf(second, rows, rows.length));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on where batches are cut', () => {
    fc.assert(
      fc.property(arbitrary.plan, arbitrary.records, fc.nat(), (plan, rows, at) => {
        const loop = generated(plan);
        const timestamps = new Float64Array(rows.length);
        const run = (cuts: readonly number[]): unknown[] => {
          const output = new FusedRows(4);
          let from = 0;
          for (const to of cuts) {
            for (let next = from; next < to; ) {
              const position = cursor();
              try {
                loop(rows, timestamps, next, to, output, position);
                next = to;
              } catch {
                output.truncate(position.countBefore);
                next = position.index + 1;
              }
            }
            from = to;
          }
          return [...output.toBatch().rows()];
        };
        assert.deepStrictEqual(run([at % (rows.length + 1), rows.length]), run([rows.length]));
      }),
      { numRuns: 300 },
    );
  });

  it('contains no text of its plan: constants, names and functions are arguments', () => {
    const evil = '"];throw new Error("injected");//\u2028\n`$';
    const plan: FusedPlan = {
      steps: [
        {
          kind: 'filterExpression',
          expression: {
            kind: 'binary',
            op: 'eq',
            left: { kind: 'column', name: evil },
            right: { kind: 'literal', value: evil },
          },
        },
        { kind: 'project', fields: { [evil]: { kind: 'column', name: evil } } },
      ],
    };
    const rows = [{ [evil]: evil }, { [evil]: 'other' }];
    expect(outputOf(generated(plan), rows)).toEqual([{ [evil]: evil }]);
    expect(createLoop(plan).runRows.toString()).not.toContain('injected');
  });

  it('runs more steps than fit one mask', () => {
    const steps = Array.from({ length: 100 }, () => map((value: number) => value + 1));
    expect(outputOf(generated({ steps }), [0, 1])).toEqual([100, 101]);
    const last = [...steps, map(() => new Date(0)), map(() => new (class Odd {})())];
    expect(() =>
      generated({ steps: last })([1], new Float64Array(1), 0, 1, new FusedRows(1), cursor()),
    ).toThrow(/Odd/);
  });
});

for (const [kind, make] of both) {
  describe(`a loop, ${kind},`, () => {
    it('runs steps in order, each on the result of the one before', () => {
      const seen: string[] = [];
      const loop = make({
        steps: [
          map((value: number) => {
            seen.push(`map ${value}`);
            return value * 10;
          }),
          filter((value: number) => {
            seen.push(`filter ${value}`);
            return value > 10;
          }),
          map((value: number) => ({ value })),
        ],
      });
      expect(outputOf(loop, [1, 2])).toEqual([{ value: 20 }]);
      expect(seen).toEqual(['map 1', 'filter 10', 'map 2', 'filter 20']);
    });

    it('hands on records unchanged when there are no steps', () => {
      const row = { a: 1 };
      expect(outputOf(make({ steps: [] }), [row])[0]).toBe(row);
    });

    it('keeps the timestamp of a record through maps and filters', () => {
      const loop = make({ steps: [map((value: number) => -value), filter((value: number) => value < -1)] });
      expect(outcomeOf(loop, [1, 2, 3], 3)).toEqual({
        rows: [-2, -3],
        timestamps: [1001, 1002],
        failures: [],
      });
    });

    it('gives records of a flatMap the timestamp of their origin, unless they bring one', () => {
      const loop = make({
        steps: [
          flatMap((value: number, emit) => {
            emit(value);
            emit(value, 7);
          }),
        ],
      });
      expect(outcomeOf(loop, [1, 2], 1).timestamps).toEqual([1000, 7, 1001, 7]);
    });

    it('runs a flatMap behind a flatMap', () => {
      const twice = flatMap((value: string, emit) => {
        emit(`${value}a`);
        emit(`${value}b`);
      });
      const loop = make({ steps: [twice, twice, map((value: string) => value.toUpperCase()), twice] });
      expect(outputOf(loop, ['x'])).toEqual(['XAAa', 'XAAb', 'XABa', 'XABb', 'XBAa', 'XBAb', 'XBBa', 'XBBb']);
    });

    it('lets a timestamp step see value and previous time, for the steps behind it too', () => {
      const loop = make({
        steps: [
          { kind: 'timestamp', function: (value, previousMs) => previousMs + (value as number) },
          flatMap((value: number, emit) => emit(value)),
        ],
      });
      expect(outcomeOf(loop, [1, 2], 2).timestamps).toEqual([1001, 1003]);
    });

    it('grows its output as far as it must', () => {
      const loop = make({
        steps: [
          flatMap((count: number, emit) => {
            for (let i = 0; i < count; i++) emit(i, i);
          }),
        ],
      });
      const { rows, timestamps } = outcomeOf(loop, [1000, 500], 0);
      expect(rows).toHaveLength(1500);
      expect([rows[999], rows[1499], timestamps[999], timestamps[1499]]).toEqual([999, 499, 999, 499]);
    });

    it('tells which record and which step failed, and what the output held before', () => {
      const loop = make({
        steps: [
          flatMap((value: number, emit) => {
            emit(value);
            emit(value + 0.5);
          }),
          map((value: number) => {
            if (value === 2.5) throw new Error('no halves');
            return value;
          }),
        ],
      });
      const { rows, failures } = outcomeOf(loop, [1, 2, 3], 3);
      expect(failures).toEqual([{ index: 1, step: 1, countBefore: 2, count: 3, error: 'Error: no halves' }]);
      expect(rows).toEqual([1, 1.5, 3, 3.5]);
    });

    it('blames the flatMap for what it throws after its records went through the next steps', () => {
      const loop = make({
        steps: [
          map((value) => value),
          flatMap((value: number, emit) => {
            emit(value);
            throw new Error('afterwards');
          }),
          map((value) => value),
        ],
      });
      expect(outcomeOf(loop, [1], 1).failures).toEqual([
        { index: 0, step: 1, countBefore: 0, count: 1, error: 'Error: afterwards' },
      ]);
    });

    it('hands on the very error that a function threw', () => {
      const error = new Error('mine');
      const loop = make({
        steps: [
          map(() => {
            throw error;
          }),
        ],
      });
      expect(() => loop([1], new Float64Array(1), 0, 1, new FusedRows(1), cursor())).toThrow(error);
    });

    it.each([
      ['map', map(async (value) => value)],
      ['filter', filter(async () => true)],
      ['flatMap', flatMap(async (value, emit) => emit(value))],
      ['timestamp', { kind: 'timestamp', function: (async () => 1) as unknown as () => number }],
    ] as const)('refuses a promise from a %s function, with a pointer to async I/O', (called, step) => {
      const loop = make({ steps: [step as FusedStep] });
      for (let i = 0; i < 3; i++) {
        const run = (): void => loop([1], new Float64Array(1), 0, 1, new FusedRows(1), cursor());
        expect(run).toThrow(`The ${called} function returned a promise`);
        expect(run).toThrow(
          expect.objectContaining({ code: 'user-code', hint: expect.stringContaining('async I/O') }),
        );
      }
    });

    it('refuses a promise also when it is not the first result', () => {
      const loop = make({ steps: [map((value: number) => (value === 1 ? value : Promise.resolve(value)))] });
      expect(outcomeOf(loop, [1, 2, 1], 3).failures).toHaveLength(1);
    });

    it('lets a record pass that has a field named then', () => {
      const named = (value: unknown): unknown => arbitrary.objectOf([['then', value]]);
      expect(outputOf(make({ steps: [map(named)] }), [1, 2])).toEqual([named(1), named(2)]);
    });

    it('refuses a first result outside the value domain, of every map and flatMap', () => {
      class Money {}
      const wrong = [map(() => new Money()), flatMap((__: unknown, emit) => emit(new Money()))];
      for (const step of wrong) {
        const { failures } = outcomeOf(make({ steps: [step, map(() => 1)] }), [1], 1);
        expect(failures).toEqual([
          expect.objectContaining({ step: 0, error: expect.stringContaining('Money') }),
        ]);
      }
    });

    it('refuses records that a flatMap emits after it has returned', () => {
      let kept: Emit = () => undefined;
      const loop = make({
        steps: [
          flatMap((value: number, emit) => {
            kept = emit;
            emit(value);
          }),
        ],
      });
      expect(outputOf(loop, [1])).toEqual([1]);
      expect(() => kept(2)).toThrow(/after it had returned/);
    });

    it('refuses them also when the call before had failed', () => {
      let kept: Emit = () => undefined;
      const loop = make({
        steps: [
          flatMap((__, emit) => {
            kept = emit;
            throw new Error('failed');
          }),
        ],
      });
      expect(outcomeOf(loop, [1], 1).failures).toHaveLength(1);
      expect(() => kept(2)).toThrow(/after it had returned/);
    });

    it('makes a projection with exactly the fields named, in their order', () => {
      const loop = make({
        steps: [
          {
            kind: 'project',
            fields: arbitrary.objectOf([
              ['b', { kind: 'column', name: 'a' }],
              ['__proto__', { kind: 'literal', value: 1 }],
              ['a', { kind: 'column', name: 'none' }],
            ]) as Readonly<Record<string, Expression>>,
          },
        ],
      });
      const [row] = outputOf(loop, [{ a: 5, c: 6 }]) as [object];
      expect(Object.entries(row)).toEqual([
        ['b', 5],
        ['__proto__', 1],
        ['a', undefined],
      ]);
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    });
  });
}

describe('a loop that was created', () => {
  it('has a form over columns exactly when all its steps are expressions', () => {
    const column = { kind: 'column', name: 'a' } as const;
    expect(
      createLoop({ steps: [{ kind: 'filterExpression', expression: column }] }).runColumns,
    ).toBeDefined();
    expect(
      createLoop({ steps: [{ kind: 'filterExpression', expression: column }, filter(() => true)] })
        .runColumns,
    ).toBeUndefined();
  });
});
