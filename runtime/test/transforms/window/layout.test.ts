import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cumulative, sliding, tumbling } from '../../../src/api/windows.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';

const assigners: fc.Arbitrary<AlignedAssigner> = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(29)).map(([size, offset]) => tumbling(size, { offset })),
  fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), fc.nat(29))
    .map(([size, slide, offset]) => sliding(size, slide, { offset })),
  fc
    .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 6 }), fc.nat(9))
    .map(([step, steps, offset]) => cumulative(step, step * steps, { offset })),
) as fc.Arbitrary<AlignedAssigner>;

/** Whether an instant is in the window, by the definition of the assigner. */
const isWindow = (assigner: AlignedAssigner, startMs: number, endMs: number): boolean => {
  const { kind, sizeMs, slideMs, offsetMs } = assigner;
  const aligned = (timeMs: number, stepMs: number): boolean =>
    (((timeMs - offsetMs) % stepMs) + stepMs) % stepMs === 0;
  if (kind !== 'cumulative') return endMs - startMs === sizeMs && aligned(startMs, slideMs);
  const lengthMs = endMs - startMs;
  return aligned(startMs, sizeMs) && lengthMs > 0 && lengthMs <= sizeMs && lengthMs % slideMs === 0;
};

describe('the layout of aligned windows', () => {
  it('puts every instant into exactly the windows that include it', () => {
    fc.assert(
      fc.property(assigners, fc.integer({ min: -100, max: 100 }), (assigner, timeMs) => {
        const layout = createLayout(assigner);
        const found = layout
          .windowsOf(layout.cellOf(timeMs))
          .map(({ startMs, endMs }) => `${startMs}–${endMs}`);
        const expected: string[] = [];
        for (let endMs = timeMs + 1; endMs <= timeMs + 60; endMs++) {
          for (let startMs = timeMs; startMs > timeMs - 60; startMs--) {
            if (isWindow(assigner, startMs, endMs)) expected.push(`${startMs}–${endMs}`);
          }
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('has cells that are the same for each of their instants', () => {
    fc.assert(
      fc.property(assigners, fc.integer({ min: -100, max: 100 }), (assigner, timeMs) => {
        const layout = createLayout(assigner);
        const cell = layout.cellOf(timeMs);
        expect(cell.startMs <= timeMs && timeMs < cell.endMs).toBe(true);
        for (let at = cell.startMs; at < cell.endMs; at++) expect(layout.cellOf(at)).toEqual(cell);
        const ends = layout.windowsOf(cell).map(({ endMs }) => endMs);
        expect(layout.lastEndMs(cell)).toBe(Math.max(-Infinity, ...ends));
        for (const afterMs of [-Infinity, ...ends]) {
          expect(layout.firstWindow(cell, afterMs)?.endMs).toBe(ends.find((endMs) => endMs > afterMs));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('cuts a slide in two cells at most, however little size and slide have in common', () => {
    const layout = createLayout(sliding(10_000, 3333) as AlignedAssigner);
    const cells = new Set(Array.from({ length: 3333 }, (_, timeMs) => layout.cellOf(timeMs).startMs));
    expect(cells.size).toBe(2);
  });
});
