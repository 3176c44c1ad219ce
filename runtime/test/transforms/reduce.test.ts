import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReduceFunction } from '../../src/api/functions.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { createReduceProcessor } from '../../src/transforms/reduce.ts';
import { drive, type FakeContext, fakeContext, finish, type RecordIn } from './support.ts';

const open = async (
  reduce: (left: never, right: never) => unknown,
  context: FakeContext = fakeContext(),
): Promise<Processor> => {
  const processor = createReduceProcessor(
    { kind: 'reduce', function: reduce as ReduceFunction<unknown> },
    context,
  );
  await processor.open?.();
  return processor;
};

const records = (...pairs: readonly (readonly [unknown, unknown])[]): RecordIn[] =>
  pairs.map(([key, value], i) => ({ key, value, timestampMs: i }));

const sum = (left: number, right: number): number => left + right;

describe('a rolling reduce', () => {
  it('gives the first record of a key as it is, then the result so far for each', async () => {
    const context = fakeContext();
    drive(await open(sum, context), context, records(['a', 1], ['b', 10], ['a', 2], ['b', 20], ['a', 3]));
    expect(context.main.records).toEqual([
      { value: 1, timestampMs: 0 },
      { value: 10, timestampMs: 1 },
      { value: 3, timestampMs: 2 },
      { value: 30, timestampMs: 3 },
      { value: 6, timestampMs: 4 },
    ]);
  });

  it('takes undefined and null for records like any other', async () => {
    const context = fakeContext();
    const processor = await open((left: unknown, right: unknown) => [left, right], context);
    drive(processor, context, records(['a', undefined], ['a', null], ['b', null]));
    expect(context.main.values).toEqual([undefined, [undefined, null], null]);
  });

  it('opens and closes an object that reduces, and keeps its this', async () => {
    const order: string[] = [];
    const user = {
      factor: 2,
      open: () => void order.push('open'),
      close: () => void order.push('close'),
      reduce(left: number, right: number): number {
        return left + this.factor * right;
      },
    };
    const context = fakeContext();
    const processor = createReduceProcessor(
      { kind: 'reduce', function: user as unknown as ReduceFunction<unknown> },
      context,
    );
    await processor.open?.();
    drive(processor, context, records(['a', 1], ['a', 2]));
    await processor.close?.();
    expect(context.main.values).toEqual([1, 5]);
    expect(order).toEqual(['open', 'close']);
  });

  it('keeps the value of a key as it was when a record fails', async () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = await open((left: { n: number }, right: { n: number }) => {
      left.n += right.n;
      if (right.n === 13) throw new Error('unlucky');
      return left;
    }, context);
    drive(processor, context, records(['a', { n: 1 }], ['a', { n: 13 }], ['a', { n: 2 }]));
    expect((context.main.values.at(-1) as { n: number }).n).toBe(3);
    expect(context.failed).toHaveLength(1);
  });

  it('refuses an async function at its first result', async () => {
    const context = fakeContext();
    const processor = await open(async (left: unknown) => left, context);
    expect(() => drive(processor, context, records(['a', 1], ['a', 2]))).toThrow('“reduce”');
  });

  it('emits nothing at the end', async () => {
    const context = fakeContext();
    const processor = await open(sum, context);
    drive(processor, context, records(['a', 1]));
    context.main.take();
    finish(processor);
    expect(context.main.values).toEqual([]);
  });

  it('equals a fold over the records of each key, however batches are cut, also when its state moves in between', async () => {
    const pairs = fc.array(
      fc.tuple(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('x', 'y')), fc.integer()),
    );
    await fc.assert(
      fc.asyncProperty(pairs, fc.nat(30), fc.constantFrom(1, 2, 2048), async (given, cut, batchSize) => {
        const concat = (left: readonly number[], right: readonly number[]): readonly number[] => [
          ...left,
          ...right,
        ];
        const inputs = records(...given.map(([key, number]) => [key, [number]] as const));
        const context = fakeContext();
        const first = await open(concat, context);
        drive(first, context, inputs.slice(0, cut), batchSize);
        const second = await open(concat, context);
        for (let group = 0; group < 128; group++) {
          const bytes = first.exportKeyGroup?.(group);
          if (bytes !== undefined) second.importKeyGroup?.(group, bytes);
        }
        drive(second, context, inputs.slice(cut), batchSize);
        const folded = new Map<unknown, number[]>();
        const expected = given.map(([key, number]) => {
          const list = [...(folded.get(key) ?? []), number];
          folded.set(key, list);
          return list;
        });
        expect(context.main.values).toEqual(expected);
      }),
    );
  });
});
