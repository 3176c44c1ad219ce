import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createNodeMemory } from '../../src/sys/node-memory.ts';

describe('the memory of the real machine', () => {
  it('has a size, and a heap with a limit', () => {
    const memory = createNodeMemory();
    const { heapBytes, heapLimitBytes } = memory.usage();
    expect(memory.machineBytes()).toBeGreaterThan(2 ** 28);
    expect(heapBytes).toBeGreaterThan(0);
    expect(heapLimitBytes).toBeGreaterThan(heapBytes);
  });

  it('frees arrays that nobody holds when young garbage is collected', async () => {
    const memory = createNodeMemory();
    memory.collectYoung();
    const fill = (): number => {
      for (let i = 0; i < 200; i++) new Float64Array(2 ** 14).fill(i);
      return memory.usage().arrayBytes;
    };
    const before = fill();
    for (let tries = 0; tries < 50 && memory.usage().arrayBytes > before / 2; tries++) {
      memory.collectYoung();
      await setImmediate();
    }
    expect(memory.usage().arrayBytes).toBeLessThan(before / 2);
  });
});
