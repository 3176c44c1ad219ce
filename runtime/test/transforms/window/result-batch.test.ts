import { describe, expect, it } from 'vitest';
import { average, collectAll, count, maximum, sum } from '../../../src/api/aggregates.ts';
import type { Batch } from '../../../src/batch/batch.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import { createFiredRows, firedRowsAtOnce } from '../../../src/transforms/window/pane-output.ts';
import { ResultBatch } from '../../../src/transforms/window/result-batch.ts';
import { Bench } from '../aggregation/support.ts';
import { CollectingEmitter } from '../support.ts';

const aggregates = {
  records: count(),
  total: sum((n: number | null) => n),
  mean: average((n: number | null) => n),
  most: maximum((n: number | null) => n),
  all: collectAll((n: number | null) => n),
};

/** A table of keys with the numbers that went into each, and a batch of results over it. */
const start = (keys: readonly unknown[], keyed: boolean = true) => {
  const bench = new Bench(aggregates);
  const emitter = new CollectingEmitter();
  const results = new ResultBatch(bench.aggregation, keyed, emitter);
  const fired = createFiredRows(bench.table, {
    keyAt: (row) => keys[row],
    hashAt: (row) => hashValue(keys[row]),
  });
  /** Fires rows in one window. */
  const fire = (rows: readonly number[], startMs: number, endMs: number): void => {
    rows.forEach((row, i) => {
      fired.rows[i] = row;
      fired.startsMs[i] = startMs;
      fired.endsMs[i] = endMs;
    });
    fired.length = rows.length;
    results.add(fired);
  };
  return { bench, emitter, results, fire, fired };
};

const columnsOf = (batch: Batch | undefined): Record<string, string> =>
  Object.fromEntries(batch!.columns()!.names.map((name, i) => [name, batch!.columns()!.columns[i]!.type]));

describe('a batch of results', () => {
  it('has typed columns, the window, and the last instant of it as timestamp', () => {
    const { bench, emitter, results, fire } = start([10, 20]);
    bench.add([1, 2, 4], [0, 1, 1]);
    fire([0, 1], 100, 200);
    expect(emitter.batches).toEqual([]);
    results.flush();
    expect(columnsOf(emitter.batches[0])).toEqual({
      key: 'number',
      windowStart: 'number',
      windowEnd: 'number',
      records: 'number',
      total: 'number',
      mean: 'number',
      most: 'number',
      all: 'any',
    });
    expect(emitter.records).toEqual([
      {
        value: {
          key: 10,
          windowStart: 100,
          windowEnd: 200,
          records: 1,
          total: 1,
          mean: 1,
          most: 1,
          all: [1],
        },
        timestampMs: 199,
      },
      {
        value: {
          key: 20,
          windowStart: 100,
          windowEnd: 200,
          records: 2,
          total: 6,
          mean: 3,
          most: 4,
          all: [2, 4],
        },
        timestampMs: 199,
      },
    ]);
  });

  it('says undefined where there is no extreme, and NaN where there is no mean', () => {
    const { bench, emitter, results, fire } = start([1, 2]);
    bench.add([null, 5], [0, 1]);
    fire([0, 1], 0, 10);
    results.flush();
    const [none, five] = emitter.values as { most: unknown; mean: unknown }[];
    expect(Object.hasOwn(none!, 'most')).toBe(true);
    expect([none!.most, none!.mean, five!.most]).toEqual([undefined, Number.NaN, 5]);
  });

  it.each<[string, readonly unknown[], string]>([
    ['texts', ['a', 'b', 'c'], 'string'],
    ['kinds mixed', [1, 'b', 3n], 'any'],
    ['objects', [[1, 2], { a: 1 }, null], 'any'],
  ])('takes keys that are %s', (_, keys, type) => {
    const { bench, emitter, results, fire } = start(keys);
    bench.add([1, 1, 1], [0, 1, 2]);
    fire([0, 1, 2], 0, 10);
    results.flush();
    expect(columnsOf(emitter.batches[0])['key']).toBe(type);
    expect(emitter.values.map((value) => (value as { key: unknown }).key)).toEqual(keys);
    // The next batch starts with typed keys again.
    fire([0], 0, 10);
    results.flush();
    expect(emitter.values.at(-1)).toMatchObject({ key: keys[0] });
  });

  it('has no key without keys', () => {
    const { bench, emitter, results, fire } = start([0], false);
    bench.add([1], [0]);
    fire([0], 0, 10);
    results.flush();
    expect(emitter.values).toEqual([
      { windowStart: 0, windowEnd: 10, records: 1, total: 1, mean: 1, most: 1, all: [1] },
    ]);
  });

  it('goes out when it is full, and holds what it was given when it was given', () => {
    const keys = Array.from({ length: 256 }, (_, i) => i);
    const { bench, emitter, results, fire } = start(keys);
    bench.add(
      keys.map(() => 1),
      keys,
    );
    for (let window = 0; window < 9; window++) {
      fire(keys, window * 10, window * 10 + 10);
      bench.add([1], [0]);
    }
    expect(emitter.batches.map(({ length }) => length)).toEqual([2048]);
    results.flush();
    results.flush();
    expect(emitter.batches.map(({ length }) => length)).toEqual([2048, 256]);
    const ofFirst = emitter.values.filter((value) => (value as { key: number }).key === 0);
    expect(ofFirst.map((value) => (value as { records: number }).records)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(firedRowsAtOnce).toBe(256);
  });

  it('splits what does not fit into one batch', () => {
    const keys = Array.from({ length: 200 }, (_, i) => i);
    const { bench, emitter, results, fire } = start(keys);
    bench.add(
      keys.map(() => 1),
      keys,
    );
    for (let window = 0; window < 11; window++) fire(keys, window, window + 1);
    results.flush();
    expect(emitter.batches.map(({ length }) => length)).toEqual([2048, 152]);
    const found = emitter.values.map((value) => {
      const { key, windowStart } = value as { key: number; windowStart: number };
      return windowStart * 200 + key;
    });
    expect(found).toEqual(Array.from({ length: 2200 }, (_, i) => i));
  });

  it('stamps windows without end with the time it is told', () => {
    const { bench, emitter, results, fire, fired } = start([1]);
    bench.add([1], [0]);
    fired.endlessMs = 42;
    fire([0], -Infinity, Infinity);
    results.flush();
    expect(emitter.records[0]?.timestampMs).toBe(42);
  });
});
