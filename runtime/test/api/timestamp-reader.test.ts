import { describe, expect, it } from 'vitest';
import { createTimestampReader } from '../../src/api/timestamp-reader.ts';

describe('the reader of timestamps', () => {
  const values = [{ at: 5 }, { at: 6n }, null, 'text', { at: 7 }];

  it('reads a numeric field and leaves values without one without a timestamp', () => {
    const target = new Float64Array(6).fill(-1);
    createTimestampReader<{ at: number }>('at')(values, 0, target);
    expect([...target]).toEqual([5, Number.NaN, Number.NaN, Number.NaN, 7, -1]);
  });

  it('calls a function with each value and its number', () => {
    const target = new Float64Array(2);
    createTimestampReader<number>((value, index) => value * 1000 + index)([1, 2], 40, target);
    expect([...target]).toEqual([1040, 2041]);
  });

  it('gives no timestamps without a selector', () => {
    const target = new Float64Array(2);
    createTimestampReader(undefined)([1, 2], 0, target);
    expect([...target]).toEqual([Number.NaN, Number.NaN]);
  });
});
