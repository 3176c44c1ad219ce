import { describe, expect, it } from 'vitest';
import { FusedRows } from '../../src/batch/fused-rows.ts';

const filled = (capacity: number, count: number): FusedRows => {
  const output = new FusedRows(capacity);
  for (let i = 0; i < count; i++) {
    if (output.count === output.timestamps.length) output.grow();
    output.rows[output.count] = i;
    output.timestamps[output.count] = i * 10;
    output.count += 1;
  }
  return output;
};

describe('the output of a fused loop', () => {
  it('becomes a batch of what was written', () => {
    for (const [capacity, count] of [
      [4, 4],
      [4, 3],
      [100, 2],
      [0, 0],
      [0, 50],
      [1, 17],
    ] as const) {
      const batch = filled(capacity, count).toBatch();
      expect(batch.length).toBe(count);
      expect(batch.rows()).toEqual(Array.from({ length: count }, (_, i) => i));
      expect([...batch.timestamps.subarray(0, count)]).toEqual(
        Array.from({ length: count }, (_, i) => i * 10),
      );
    }
  });

  it('forgets the records of one that failed', () => {
    const output = filled(4, 3);
    output.truncate(1);
    output.rows[1] = 'next';
    output.timestamps[1] = 5;
    output.count = 2;
    const batch = output.toBatch();
    expect(batch.rows()).toEqual([0, 'next']);
    expect([...batch.timestamps.subarray(0, 2)]).toEqual([0, 5]);
  });

  it('is not made longer by forgetting', () => {
    const output = filled(4, 2);
    output.truncate(3);
    expect(output.count).toBe(2);
  });

  it('does not carry room for a full batch about when it holds little', () => {
    expect(filled(2048, 3).toBatch().timestamps.length).toBe(3);
  });
});
