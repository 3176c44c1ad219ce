import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeBuffer } from '../../../src/transforms/join/time-buffer.ts';

describe('a buffer of records by time', () => {
  it('keeps them sorted, of equal times in order of arrival, and gives up the first ones', () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }) },
      { weight: 1, arbitrary: fc.constant('remove') },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const buffer = new TimeBuffer(true);
        let expected: { timeMs: number; n: number }[] = [];
        actions.forEach((what, n) => {
          if (typeof what === 'number') {
            buffer.add(what, n, n % 2 === 0);
            expected = [...expected, { timeMs: what, n }].toSorted(
              (a, b) => a.timeMs - b.timeMs || a.n - b.n,
            );
          } else if (expected.length > 0) {
            expect([buffer.firstMs, buffer.firstValue, buffer.firstWasJoined]).toEqual([
              expected[0]?.timeMs,
              expected[0]?.n,
              expected[0]!.n % 2 === 0,
            ]);
            buffer.removeFirst();
            expected.shift();
          }
          expect(buffer.size).toBe(expected.length);
        });
        expect(buffer.save()).toEqual(expected.map(({ timeMs, n }) => [timeMs, n, n % 2 === 0]));
        for (const timeMs of [-30, -3, 0, 7, 30]) {
          const from = buffer.placeOf(timeMs, false);
          const after = buffer.placeOf(timeMs, true);
          const end = buffer.placeOf(Infinity, true);
          expect(end - from).toBe(expected.filter((one) => one.timeMs >= timeMs).length);
          expect(end - after).toBe(expected.filter((one) => one.timeMs > timeMs).length);
        }
      }),
    );
  });

  it('does not hold on to what was removed', () => {
    const buffer = new TimeBuffer(false);
    for (let i = 0; i < 10_000; i++) {
      buffer.add(i, i, false);
      if (i >= 10) buffer.removeFirst();
    }
    const { times } = buffer as unknown as { times: number[] };
    expect(buffer.size).toBe(10);
    expect(times.length).toBeLessThan(100);
  });
});
