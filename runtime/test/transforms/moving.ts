/** Drives two copies of a processor as two slots, and moves key groups between them in the middle of a stream. */
import { hashValue } from '../../src/batch/hash.ts';
import { keyGroupOf } from '../../src/state/key-groups.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, type Input } from './support.ts';

const maxParallelism = 16;

/**
 * What comes out when the groups of `moved` belong to the second copy from input number `at` on. Both copies see every
 * watermark. Output by input, in no order.
 */
export const outputWithMove = (
  create: (context: FakeContext) => Processor,
  inputs: readonly Input[],
  at: number,
  moved: readonly number[],
  read: (context: FakeContext) => unknown[],
): unknown[][] => {
  const contexts = [fakeContext({ maxParallelism }), fakeContext({ maxParallelism })] as const;
  const [first, second] = contexts.map((context) => create(context)) as [Processor, Processor];
  return inputs.map((input, i) => {
    if (i === at) moveGroups(first, second, moved);
    if ('value' in input) {
      const isMoved = i >= at && moved.includes(keyGroupOf(hashValue(input.key), maxParallelism));
      const slot = isMoved ? 1 : 0;
      drive(isMoved ? second : first, contexts[slot], [input]);
    } else {
      drive(first, contexts[0], [input]);
      drive(second, contexts[1], [input]);
    }
    return contexts.flatMap(read);
  });
};

const moveGroups = (from: Processor, to: Processor, groups: readonly number[]): void => {
  const bytes = groups.map((group) => [group, from.exportKeyGroup?.(group)] as const);
  for (const [group, state] of bytes) {
    from.dropKeyGroup?.(group);
    if (state !== undefined) to.importKeyGroup?.(group, state);
  }
};

export const everyGroup: readonly number[] = Array.from({ length: maxParallelism }, (_, group) => group);
