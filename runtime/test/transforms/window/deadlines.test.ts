import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/transforms/window/deadlines.ts';

describe('deadlines', () => {
  it('come in order of time, however they were entered, postponed and taken out', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), timeMs: fc.integer({ min: -50, max: 50 }) }),
      fc.record({ kind: fc.constant('remove' as const), timeMs: fc.constant(0) }),
      fc.record({ kind: fc.constant('postpone' as const), timeMs: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const deadlines = new Deadlines();
        let waiting: { timeMs: number; row: number }[] = [];
        let row = 0;
        for (const { kind, timeMs } of actions) {
          const first = { row: deadlines.nextRow, timeMs: deadlines.nextMs };
          if (kind === 'add') {
            deadlines.add(timeMs, row, row * 3);
            waiting.push({ timeMs, row: row++ });
          } else if (waiting.length > 0) {
            expect(deadlines.nextStamp).toBe(first.row * 3);
            waiting = waiting.filter((one) => one.row !== first.row);
            if (kind === 'remove') deadlines.remove();
            else {
              deadlines.postpone(first.timeMs + timeMs);
              waiting.push({ timeMs: first.timeMs + timeMs, row: first.row });
            }
          }
          const earliest = Math.min(...waiting.map((one) => one.timeMs));
          expect(deadlines.nextMs).toBe(earliest);
          if (waiting.length > 0) {
            expect(waiting.find((one) => one.row === deadlines.nextRow)?.timeMs).toBe(earliest);
          }
        }
      }),
    );
  });

  it('are due when their time has come, and never when there are none', () => {
    const deadlines = new Deadlines();
    expect(deadlines.isDue(Infinity)).toBe(false);
    deadlines.add(5, 1, 0);
    expect([4, 5, Infinity].map((progressMs) => deadlines.isDue(progressMs))).toEqual([false, true, true]);
    deadlines.remove();
    expect(deadlines.isDue(Infinity)).toBe(false);
  });
});
