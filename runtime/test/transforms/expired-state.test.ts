import { expect, it } from 'vitest';
import type { RuntimeContext } from '../../src/api/functions.ts';
import { type ValueState, valueState } from '../../src/api/state.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import { drive, fakeContext } from './support.ts';

it('a keyed process function asks for the clock and gives back the memory of expired state', async () => {
  const context = fakeContext();
  let seen: ValueState<number> | undefined;
  const processor = createKeyedProcessProcessor(
    {
      kind: 'keyedProcess',
      function: {
        open(runtime: RuntimeContext) {
          seen = runtime.state(valueState<number>('seen', { ttl: { after: '10s' } }));
        },
        process: () => seen?.update(1),
      },
    },
    context,
  );
  await processor.open?.();
  expect(processor.nextTimeMs?.()).toBe(Infinity);
  const start = context.nowMs();
  drive(processor, context, [
    { key: 'a', value: 1 },
    { key: 'b', value: 1 },
    { key: 'c', value: 1 },
  ]);
  expect(processor.nextTimeMs?.()).toBe(start + 10_000);
  const groups = Array.from({ length: context.maxParallelism }, (_, group) => group);
  const held = (): number => groups.filter((group) => processor.exportKeyGroup?.(group) !== undefined).length;
  expect(held()).toBeGreaterThan(0);
  drive(processor, context, [{ clockMs: start + 9_999 }]);
  expect(held()).toBeGreaterThan(0);
  drive(processor, context, [{ clockMs: start + 10_000 }]);
  expect(held()).toBe(0);
  expect(processor.nextTimeMs?.()).toBe(Infinity);
});
