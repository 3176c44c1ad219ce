import { expect } from 'vitest';
import type { DataStream, StreamEnvironment } from '../../../src/index.ts';
import { executeAndCollect, type RunOptions } from '../../../src/testing/index.ts';

type Build<T> = (env: StreamEnvironment, args: Readonly<Record<string, string>>) => DataStream<T>;

/** How a job may be run without anybody seeing it in its results. */
const ways: readonly RunOptions[] = [
  { parallelism: 1 },
  { parallelism: 1, chaining: false },
  { parallelism: 3 },
];

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Map ? [...part] : part;
  }) ?? 'undefined';

/** Values in an order that does not depend on when they came. */
export const sorted = <T>(values: readonly T[]): readonly T[] =>
  [...values].sort((left, right) => (text(left) < text(right) ? -1 : 1));

/** Runs a job in one slot, unchained, and in three slots, and expects the same results, in any order. */
export const expectEverywhere = async <T>(
  build: Build<T>,
  expected: readonly NoInfer<T>[],
  options: RunOptions = {},
): Promise<void> => {
  for (const way of ways) {
    const results = await executeAndCollect(build, { ...way, ...options });
    expect(sorted(results), JSON.stringify(way)).toEqual(sorted(expected));
  }
};

/** Runs a job in one slot, where records of one split keep their order. */
export const expectInOrder = async <T>(
  build: Build<T>,
  expected: readonly NoInfer<T>[],
  options: RunOptions = {},
): Promise<void> => {
  for (const chaining of [true, false]) {
    expect(await executeAndCollect(build, { chaining, ...options })).toEqual(expected);
  }
};
