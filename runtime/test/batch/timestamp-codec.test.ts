import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/batch/codec.ts';
import { decodeTimestamps, encodeTimestamps } from '../../src/batch/timestamp-codec.ts';
import './arbitrary.ts';

const bytesOf = (times: readonly number[], length = times.length): Uint8Array => {
  const writer = new ByteWriter();
  encodeTimestamps(Float64Array.from(times), length, writer);
  return writer.toBytes();
};

const doubles = (...values: number[]): number[] => [...new Uint8Array(Float64Array.from(values).buffer)];
const integers = (...values: number[]): number[] => [...new Uint8Array(Int32Array.from(values).buffer)];

const decoded = (bytes: Uint8Array, length: number): number[] => {
  const reader = new ByteReader(bytes);
  const times = [...decodeTimestamps(length, reader)];
  expect(reader.remaining).toBe(0);
  return times;
};

describe('timestamps', () => {
  it.each([
    ['one byte when there are none', [Number.NaN, Number.NaN], [0]],
    ['one byte when there are no records', [], [0]],
    ['first and step when they are regular', [100, 350, 600], [1, ...doubles(100, 250)]],
    ['first and step 0 for a single record', [100], [1, ...doubles(100, 0)]],
    ['first and step 0 when they are all the same', [7, 7, 7], [1, ...doubles(7, 0)]],
    ['first and a negative step when they fall', [7, 5, 3], [1, ...doubles(7, -2)]],
    [
      'first and distances when they are near',
      [100, 350, 90],
      [2, ...doubles(100), ...integers(0, 250, -10)],
    ],
    ['doubles when they are far apart', [0, 2 ** 31, 5], [3, ...doubles(0, 2 ** 31, 5)]],
    ['doubles when they are fractions', [0, 0.5, 5], [3, ...doubles(0, 0.5, 5)]],
    ['doubles when some are missing', [5, Number.NaN, 6], [3, ...doubles(5, Number.NaN, 6)]],
    ['doubles when the first is missing', [Number.NaN, 6, 8], [3, ...doubles(Number.NaN, 6, 8)]],
    ['doubles when they are infinite', [Infinity, 6, 8], [3, ...doubles(Infinity, 6, 8)]],
  ])('are %s', (_, times, bytes) => {
    expect([...bytesOf(times)]).toEqual(bytes);
    assert.deepStrictEqual(decoded(bytesOf(times), times.length), times);
  });

  it('behind the length are left out', () => {
    expect([...bytesOf([Number.NaN, 5], 1)]).toEqual([0]);
    expect(decoded(bytesOf([1, 2, 9, 100], 3), 3)).toEqual([1, 2, 9]);
  });

  it('come back exactly, however large or close', () => {
    const near = fc
      .tuple(fc.double(), fc.array(fc.integer({ min: -5, max: 5 })))
      .map(([start, steps]) => steps.map((step) => start + step + 0));
    const regular = fc
      .tuple(fc.double(), fc.double(), fc.nat({ max: 20 }))
      .map(([start, step, count]) => Array.from({ length: count }, (_, i) => start + i * step + 0));
    const accumulated = fc
      .tuple(fc.double(), fc.double(), fc.nat({ max: 20 }))
      .map(([start, step, count]) => {
        const times: number[] = [];
        for (let time = start + 0; times.length < count; time += step) times.push(time + 0);
        return times;
      });
    fc.assert(
      fc.property(fc.oneof(near, regular, accumulated), (times) => {
        assert.deepStrictEqual(decoded(bytesOf(times), times.length), times);
      }),
      { numRuns: 1000 },
    );
  });

  it('are refused when bytes are missing or unknown', () => {
    for (const times of [[1], [1, 5, 7], [0.5, 7, 9]]) {
      const bytes = bytesOf(times);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decoded(bytes.subarray(0, length), times.length)).toThrow(/damaged/);
      }
    }
    expect(() => decoded(Uint8Array.of(4), 1)).toThrow(/unknown layout 4/);
  });
});
