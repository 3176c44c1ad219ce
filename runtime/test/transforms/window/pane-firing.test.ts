import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count } from '../../../src/api/aggregates.ts';
import { hashNumber } from '../../../src/batch/hash.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import { AccumulatorTable } from '../../../src/state/typed-table.ts';
import { compileAggregates, compileWindowAggregation } from '../../../src/transforms/aggregation/compile.ts';
import { PaneFiring } from '../../../src/transforms/window/pane-firing.ts';
import type { FiredRows, PaneOutput } from '../../../src/transforms/window/pane-output.ts';
import { failing } from '../aggregation/support.ts';
import { budgetOf } from '../support.ts';

const maxParallelism = 8;

/** Collects what fires as `key: count in start–end`. */
class Collected implements PaneOutput {
  watermarkMs = -Infinity;
  readonly fired: string[] = [];
  readonly sizes: number[] = [];

  add({ columns, keys, rows, length, startsMs, endsMs }: FiredRows): void {
    this.sizes.push(length);
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      this.fired.push(
        `${String(keys.keyAt(row))}: ${columns.numbers[0]![row]} in ${startsMs[j]}–${endsMs[j]}`,
      );
    }
  }

  flush(): void {
    // Nothing is held back.
  }
}

const start = () => {
  const aggregation = compileAggregates({ records: count() });
  const output = new Collected();
  const createTable = (): AccumulatorTable => new AccumulatorTable({ columns: aggregation.initialNumbers });
  const firing = new PaneFiring(aggregation, output, createTable, maxParallelism);
  /** A table of these keys, each counted as often as it occurs. */
  const tableOf = (keys: readonly number[]): AccumulatorTable => {
    const table = createTable();
    for (const key of keys) {
      const row = table.rowFor(key, hashNumber(key));
      table.numbers[0]![row]! += 1;
    }
    return table;
  };
  return { firing, output, tableOf };
};

const window = { startMs: 0, endMs: 10 };

describe('firing a window', () => {
  it('of one table gives its rows in order', () => {
    const { firing, output, tableOf } = start();
    firing.begin(window, { merges: [], tables: [tableOf([3, 1, 3, 2])] }, undefined);
    expect(firing.run(budgetOf(Infinity))).toBe(true);
    expect(output.fired).toEqual(['3: 2 in 0–10', '1: 1 in 0–10', '2: 1 in 0–10']);
    expect(firing.run(budgetOf(Infinity))).toBe(true);
    expect(output.fired).toHaveLength(3);
  });

  it('of several tables merges them and leaves them as they are', () => {
    const { firing, output, tableOf } = start();
    const tables = [tableOf([1, 2]), tableOf([2, 3]), tableOf([]), tableOf([1, 1])];
    for (let n = 0; n < 2; n++) {
      firing.begin(window, { merges: [], tables }, undefined);
      firing.run(budgetOf(Infinity));
      expect(output.fired.splice(0)).toEqual(['1: 3 in 0–10', '2: 2 in 0–10', '3: 1 in 0–10']);
    }
    expect(tables.map(({ size }) => size)).toEqual([2, 2, 0, 1]);
  });

  it('does the merges of the plan first', () => {
    const { firing, output, tableOf } = start();
    const block = tableOf([]);
    const merges = [{ target: block, sources: [tableOf([1, 2]), tableOf([1])] }];
    firing.begin(window, { merges, tables: [block] }, undefined);
    firing.run(budgetOf(Infinity));
    firing.begin(window, { merges: [], tables: [block, tableOf([2])] }, undefined);
    firing.run(budgetOf(Infinity));
    expect(output.fired).toEqual(['1: 2 in 0–10', '2: 1 in 0–10', '1: 2 in 0–10', '2: 2 in 0–10']);
  });

  it('of nothing is done at once', () => {
    const { firing, output, tableOf } = start();
    firing.begin(window, { merges: [], tables: [] }, undefined);
    expect(firing.run(budgetOf(0))).toBe(true);
    firing.begin(window, { merges: [], tables: [tableOf([])] }, undefined);
    expect(firing.run(budgetOf(0))).toBe(true);
    expect(output.fired).toEqual([]);
  });

  it('leaves out the groups that have fired before', () => {
    const { firing, output, tableOf } = start();
    const keys = Array.from({ length: 40 }, (_, key) => key);
    const groupOf = (key: number): number => keyGroupOf(hashNumber(key), maxParallelism);
    firing.begin(window, { merges: [], tables: [tableOf(keys)] }, (group) => group < 4);
    firing.run(budgetOf(Infinity));
    expect(output.fired).toEqual(keys.filter((key) => groupOf(key) >= 4).map((key) => `${key}: 1 in 0–10`));
  });

  it('stops when the budget is used up and goes on where it stopped, with the same result', () => {
    const lists = fc.array(fc.array(fc.nat(30), { maxLength: 60 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 40 }), (keys, units) => {
        const whole = start();
        whole.firing.begin(window, { merges: [], tables: keys.map(whole.tableOf) }, undefined);
        whole.firing.run(budgetOf(Infinity));
        const sliced = start();
        sliced.firing.begin(window, { merges: [], tables: keys.map(sliced.tableOf) }, undefined);
        let calls = 1;
        while (!sliced.firing.run(budgetOf(units))) calls++;
        expect(sliced.output.fired).toEqual(whole.output.fired);
        expect(Math.max(0, ...sliced.output.sizes)).toBeLessThanOrEqual(units);
        expect(calls).toBeLessThanOrEqual(keys.flat().length * 2 + keys.length + 2);
      }),
    );
  });

  it('hands rows on by the hundreds', () => {
    const { firing, output, tableOf } = start();
    const table = tableOf(Array.from({ length: 1000 }, (_, key) => key));
    firing.begin(window, { merges: [], tables: [table] }, undefined);
    firing.run(budgetOf(Infinity));
    expect(output.sizes).toEqual([256, 256, 256, 232]);
  });

  it('leaves out rows whose only record failed', () => {
    const aggregation = compileWindowAggregation(
      { kind: 'reduce', reduce: () => 0 },
      { failures: failing, transformName: 'test' },
      false,
    );
    const output = new Collected();
    const createTable = (): AccumulatorTable => new AccumulatorTable({ columns: [0], heapColumns: 1 });
    const firing = new PaneFiring(aggregation, output, createTable, maxParallelism);
    const table = createTable();
    for (const key of [1, 2, 3]) table.rowFor(key, hashNumber(key));
    table.numbers[0]![1] = 5;
    firing.begin(window, { merges: [], tables: [table] }, undefined);
    firing.run(budgetOf(Infinity));
    expect(output.fired).toEqual(['2: 5 in 0–10']);
  });
});

describe('firing a window for one key', () => {
  it('merges what the tables have of it', () => {
    const { firing, output, tableOf } = start();
    const tables = [tableOf([1, 2]), tableOf([2, 2]), tableOf([3])];
    for (const key of [2, 1, 9]) firing.fireKey(window, tables, key, hashNumber(key));
    firing.fireKey({ startMs: 5, endMs: 15 }, [tables[1]!], 2, hashNumber(2));
    firing.fireKey(window, [tables[1]!], 1, hashNumber(1));
    expect(output.fired).toEqual(['2: 3 in 0–10', '1: 1 in 0–10', '2: 2 in 5–15']);
  });

  it('does not disturb a window that is being fired', () => {
    const { firing, output, tableOf } = start();
    const tables = [tableOf([1, 2, 3]), tableOf([4])];
    firing.fireKey(window, tables, 4, hashNumber(4));
    firing.begin(window, { merges: [], tables }, undefined);
    expect(firing.run(budgetOf(2))).toBe(false);
    while (!firing.run(budgetOf(2)));
    expect(output.fired.slice(1)).toEqual(['1: 1 in 0–10', '2: 1 in 0–10', '3: 1 in 0–10', '4: 1 in 0–10']);
  });
});
