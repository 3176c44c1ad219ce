import { describe, expect, test } from 'vitest';
import type { Collector } from '../../src/api/functions.ts';
import { filterSpec, flatMapSpec, mapSpec } from '../../src/api/fused-specs.ts';
import type { Emit } from '../../src/batch/plan.ts';

/** Runs a flatMap step as a loop does, and gives what it emitted. */
const emitted = (spec: ReturnType<typeof flatMapSpec>, values: readonly unknown[]): readonly unknown[] => {
  const results: unknown[] = [];
  const emit: Emit = (value, timestampMs) =>
    results.push(timestampMs === undefined ? value : [value, timestampMs]);
  if (spec.step.kind !== 'flatMap') throw new Error('Expected a flatMap.');
  for (const value of values) spec.step.function(value, emit);
  return results;
};

describe('a fused step', () => {
  test('of a plain function is that function, without a life', () => {
    const double = (value: number): number => value * 2;
    const isLarge = (value: number): boolean => value > 3;
    expect(mapSpec(double)).toEqual({ kind: 'fused', step: { kind: 'map', function: double } });
    expect(filterSpec(isLarge)).toEqual({ kind: 'fused', step: { kind: 'filter', function: isLarge } });
  });

  test('of an object has its life, and calls its method with its own this', () => {
    class Add {
      amount = 0;
      open(): void {
        this.amount = 10;
      }
      map(value: number): number {
        return value + this.amount;
      }
      filter(value: number): boolean {
        return value > this.amount;
      }
    }
    const add = new Add();
    add.open();
    const map = mapSpec<number, number>(add);
    const filter = filterSpec<number>(add);
    expect(map.lifecycle).toBe(add);
    expect(map.step.kind === 'map' && map.step.function(1)).toBe(11);
    expect(filter.step.kind === 'filter' && filter.step.function(11)).toBe(true);
  });
});

describe('a flatMap step', () => {
  test('emits through one collector for all records', () => {
    const collectors = new Set<unknown>();
    const spec = flatMapSpec<number, number>((value, output) => {
      collectors.add(output);
      for (let i = 0; i < value; i++) output.emit(value);
    });
    expect(emitted(spec, [1, 0, 3])).toEqual([1, 3, 3, 3]);
    expect(collectors.size).toBe(1);
  });

  test('passes timestamps on', () => {
    const spec = flatMapSpec<number, string>((value, output) => output.emit('x', value));
    expect(emitted(spec, [5])).toEqual([['x', 5]]);
  });

  test('of an object has its life', () => {
    const twice = {
      open: () => undefined,
      flatMap: (value: number, output: Collector<number>) => {
        output.emit(value);
        output.emit(value);
      },
    };
    const spec = flatMapSpec(twice);
    expect(spec.lifecycle).toBe(twice);
    expect(emitted(spec, [4])).toEqual([4, 4]);
  });

  test('hands on what the function returned, so that the loop can refuse a promise', () => {
    const promise = Promise.resolve();
    const sneaky = (() => promise) as unknown as (value: number, output: Collector<number>) => undefined;
    const { step } = flatMapSpec<number, number>(sneaky);
    expect(step.kind === 'flatMap' && step.function(1, () => undefined)).toBe(promise);
  });

  test('goes to the output of its own loop when two loops take turns', () => {
    const spec = flatMapSpec<number, number>((value, output) => output.emit(value));
    const [one, two]: [unknown[], unknown[]] = [[], []];
    const { step } = spec;
    if (step.kind !== 'flatMap') throw new Error('Expected a flatMap.');
    for (const value of [1, 2, 3, 4])
      step.function(value, (result) => (value % 2 === 0 ? two : one).push(result));
    expect([one, two]).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});
