import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerSet } from '../../src/state/timer-set.ts';

fc.configureGlobal({ seed: 20_011 });

const times = fc.oneof(
  fc.nat(20),
  fc.constantFrom(Infinity, -Infinity, -1, 0.25, 1.7e12, 1.7e12 + 2 ** 32, 2 ** 53),
);
const namespaces = fc.constantFrom(0, 0, 0, 1, -1, 2 ** 33, 0.5);
const timers = fc.tuple(fc.nat(6), times, namespaces);

describe('a set of timers', () => {
  it('holds each timer once, under dense ids that are used again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), timers), { maxLength: 300, size: 'max' }), (steps) => {
        const set = new TimerSet();
        const model = new Map<string, number>();
        let most = 0;
        for (const [adds, [row, timeMs, namespace]] of steps) {
          const name = `${row} ${timeMs} ${namespace}`;
          const known = model.get(name);
          if (adds) {
            const id = set.add(row, timeMs, namespace);
            expect(id >= 0).toBe(known === undefined);
            if (known === undefined) {
              expect([...model.values()]).not.toContain(id);
              expect([set.rowAt(id), set.namespaceAt(id)]).toEqual([row, namespace]);
              model.set(name, id);
            }
          } else {
            expect(set.remove(row, timeMs, namespace)).toBe(known ?? -1);
            model.delete(name);
          }
          most = Math.max(most, model.size);
          expect(set.size).toBe(model.size);
        }
        for (const id of model.values()) expect(id).toBeLessThan(most);
      }),
    );
  });

  it('tells apart what differs in row, time or namespace only', () => {
    const set = new TimerSet();
    const ids = [
      [1, 2, 3],
      [2, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
      [1, 2 + 2 ** 32, 3],
      [1, 2.5, 3],
      [1, 2, 3 + 2 ** 32],
      [1, 2, 0],
    ].map(([row, timeMs, namespace]) => set.add(row!, timeMs!, namespace!));
    expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes no memory for namespaces until there is one', () => {
    const [plain, spaced] = [new TimerSet(), new TimerSet()];
    for (let i = 0; i < 1000; i++) {
      plain.add(i, i, 0);
      spaced.add(i, i, i === 500 ? 1 : 0);
    }
    expect(spaced.memoryBytes() - plain.memoryBytes()).toBeGreaterThanOrEqual(8000);
    expect(spaced.remove(500, 500, 0)).toBe(-1);
    expect(spaced.remove(500, 500, 1)).toBe(500);
    expect(spaced.remove(499, 499, 0)).toBe(499);
  });
});
