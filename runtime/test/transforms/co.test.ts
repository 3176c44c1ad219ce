import { describe, expect, it } from 'vitest';
import type { CoFlatMapFunction, CoMapFunction, CoProcessFunction } from '../../src/api/functions.ts';
import { createCoFlatMapProcessor } from '../../src/transforms/co-flat-map.ts';
import { createCoMapProcessor } from '../../src/transforms/co-map.ts';
import { createCoProcessProcessor } from '../../src/transforms/co-process.ts';
import { drive, fakeContext, type RecordIn } from './support.ts';

const left = (...values: readonly unknown[]): RecordIn[] =>
  values.map((value) => ({ value, timestampMs: 1 }));
const right = (...values: readonly unknown[]): RecordIn[] =>
  values.map((value) => ({ value, timestampMs: 2, port: 1 }));

describe('a map over two streams', () => {
  const user: CoMapFunction<unknown, unknown, unknown> = {
    map1: (value) => {
      if (value === 'bad') throw new Error('bad');
      return `left ${String(value)}`;
    },
    map2: (value) => `right ${String(value)}`,
  };

  it('calls the method of the side that a record came from', () => {
    const context = fakeContext();
    const processor = createCoMapProcessor({ kind: 'coMap', function: user }, context);
    drive(processor, context, [...left('a'), ...right('b'), ...left('c')]);
    expect(context.main.records).toEqual([
      { value: 'left a', timestampMs: 1 },
      { value: 'right b', timestampMs: 2 },
      { value: 'left c', timestampMs: 1 },
    ]);
  });

  it('leaves a failing record to the policy', () => {
    const context = fakeContext({ policy: 'drop' });
    const processor = createCoMapProcessor({ kind: 'coMap', function: user }, context);
    drive(processor, context, left('a', 'bad', 'c'));
    expect(context.main.values).toEqual(['left a', 'left c']);
    expect(context.failed.map(({ record }) => record)).toEqual(['bad']);
  });

  it('gives on a result of undefined, which is a value', () => {
    const context = fakeContext();
    const processor = createCoMapProcessor(
      { kind: 'coMap', function: { map1: () => undefined, map2: () => null } },
      context,
    );
    drive(processor, context, [...left(1), ...right(2)]);
    expect(context.main.values).toEqual([undefined, null]);
  });

  it('refuses a promise from either method, also when the other was called often before', () => {
    const context = fakeContext();
    const waits = { map1: (value: unknown) => value, map2: async (value: unknown) => value };
    const processor = createCoMapProcessor({ kind: 'coMap', function: waits }, context);
    drive(processor, context, left(...Array.from({ length: 1000 }, (_, i) => i)));
    expect(() => drive(processor, context, right(1))).toThrow('“map2”');
  });
});

describe('a flatMap over two streams', () => {
  it('gives any number of results from each side', () => {
    const user: CoFlatMapFunction<unknown, unknown, unknown> = {
      flatMap1: (value, output) => {
        output.emit(value);
        output.emit(value, 50);
      },
      flatMap2: () => undefined,
    };
    const context = fakeContext();
    const processor = createCoFlatMapProcessor({ kind: 'coFlatMap', function: user }, context);
    drive(processor, context, [...left('a'), ...right('b')]);
    expect(context.main.records).toEqual([
      { value: 'a', timestampMs: 1 },
      { value: 'a', timestampMs: 50 },
    ]);
  });

  it('names the method that returned a promise', () => {
    const context = fakeContext();
    const waits = {
      flatMap1: () => undefined,
      flatMap2: async () => undefined,
    } as unknown as CoFlatMapFunction<unknown, unknown, unknown>;
    const processor = createCoFlatMapProcessor({ kind: 'coFlatMap', function: waits }, context);
    expect(() => drive(processor, context, [...left(1), ...right(2)])).toThrow('“flatMap2”');
  });
});

describe('a process function over two streams', () => {
  it('sees time, and both sides share what the function keeps', async () => {
    class LastRule implements CoProcessFunction<unknown, unknown, unknown> {
      private rule: unknown = 'none';
      readonly order: string[] = [];
      open(): void {
        this.order.push('open');
      }
      close(): void {
        this.order.push('close');
      }
      process1(
        value: unknown,
        context: { watermarkMs: number },
        output: { emit(value: unknown): void },
      ): void {
        output.emit([value, this.rule, context.watermarkMs]);
      }
      process2(value: unknown): void {
        this.rule = value;
      }
    }
    const user = new LastRule();
    const context = fakeContext();
    const processor = createCoProcessProcessor({ kind: 'coProcess', function: user }, context);
    await processor.open?.();
    drive(processor, context, [...left('a'), ...right('strict'), { watermarkMs: 3 }, ...left('b')]);
    await processor.close?.();
    expect(context.main.values).toEqual([
      ['a', 'none', -Infinity],
      ['b', 'strict', 3],
    ]);
    expect(user.order).toEqual(['open', 'close']);
  });
});
