import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateInput } from '../../../src/api/aggregates.ts';
import { col } from '../../../src/api/expressions.ts';
import { Batch } from '../../../src/batch/batch.ts';
import {
  createInputReader,
  emptyInputs,
  SkippedRecords,
} from '../../../src/transforms/aggregation/inputs.ts';
import { failing } from './support.ts';

type Read = Parameters<typeof aggregateInput>[0];

/** What a reader of numbers makes of a batch: the number of each record, `–` where there is nothing, `x` where it failed. */
const readNumbers = (read: Read, batch: Batch): unknown[] => {
  const inputs = emptyInputs();
  const skipped = new SkippedRecords();
  skipped.reset(batch.length);
  const reader = createInputReader('test', aggregateInput(read), 'numbers');
  reader(batch, skipped, { recoverable: true, handle: () => undefined }, inputs);
  return Array.from({ length: batch.length }, (_, i) => {
    if (skipped.flags[i] === 1) return 'x';
    return inputs.present === undefined || inputs.present[i] === 1 ? inputs.numbers[i] : '–';
  });
};

const readValues = (read: Read, batch: Batch): unknown[] => {
  const inputs = emptyInputs();
  const skipped = new SkippedRecords();
  skipped.reset(batch.length);
  createInputReader('test', aggregateInput(read), 'values')(batch, skipped, failing, inputs);
  return Array.from({ length: batch.length }, (_, i) => inputs.values[i]);
};

const rowsOf = (records: readonly unknown[]): Batch =>
  Batch.ofRows([...records], new Float64Array(records.length));

const columnsOf = (records: readonly unknown[]): Batch =>
  Batch.ofColumns(rowsOf(records).columns()!, new Float64Array(records.length), records.length);

describe('numbers for aggregates', () => {
  const records = [{ n: 1 }, { n: null }, {}, { n: undefined }, { n: 'two' }, { n: 3 }, { n: Number.NaN }];

  it('are read from fields, functions and expressions alike', () => {
    const expected = [1, '–', '–', '–', 'x', 3, Number.NaN];
    expect(readNumbers('n', rowsOf(records))).toEqual(expected);
    expect(readNumbers((record: { n: number }) => record.n, rowsOf(records))).toEqual(expected);
    expect(readNumbers(col('n'), rowsOf(records))).toEqual(expected);
  });

  it('are the same from columns as from rows, whatever the columns hold', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(null, undefined, 'text', true, 5n, [1]),
    );
    const record = fc.oneof(fc.record({ n: value }), fc.record({ m: value }));
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (drawn) => {
        for (const read of ['n', col('n'), col('n').add(1)] as const) {
          expect(readNumbers(read, columnsOf(drawn))).toEqual(readNumbers(read, rowsOf(drawn)));
        }
      }),
    );
  });

  it('are taken from a column of numbers as it lies', () => {
    const batch = columnsOf([{ n: 1 }, { n: 2 }]);
    const inputs = emptyInputs();
    const skipped = new SkippedRecords();
    skipped.reset(2);
    createInputReader('test', aggregateInput('n'), 'numbers')(batch, skipped, failing, inputs);
    const column = batch.column('n');
    expect(column?.type === 'number' && column.values === inputs.numbers).toBe(true);
    expect(inputs.present).toBeUndefined();
  });

  it('may come from records that are no objects', () => {
    expect(readNumbers((n: number) => n * 2, rowsOf([1, 2]))).toEqual([2, 4]);
    expect(readNumbers('n', rowsOf([null, undefined, 5]))).toEqual(['–', '–', '–']);
  });

  it('are not asked for where a record was skipped before', () => {
    const asked: number[] = [];
    const read = (n: number): number => {
      asked.push(n);
      return n;
    };
    const inputs = emptyInputs();
    const skipped = new SkippedRecords();
    skipped.reset(3);
    skipped.add(1);
    createInputReader('test', aggregateInput(read), 'numbers')(rowsOf([1, 2, 3]), skipped, failing, inputs);
    expect(asked).toEqual([1, 3]);
  });
});

describe('values for aggregates', () => {
  const records = [{ v: 'a' }, { v: 1 }, {}, { v: null }, { v: true }, { v: [1] }];

  it('are read from rows and columns alike', () => {
    const expected = ['a', 1, undefined, null, true, [1]];
    expect(readValues('v', rowsOf(records))).toEqual(expected);
    expect(readValues('v', columnsOf(records))).toEqual(expected);
    expect(readValues((record: { v: unknown }) => record.v, rowsOf(records))).toEqual(expected);
  });

  it.each<[string, readonly unknown[]]>([
    ['numbers', [1, 2.5]],
    ['texts', ['a', 'ü']],
    ['booleans', [true, false]],
    ['bigints', [1n, 2n]],
  ])('are right for columns of %s', (_, values) => {
    expect(readValues('v', columnsOf(values.map((v) => ({ v }))))).toEqual(values);
  });

  it('are the records themselves where nothing is named', () => {
    expect(readValues(undefined, rowsOf(records))).toEqual(records);
  });
});

describe('records that were skipped', () => {
  it('are forgotten with the next batch', () => {
    const skipped = new SkippedRecords();
    skipped.reset(4);
    skipped.add(2);
    expect([skipped.count, [...skipped.flags.subarray(0, 4)]]).toEqual([1, [0, 0, 1, 0]]);
    skipped.reset(3);
    expect([skipped.count, skipped.flags[2]]).toEqual([0, 0]);
    skipped.reset(100);
    expect(skipped.flags.length).toBeGreaterThanOrEqual(100);
  });
});
