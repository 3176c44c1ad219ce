import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Batch } from '../../../src/batch/batch.ts';
import { validateBatch } from '../../../src/connectors/formats/validation.ts';

const schema = z.object({
  user: z.object({ name: z.string(), age: z.number().int().min(0) }),
  kind: z.enum(['view', 'buy']).default('view'),
});

const batchOf = (rows: readonly unknown[]): Batch =>
  Batch.ofRows(
    rows,
    Float64Array.from(rows, (_, i) => i * 10),
  );

describe('validation of a batch', () => {
  it('keeps what fits, with defaults filled in and with its timestamps', () => {
    const unfit: string[] = [];
    const rows = [
      { user: { name: 'a', age: 1 } },
      { user: { name: 'b', age: -1 } },
      { user: { name: 'c', age: 3 }, kind: 'buy', extra: 1 },
    ];
    const batch = validateBatch(batchOf(rows), schema, (_, reason) => unfit.push(reason));
    expect(batch?.rows()).toEqual([
      { user: { name: 'a', age: 1 }, kind: 'view' },
      { user: { name: 'c', age: 3 }, kind: 'buy' },
    ]);
    expect([...(batch?.timestamps.subarray(0, 2) ?? [])]).toEqual([0, 20]);
    expect(unfit).toEqual(['field user.age: Too small: expected number to be >=0']);
  });

  it('names every field that does not fit and what was expected there', () => {
    const unfit: [unknown, string][] = [];
    const record = { user: { name: 5 }, kind: 'sell' };
    expect(
      validateBatch(batchOf([record]), schema, (value, reason) => unfit.push([value, reason])),
    ).toBeUndefined();
    expect(unfit[0]?.[0]).toBe(record);
    expect(unfit[0]?.[1]).toMatch(
      /field user\.name: .*expected string.*; field user\.age: .*expected number.*; field kind: /,
    );
  });

  it('says of a record that is no object what was expected', () => {
    const unfit: string[] = [];
    validateBatch(batchOf([null, 'x']), schema, (_, reason) => unfit.push(reason));
    expect(unfit).toEqual([
      'Invalid input: expected object, received null',
      'Invalid input: expected object, received string',
    ]);
  });

  it('stops when the handler throws', () => {
    const stop = (): never => {
      throw new Error('stop');
    };
    expect(() => validateBatch(batchOf([1]), schema, stop)).toThrow('stop');
  });
});
