import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeySegment } from '../../../src/connectors/formats/key-segment.ts';

/** Bytes with room to look ahead behind them. */
const viewOf = (bytes: readonly number[]): DataView => {
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes);
  return new DataView(padded.buffer);
};

const segmentOf = (bytes: readonly number[]): KeySegment => new KeySegment(viewOf(bytes), 0, bytes.length, 0);

/** Of every length with a way of its own: up to one word, two, three, the usual bytes, and beyond. */
const segmentBytes = fc.array(fc.nat(255), { minLength: 4, maxLength: 40 });

describe('a segment of keys', () => {
  it('is where its bytes are, whatever stands around', () => {
    fc.assert(
      fc.property(segmentBytes, fc.array(fc.nat(255)), fc.array(fc.nat(255)), (bytes, before, behind) => {
        const view = viewOf([...before, ...bytes, ...behind]);
        expect(segmentOf(bytes).isAt(view, before.length)).toBe(true);
      }),
      { seed: 3 },
    );
  });

  it('is not where a single byte differs', () => {
    fc.assert(
      fc.property(segmentBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, difference) => {
        const other = [...bytes];
        other[place % bytes.length] = (other[place % bytes.length] as number) ^ difference;
        expect(segmentOf(bytes).isAt(viewOf(other), 0)).toBe(false);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('is not in bytes that end before it does, and does not look beyond what may be looked at', () => {
    for (let length = 4; length <= 40; length++) {
      const bytes = Array.from({ length }, (_, i) => 0x30 + i);
      for (let there = 0; there < length; there++) {
        expect(segmentOf(bytes).isAt(viewOf([...bytes.slice(0, there), 0x0a]), 0)).toBe(false);
      }
    }
  });
});
