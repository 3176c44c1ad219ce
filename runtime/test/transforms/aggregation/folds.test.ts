import { describe, expect, it } from 'vitest';
import type { WindowAggregation } from '../../../src/api/transform.ts';
import { compileRecordLists, compileWindowAggregation } from '../../../src/transforms/aggregation/compile.ts';
import type { FailureHandler } from '../../../src/transforms/processor.ts';
import { Bench, failing } from './support.ts';

const compile = (aggregation: WindowAggregation, failures: FailureHandler = failing) =>
  compileWindowAggregation(aggregation, { failures, transformName: 'under-test' }, true);

const text = (left: unknown, right: unknown): string => `${left as string}${right as string}`;

/** Keeps what it was given in one list that it changes in place. */
const listing: WindowAggregation = {
  kind: 'aggregate',
  aggregate: {
    create: () => [],
    add: (accumulator, value) => {
      (accumulator as unknown[]).push(value);
      if (value === 'bad') throw new Error('bad');
      return accumulator;
    },
    result: (accumulator) => (accumulator as unknown[]).join('-'),
    merge: (left, right) => [...(left as unknown[]), ...(right as unknown[])],
  },
};

describe('a reduce', () => {
  it('starts with the first record, undefined ones too, and takes each further one', () => {
    const bench = new Bench(compile({ kind: 'reduce', reduce: text })).add(
      ['a', 'b', 'c', 'd'],
      [0, 1, 0, 0],
    );
    expect([bench.result(0), bench.result(1)]).toEqual(['acd', 'b']);
    const undefinedFirst = new Bench(compile({ kind: 'reduce', reduce: text })).add([undefined, 'x'], [0, 0]);
    expect(undefinedFirst.result()).toBe('undefinedx');
  });

  it('merges by itself', () => {
    const bench = new Bench(compile({ kind: 'reduce', reduce: text })).add(['a', 'b', 'c'], [0, 1, 1]);
    expect(bench.merge(0, 1).merge(5, 0).result(5)).toBe('abc');
  });
});

describe('an aggregate of the author', () => {
  it('has an accumulator for each row', () => {
    const bench = new Bench(compile(listing)).add(['a', 'b', 'c'], [0, 1, 0]);
    expect([bench.result(0), bench.result(1)]).toEqual(['a-c', 'b']);
  });

  it('is merged without sharing its accumulator', () => {
    const bench = new Bench(compile(listing)).add(['a', 'b'], [0, 1]);
    bench.merge(2, 0).add(['z'], [2]);
    expect([bench.result(0), bench.result(2)]).toEqual(['a', 'a-z']);
    bench.merge(0, 1);
    expect(bench.result(0)).toBe('a-b');
  });

  it('leaves an accumulator as it was when it fails on a record and the job goes on', () => {
    const failed: unknown[] = [];
    const failures = {
      recoverable: true,
      handle: (_error: unknown, record: unknown) => void failed.push(record),
    };
    const bench = new Bench(compile(listing, failures));
    bench.add(['a', 'bad', 'b'], [0, 0, 0], failures).add(['bad'], [1], failures);
    expect([bench.result(0), failed]).toEqual(['a-b', ['bad', 'bad']]);
    expect(bench.aggregation.isEmpty(bench.table, bench.rowOf(1))).toBe(true);
    expect(bench.aggregation.isEmpty(bench.table, bench.rowOf(0))).toBe(false);
  });

  it('shows what it has kept when its result fails', () => {
    const bench = new Bench(compile(listing)).add(['a', 'b'], [0, 0]);
    expect(bench.aggregation.accumulator(bench.table, bench.rowOf(0))).toEqual(['a', 'b']);
  });

  it('without a merge says so when one is needed', () => {
    const { create, add, result } = (listing as Extract<WindowAggregation, { kind: 'aggregate' }>).aggregate;
    const bench = new Bench(compile({ kind: 'aggregate', aggregate: { create, add, result } })).add(
      ['a', 'b'],
      [0, 1],
    );
    expect(bench.merge(2, 0).result(2)).toBe('a');
    expect(() => bench.merge(2, 1)).toThrow('has no merge');
  });
});

describe.each<[string, WindowAggregation]>([
  ['reduce', { kind: 'reduce', reduce: (() => Promise.resolve(1)) as never }],
  [
    'aggregate',
    { kind: 'aggregate', aggregate: { create: () => 0, add: () => Promise.resolve(1), result: () => 1 } },
  ],
])('a promise that “%s” returns', (name, aggregation) => {
  it('is refused by name', () => {
    const bench = new Bench(compile(aggregation));
    expect(() => bench.add([1, 2], [0, 0])).toThrow(
      `“${name}” of the transform “under-test” returned a promise`,
    );
  });
});

describe('lists of records', () => {
  it('have all records in order, null and undefined too', () => {
    for (const ordered of [true, false]) {
      const bench = new Bench(compileRecordLists(['records'], ordered));
      bench.add(['a', null, 'x', undefined, 'b'], [0, 0, 1, 0, 0]);
      expect([bench.result(0), bench.result(1)]).toEqual([['a', null, undefined, 'b'], ['x']]);
      expect(bench.result(7)).toEqual([]);
    }
  });

  it('merge in order of arrival where they may have to', () => {
    const bench = new Bench(compileRecordLists(['records'], true));
    bench.add(['a', 'b', 'c', 'd', 'e'], [0, 1, 0, 2, 1]);
    expect(bench.merge(0, 1).merge(0, 2).result(0)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(bench.result(1)).toEqual(['b', 'e']);
  });

  it('append where they never have to', () => {
    const bench = new Bench(compileRecordLists(['records'], false)).add(['a', 'b', 'c'], [0, 1, 0]);
    expect(bench.merge(0, 1).result(0)).toEqual(['a', 'c', 'b']);
  });

  it('are handed out as copies', () => {
    for (const ordered of [true, false]) {
      const bench = new Bench(compileRecordLists(['records'], ordered)).add(['a'], [0]);
      const result = bench.result();
      bench.add(['b'], [0]);
      expect(result).toEqual(['a']);
    }
  });
});

describe('an aggregation', () => {
  it('goes on with order of arrival where state from elsewhere stopped', () => {
    const { aggregation } = new Bench(compile({ kind: 'collect' })).add(['a', 'b'], [0, 0]);
    expect(aggregation.arrivals).toBe(2);
    aggregation.raiseArrivals(10);
    aggregation.raiseArrivals(5);
    expect(aggregation.arrivals).toBe(10);
  });

  it('knows whether parts may be aggregated in any order', () => {
    expect(compile({ kind: 'collect' }).mergesInAnyOrder).toBe(false);
    expect(compile({ kind: 'reduce', reduce: text }).mergesInAnyOrder).toBe(false);
    expect(compile({ kind: 'builtIn', aggregates: {} }).mergesInAnyOrder).toBe(true);
  });
});
