import { describe, expect, it } from 'vitest';
import { collectAll, count, sum } from '../../../src/api/aggregates.ts';
import type { WindowAggregation } from '../../../src/api/transform.ts';
import { countEvictor, type Evictor } from '../../../src/api/triggers.ts';
import { Batch } from '../../../src/batch/batch.ts';
import {
  type Aggregation,
  compileRecordLists,
  compileWindowAggregation,
} from '../../../src/transforms/aggregation/compile.ts';
import { SkippedRecords } from '../../../src/transforms/aggregation/inputs.ts';
import { PaneContents } from '../../../src/transforms/window/pane-contents.ts';
import { emptyPane, type Pane } from '../../../src/transforms/window/panes.ts';
import { failing } from '../aggregation/support.ts';

const builtIn: WindowAggregation = {
  kind: 'builtIn',
  aggregates: { records: count(), total: sum((n: number) => n), all: collectAll((n: number) => n) },
};

const compile = (aggregation: WindowAggregation): Aggregation =>
  compileWindowAggregation(aggregation, { failures: failing, transformName: 'test' }, false);

const start = (aggregation: Aggregation, evictor?: Evictor<unknown>) => {
  const contents = new PaneContents(aggregation, evictor, failing);
  const skipped = new SkippedRecords();
  let arrival = 0;
  /** Adds numbers to a pane, at times that are ten times as great, on a port. */
  const add = (pane: Pane, values: readonly number[], port = 0): void => {
    const batch = Batch.ofRows(
      [...values],
      Float64Array.from(values, (value) => value * 10),
    );
    skipped.reset(batch.length);
    if (contents.readsBatches) aggregation.read(batch, skipped, failing, port);
    values.forEach((value, position) => {
      contents.add(pane, { value, timestampMs: value * 10, position, arrival: arrival++, port });
    });
  };
  const result = (pane: Pane): unknown =>
    contents.prepare(pane) ? aggregation.result(contents.columns, 0) : 'nothing';
  return { contents, add, result };
};

const window = { startMs: 0, endMs: 100 };

describe('the contents of a pane', () => {
  it('are accumulators where nobody needs the records', () => {
    const { contents, add, result } = start(compile(builtIn));
    const [a, b] = [emptyPane(window), emptyPane(window)];
    add(a, [1, 2]);
    add(b, [10]);
    add(a, [3]);
    expect(contents.readsBatches).toBe(true);
    expect(a.records).toBeUndefined();
    expect(result(a)).toEqual({ records: 3, total: 6, all: [1, 2, 3] });
    expect(result(b)).toEqual({ records: 1, total: 10, all: [10] });
    contents.clear(a);
    expect(result(a)).toBe('nothing');
  });

  it('are values that can be encoded', () => {
    const { add } = start(compile(builtIn));
    const pane = emptyPane(window);
    add(pane, [1, 2]);
    expect(pane.accumulator).toEqual({
      numbers: [2, 3, 0],
      heaps: [{ values: [1, 2], arrivals: [0, 1] }],
    });
  });

  it('are the records for a window function, with times and order of arrival', () => {
    const { contents, add, result } = start(compile({ kind: 'collect' }));
    const pane = emptyPane(window);
    add(pane, [5, 3]);
    expect(contents.readsBatches).toBe(false);
    expect(pane.records).toEqual({ values: [5, 3], timestamps: [50, 30], arrivals: [0, 1], ports: [0, 0] });
    expect(result(pane)).toEqual([5, 3]);
  });

  it('are folded when they fire where an evictor chooses among them', () => {
    const { contents, add, result } = start(compile(builtIn), countEvictor(2));
    const pane = emptyPane(window);
    add(pane, [1, 2, 3]);
    expect(result(pane)).toEqual({ records: 2, total: 5, all: [2, 3] });
    expect(pane.records?.values).toEqual([2, 3]);
    contents.afterFiring(pane);
    add(pane, [4]);
    expect(result(pane)).toEqual({ records: 2, total: 7, all: [3, 4] });
    const reducing = start(
      compile({ kind: 'reduce', reduce: (left, right) => `${left as string}${right as string}` }),
      countEvictor(3),
    );
    const other = emptyPane(window);
    reducing.add(other, [1, 2, 3, 4]);
    expect(reducing.result(other)).toBe('234');
  });

  it('are thinned out after firing where the evictor works then', () => {
    const { contents, add, result } = start(compile({ kind: 'collect' }), {
      when: 'after',
      keep: (records) => records.filter(({ timestampMs }) => timestampMs > 10),
    });
    const pane = emptyPane(window);
    add(pane, [1, 2]);
    expect(result(pane)).toEqual([1, 2]);
    contents.afterFiring(pane);
    expect(pane.records?.values).toEqual([2]);
    contents.clear(pane);
    contents.afterFiring(pane);
    expect(pane.records).toBeUndefined();
  });

  it('of two sides come apart by port', () => {
    const lists = compileRecordLists(['left', 'right'], false);
    const { contents, add } = start(lists);
    const pane = emptyPane(window);
    add(pane, [1, 2], 0);
    add(pane, [3], 1);
    add(pane, [4], 0);
    contents.prepare(pane);
    expect(lists.parts.map(({ accumulator }) => accumulator.result(contents.columns, 0))).toEqual([
      [1, 2, 4],
      [3],
    ]);
  });

  it('of several panes become one in order of arrival', () => {
    for (const evictor of [undefined, countEvictor(10)]) {
      const { contents, add, result } = start(compile(builtIn), evictor as Evictor<unknown> | undefined);
      const [a, b, c] = [emptyPane(window), emptyPane(window), emptyPane(window)];
      add(a, [1]);
      add(b, [2]);
      add(a, [3]);
      add(b, [4]);
      contents.merge(a, b);
      contents.merge(c, a);
      contents.merge(c, emptyPane(window));
      expect(result(c)).toEqual({ records: 4, total: 10, all: [1, 2, 3, 4] });
    }
  });

  it('stay what they were when the fold of a record fails', () => {
    const aggregation = compile({
      kind: 'aggregate',
      aggregate: {
        create: () => 0,
        add: (total, value) => {
          if ((value as number) < 0) throw new Error('below zero');
          return (total as number) + (value as number);
        },
        result: (total) => total,
      },
    });
    const { add, result } = start(aggregation);
    const pane = emptyPane(window);
    add(pane, [1, 2]);
    expect(() => add(pane, [-1])).toThrow('below zero');
    expect(result(pane)).toBe(3);
  });
});
