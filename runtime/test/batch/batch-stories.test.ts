import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../src/batch/batch.ts';
import { BatchBuilder } from '../../src/batch/builder.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { evaluateExpression } from '../../src/batch/interpret.ts';
import { createLoop, FusedRows } from '../../src/batch/loop.ts';
import type { Expression, FusedPlan } from '../../src/batch/plan.ts';
import { concatBatches, selectRows, sliceBatch } from '../../src/batch/slice.ts';
import { setField } from '../../src/batch/values.ts';
import * as arbitrary from './arbitrary.ts';
import { overWire, plain } from './trips.ts';

/** A record as a batch should have it. */
interface Entry {
  readonly row: unknown;
  readonly timeMs: number;
  readonly key: unknown;
}

/** A batch and the plain list that it should be. */
interface Twins {
  readonly batch: Batch;
  readonly list: readonly Entry[];
  readonly keyed: boolean;
}

type Step = (twins: Twins, first: Twins) => Twins;

const expectSame = ({ batch, list, keyed }: Twins): void => {
  expect(batch.length).toBe(list.length);
  const { length } = list;
  assert.deepStrictEqual(
    batch.rows().slice(0, length),
    list.map(({ row }) => row),
  );
  assert.deepStrictEqual(
    [...batch.timestamps.subarray(0, length)],
    list.map(({ timeMs }) => timeMs),
  );
  expect(batch.keys !== undefined).toBe(keyed);
  if (batch.keys === undefined) return;
  assert.deepStrictEqual(
    Array.from(batch.keys.values).slice(0, length),
    list.map(({ key }) => key),
  );
  expect([...batch.keys.hashes.subarray(0, length)]).toEqual(list.map(({ key }) => hashValue(key)));
};

const slice =
  (one: number, two: number): Step =>
  ({ batch, list, keyed }) => {
    const ends = [one % (list.length + 1), two % (list.length + 1)] as const;
    const [from, to] = [Math.min(...ends), Math.max(...ends)];
    return { batch: sliceBatch(batch, from, to), list: list.slice(from, to), keyed };
  };

const select =
  (positions: readonly number[]): Step =>
  ({ batch, list, keyed }) => {
    const indices = list.length === 0 ? [] : positions.map((position) => position % list.length);
    // There may be more positions than are asked for.
    const selected = selectRows(batch, Int32Array.from([...indices, 7, 7]), indices.length);
    return { batch: selected, list: indices.map((i) => list[i] as Entry), keyed };
  };

const join: Step = (twins, first) => ({
  batch: concatBatches([twins.batch, first.batch, twins.batch]),
  list: [...twins.list, ...first.list, ...twins.list],
  keyed: twins.keyed && first.keyed,
});

const send: Step = ({ batch, list }) => ({
  batch: overWire(batch),
  list: list.map((entry) => ({ ...entry, row: plain(entry.row) })),
  keyed: false,
});

const askForRows: Step = (twins) => {
  twins.batch.rows();
  return twins;
};

const askForColumns: Step = (twins) => {
  twins.batch.columns();
  return twins;
};

const columnsAlone: Step = (twins) => {
  const { batch, list, keyed } = twins;
  const set = batch.columns();
  if (set === undefined) return twins;
  return { batch: Batch.ofColumns(set, batch.timestamps, list.length).withKeys(batch.keys), list, keyed };
};

const giveKeys =
  (typed: boolean): Step =>
  ({ batch, list }) => {
    const keys = list.map((_, i) => (typed ? i * 2 : `key ${i}`));
    const hashes = Uint32Array.from(keys, hashValue);
    const values = typed ? Float64Array.from(keys as number[]) : keys;
    return {
      batch: batch.withKeys({ values, hashes }),
      list: list.map((entry, i) => ({ ...entry, key: keys[i] })),
      keyed: true,
    };
  };

const giveTimes =
  (startMs: number): Step =>
  ({ batch, list, keyed }) => {
    const times = Float64Array.from({ length: list.length + 3 }, (_, i) =>
      i % 3 === 2 ? Number.NaN : startMs + i,
    );
    return {
      batch: batch.withTimestamps(times),
      list: list.map((entry, i) => ({ ...entry, timeMs: times[i] as number })),
      keyed,
    };
  };

/** Runs a plan over columns where it can, over rows where not; undefined where a record fails. */
const run = (plan: FusedPlan, batch: Batch): Batch | undefined => {
  const loop = createLoop(plan);
  const columns = loop.runColumns?.(batch);
  if (columns !== undefined) return columns;
  const output = new FusedRows(1);
  try {
    loop.runRows(batch.rows(), batch.timestamps, 0, batch.length, output, {
      index: 0,
      step: 0,
      countBefore: 0,
    });
  } catch {
    return undefined;
  }
  return output.toBatch();
};

const keep =
  (expression: Expression): Step =>
  (twins) => {
    const batch = run({ steps: [{ kind: 'filterExpression', expression }] }, twins.batch);
    if (batch === undefined) return twins;
    const list = twins.list.filter(({ row }) => Boolean(evaluateExpression(expression, row)));
    return { batch, list, keyed: false };
  };

const project =
  (fields: Readonly<Record<string, Expression>>): Step =>
  (twins) => {
    const batch = run({ steps: [{ kind: 'project', fields }] }, twins.batch);
    if (batch === undefined) return twins;
    const list = twins.list.map((entry) => {
      const row: Record<string, unknown> = {};
      for (const [name, made] of Object.entries(fields))
        setField(row, name, evaluateExpression(made, entry.row));
      return { ...entry, row };
    });
    return { batch, list, keyed: false };
  };

const fields = fc
  .array(fc.tuple(fc.constantFrom('id', 'user', 'price', 'a', 'b', '__proto__'), arbitrary.expression), {
    minLength: 1,
    maxLength: 3,
  })
  .map((entries) => arbitrary.objectOf(entries) as Record<string, Expression>);

const step: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  fc.tuple(fc.nat(60), fc.nat(60)).map(([from, to]) => [`slice ${from} ${to}`, slice(from, to)] as const),
  fc
    .array(fc.nat(60), { maxLength: 12 })
    .map((positions) => [`select ${positions.join()}`, select(positions)] as const),
  fc.constantFrom(
    ['join', join] as const,
    ['send', send] as const,
    ['send', send] as const,
    ['rows', askForRows] as const,
    ['columns', askForColumns] as const,
    ['only columns', columnsAlone] as const,
  ),
  fc.boolean().map((typed) => [`keys ${typed}`, giveKeys(typed)] as const),
  fc.nat(100).map((startMs) => [`times ${startMs}`, giveTimes(startMs)] as const),
  arbitrary.expression.map((expression) => ['filter', keep(expression)] as const),
  fields.map((made) => ['project', project(made)] as const),
);

const start = (rows: readonly unknown[]): Twins => ({
  batch: Batch.ofRows(
    rows,
    Float64Array.from(rows, (_, i) => i * i),
  ),
  list: rows.map((row, i) => ({ row, timeMs: i * i, key: undefined })),
  keyed: false,
});

/** So many records that joining doubles them for ever no more. */
const mostRecords = 300;

describe('a story of a batch', () => {
  it('is that of a plain list of records, whatever is done to it in whatever form it is', () => {
    fc.assert(
      fc.property(arbitrary.records, fc.array(step, { maxLength: 12 }), (rows, steps) => {
        const first = start(rows);
        let twins = first;
        for (const [, act] of steps) {
          if (act === join && twins.list.length * 2 + first.list.length > mostRecords) continue;
          twins = act(twins, first);
          expectSame(twins);
        }
        // Nothing that was made of it has changed the first one.
        expectSame(first);
      }),
      { numRuns: 1500 },
    );
  });

  it('is the same when nobody looks at it between the steps', () => {
    fc.assert(
      fc.property(arbitrary.records, fc.array(step, { maxLength: 12 }), (rows, steps) => {
        const first = start(rows);
        let twins = first;
        for (const [, act] of steps) {
          if (act === join && twins.list.length * 2 + first.list.length > mostRecords) continue;
          twins = act(twins, first);
        }
        expectSame(twins);
      }),
      { numRuns: 800 },
    );
  });
});

describe('a story of a builder', () => {
  type Act = readonly ['append', unknown, number] | readonly ['truncate', number] | readonly ['take'];
  const acts: fc.Arbitrary<readonly Act[]> = fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.tuple(fc.constant('append' as const), arbitrary.scalar, arbitrary.number) },
      { weight: 2, arbitrary: fc.tuple(fc.constant('truncate' as const), fc.nat(20)) },
      { weight: 1, arbitrary: fc.constant(['take'] as const) },
    ),
    { maxLength: 120, size: 'max' },
  );

  it('is that of a list, and what it handed over never changes again', () => {
    fc.assert(
      fc.property(acts, fc.nat(10), (sequence, capacity) => {
        const builder = new BatchBuilder(capacity);
        let list: (readonly [unknown, number])[] = [];
        const taken: (readonly [Batch, readonly (readonly [unknown, number])[]])[] = [];
        for (const act of sequence) {
          if (act[0] === 'append') {
            builder.append(act[1], act[2]);
            list.push([act[1], act[2]]);
          } else if (act[0] === 'truncate') {
            builder.truncate(act[1]);
            list = list.slice(0, act[1]);
          } else {
            taken.push([builder.take(), list]);
            list = [];
          }
          expect(builder.length).toBe(list.length);
        }
        taken.push([builder.take(), list]);
        for (const [batch, expected] of taken) {
          const { length } = expected;
          expect(batch.length).toBe(length);
          assert.deepStrictEqual(
            batch.rows(),
            expected.map(([value]) => value),
          );
          assert.deepStrictEqual(
            [...batch.timestamps.subarray(0, length)],
            expected.map(([, timeMs]) => timeMs),
          );
          // No batch carries room for much more than it has.
          expect(batch.timestamps.length).toBeLessThan(Math.max(2, length * 2));
        }
      }),
    );
  });
});
