import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

const read = async <T>(source: ReturnType<typeof collection<T>>, parallelism: number = 1) => {
  const run = await new SourceRun(source, new TestSystem(), { parallelism }).open();
  await run.runToEnd();
  await run.close();
  return run.records;
};

describe('the collection source', () => {
  it('keeps the order of the values in one subtask', async () => {
    const values = Array.from({ length: 5000 }, (_, i) => i);
    expect((await read(collection(values))).map(({ value }) => value)).toEqual(values);
  });

  it('gives each subtask one contiguous range, the same in every run', async () => {
    const values = Array.from({ length: 10 }, (_, i) => i);
    const records = await read(collection(values), 3);
    const of = (subtask: number) =>
      records.filter((record) => record.subtask === subtask).map(({ value }) => value);
    expect([of(0), of(1), of(2)]).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8, 9],
    ]);
  });

  it('ends where the values end, also when there were more before a restart', async () => {
    const before = await new SourceRun(collection([0, 1, 2, 3, 4]), new TestSystem()).open();
    const restored = before.snapshot();
    await before.close();
    const after = await new SourceRun(collection([0, 1]), new TestSystem(), { restored }).open();
    await after.runToEnd();
    await after.close();
    expect(after.records.map(({ value }) => value)).toEqual([0, 1]);
  });

  it('takes timestamps from a field or a function, and gives none without', async () => {
    const values = [{ at: 10 }, { at: 'no number' as unknown as number }];
    const times = async (options: Parameters<typeof collection<{ at: number }>>[1]) =>
      (await read(collection(values, options))).map(({ timestampMs }) => timestampMs);
    expect(await times({ timestamp: 'at' })).toEqual([10, Number.NaN]);
    expect(await times({ timestamp: (_, position) => position * 100 })).toEqual([0, 100]);
    expect(await times({})).toEqual([Number.NaN, Number.NaN]);
  });

  it('gives function timestamps by the position in the whole collection, not in the range', async () => {
    const records = await read(collection([0, 1, 2, 3, 4, 5], { timestamp: (_, position) => position }), 2);
    for (const { value, timestampMs } of records) expect(timestampMs).toBe(value);
  });

  it('reads values that are no objects with a field for timestamps without failing', async () => {
    const values = [null, undefined, 5] as unknown as { at: number }[];
    expect(
      (await read(collection(values, { timestamp: 'at' }))).map(({ timestampMs }) => timestampMs),
    ).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('refuses values that no record may be, and says where in the value and what to do', async () => {
    class Order {
      id = 1;
    }
    await expect(read(collection([{ order: new Order() }]))).rejects.toMatchObject({
      code: 'value-unsupported',
      message: '.order is an instance of Order, which no record may hold (from a value of the collection).',
    });
  });

  it('refuses wrong options', () => {
    expect(() => collection([1], { timestamp: 5 } as never)).toThrowError(
      expect.objectContaining({ code: 'job-invalid' }),
    );
  });
});
