import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  heldStateBytes,
  leastMemoryBytes,
  localDatabaseBytes,
  memoryBudget,
  oneBatchBytes,
  overtakenBytes,
  ringBytesOf,
  sortedBytes,
} from '../../src/contract/memory-budget.ts';

const mebibyte = 2 ** 20;
const inMiB = (bytes: number): number => Math.round(bytes / mebibyte);

describe('the memory of a slot', () => {
  it.each([
    ['the least for one slot', 128, 1, { heap: 30, young: 3, state: 6, channels: 0, batches: 1 }],
    ['256 MiB for one', 256, 1, { heap: 91, young: 12, state: 56, channels: 0, batches: 9 }],
    ['256 MiB for two', 256, 2, { heap: 49, young: 3, state: 21, channels: 4, batches: 4 }],
    ['the default for one', 1024, 1, { heap: 467, young: 48, state: 364, channels: 0, batches: 57 }],
    ['the default for two', 1024, 2, { heap: 235, young: 24, state: 174, channels: 4, batches: 28 }],
    ['the default for four', 1024, 4, { heap: 115, young: 12, state: 76, channels: 12, batches: 13 }],
    ['four GiB for four', 4096, 4, { heap: 492, young: 48, state: 383, channels: 12, batches: 61 }],
    ['twelve GiB for one', 12_288, 1, { heap: 6196, young: 192, state: 5051, channels: 0, batches: 761 }],
  ])('is %s', (_name, memoryMiB, slots, expected) => {
    const budget = memoryBudget(memoryMiB * mebibyte, slots);
    expect({
      heap: budget.heapMiB,
      young: budget.youngGenerationMiB,
      state: inMiB(budget.typedStateBytes),
      channels: inMiB(budget.channelBytes),
      batches: inMiB(budget.batchBytes),
    }).toEqual(expected);
  });

  const sizes = fc.record({ slots: fc.integer({ min: 1, max: 256 }), spareMiB: fc.nat(100_000) });

  it('is never promised twice: the parts of all slots stay below the whole, and none is empty', () => {
    fc.assert(
      fc.property(sizes, ({ slots, spareMiB }) => {
        const whole = leastMemoryBytes(slots) + spareMiB * mebibyte;
        const budget = memoryBudget(whole, slots);
        const { typedStateBytes, channelBytes, batchBytes } = budget;
        const engine = (budget.heapMiB + budget.youngGenerationMiB) * mebibyte;
        expect(slots * (engine + typedStateBytes + channelBytes + batchBytes)).toBeLessThan(whole);
        expect(
          Math.min(budget.heapMiB, budget.youngGenerationMiB, typedStateBytes, batchBytes),
        ).toBeGreaterThan(0);
      }),
    );
  });

  it('grows with the memory of the process, in every part', () => {
    fc.assert(
      fc.property(sizes, fc.nat(10_000), ({ slots, spareMiB }, moreMiB) => {
        const bytes = leastMemoryBytes(slots) + spareMiB * mebibyte;
        const [less, more] = [memoryBudget(bytes, slots), memoryBudget(bytes + moreMiB * mebibyte, slots)];
        expect(more.youngGenerationMiB).toBeGreaterThanOrEqual(less.youngGenerationMiB);
        expect(more.channelBytes).toBeGreaterThanOrEqual(less.channelBytes);
        expect(more.batchBytes).toBeGreaterThanOrEqual(less.batchBytes);
      }),
    );
  });

  it('has a young generation that V8 does not round up: three times a power of two', () => {
    fc.assert(
      fc.property(sizes, ({ slots, spareMiB }) => {
        const { youngGenerationMiB } = memoryBudget(leastMemoryBytes(slots) + spareMiB * mebibyte, slots);
        expect(Number.isInteger(Math.log2(youngGenerationMiB / 3))).toBe(true);
      }),
    );
  });

  it('has rings that fit into its part for channels', () => {
    fc.assert(
      fc.property(sizes, ({ slots, spareMiB }) => {
        const { channelBytes } = memoryBudget(leastMemoryBytes(slots) + spareMiB * mebibyte, slots);
        const ring = ringBytesOf(channelBytes, slots);
        expect(Number.isInteger(Math.log2(ring))).toBe(true);
        expect(ring * (slots - 1)).toBeLessThanOrEqual(channelBytes);
      }),
    );
  });
});

describe('what follows from the memory of a slot', () => {
  it.each([
    [128, 1, 64, 7.5],
    [1024, 1, 3648, 64],
    [1024, 4, 816, 28.75],
  ])(
    'of %i MiB for %i slots is batches of %i KiB, and %f MiB of records sorted in memory',
    (memoryMiB, slots, batchKiB, sortedMiB) => {
      const budget = memoryBudget(memoryMiB * mebibyte, slots);
      expect(oneBatchBytes(budget)).toBe(batchKiB * 1024);
      expect(sortedBytes(budget)).toBe(sortedMiB * mebibyte);
    },
  );

  it('is as much as is of use where there is no budget', () => {
    expect(sortedBytes()).toBe(64 * mebibyte);
  });
});

describe('what barriers overtake', () => {
  it('has half of the memory for batches, of which each task gets its part, and at least a batch', () => {
    const budget = memoryBudget(1024 * mebibyte, 1);
    expect(overtakenBytes(4, budget)).toBe(budget.batchBytes / 8);
    expect(overtakenBytes(100_000, budget)).toBe(64 * 1024);
    expect(overtakenBytes(2)).toBe(32 * mebibyte);
  });
});

describe('too little memory', () => {
  it.each([
    [127, 1, 128, 'one slot'],
    [128, 2, 177, '2 slots'],
    [512, 16, 863, '16 slots'],
  ])('of %i MiB for %i slots is refused, with the least that works', (memoryMiB, slots, least, shown) => {
    const divide = (): unknown => memoryBudget(memoryMiB * mebibyte, slots);
    expect(divide).toThrow(
      expect.objectContaining({
        code: 'manifest-invalid',
        message: `${memoryMiB} MiB of memory are too little for ${shown}: at least ${least} MiB are needed.`,
        hint: `Raise spec.resources.memory to ${least}Mi or more, or lower spec.parallelism.`,
        where: { field: 'spec.resources.memory', slots },
      }),
    );
  });

  it('ends exactly where the error says', () => {
    for (const slots of [1, 2, 3, 8, 100]) {
      const least = Math.ceil(leastMemoryBytes(slots) / mebibyte);
      expect(() => memoryBudget(least * mebibyte, slots)).not.toThrow();
      expect(() => memoryBudget((least - 1) * mebibyte, slots)).toThrow(`at least ${least} MiB`);
    }
  });
});

describe('state that may also lie on disk', () => {
  it('has half of what the heap has beyond the loaded job, and 256 MiB without a budget', () => {
    const budget = memoryBudget(1024 * mebibyte, 1);
    expect(heldStateBytes(budget)).toBe(((budget.heapMiB - 24) / 2) * mebibyte);
    expect(heldStateBytes()).toBe(256 * mebibyte);
  });

  it('leaves room for its database where a worker has 256 MiB', () => {
    expect(memoryBudget(256 * mebibyte, 1).typedStateBytes).toBeGreaterThan(localDatabaseBytes);
  });
});
