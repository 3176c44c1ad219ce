import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowSpace } from '../../src/state/row-space.ts';

fc.configureGlobal({ seed: 20_011 });

const rowsOf = (rows: RowSpace): number[] => {
  const found: number[] = [];
  for (let row = rows.next(-1); row >= 0; row = rows.next(row)) found.push(row);
  return found;
};

describe('a row space', () => {
  it('gives dense rows while nothing is given back', () => {
    const rows = new RowSpace();
    expect([rows.allocate(), rows.allocate(), rows.allocate()]).toEqual([0, 1, 2]);
    expect(rows.size).toBe(3);
    expect(rows.memoryBytes()).toBe(0);
  });

  it('uses a row again that was given back', () => {
    const rows = new RowSpace();
    for (let i = 0; i < 4; i++) rows.allocate();
    rows.release(1);
    expect(rows.has(1)).toBe(false);
    expect(rowsOf(rows)).toEqual([0, 2, 3]);
    expect(rows.allocate()).toBe(1);
    expect(rows.allocate()).toBe(4);
    expect(rows.limit).toBe(5);
  });

  it('starts anew after a clear', () => {
    const rows = new RowSpace();
    for (let i = 0; i < 40; i++) rows.allocate();
    rows.release(7);
    rows.clear();
    expect(rowsOf(rows)).toEqual([]);
    expect(rows.has(0)).toBe(false);
    expect(rows.allocate()).toBe(0);
  });

  it('knows the same rows as a set does, after any sequence of changes', () => {
    const steps = fc.array(fc.oneof(fc.constant(-1), fc.nat(200)), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (sequence) => {
        const rows = new RowSpace();
        const model = new Set<number>();
        for (const step of sequence) {
          const used = [...model];
          const victim = used[step % Math.max(1, used.length)];
          if (step < 0 || victim === undefined) {
            const row = rows.allocate();
            expect(model.has(row)).toBe(false);
            model.add(row);
          } else {
            rows.release(victim);
            model.delete(victim);
          }
        }
        expect(rows.size).toBe(model.size);
        expect(rowsOf(rows)).toEqual([...model].sort((a, b) => a - b));
        for (let row = -1; row <= rows.limit + 33; row++) expect(rows.has(row)).toBe(model.has(row));
      }),
    );
  });
});
