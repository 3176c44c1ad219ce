import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { SkippedRecords } from '../../../src/transforms/aggregation/inputs.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';
import { Router } from '../../../src/transforms/window/router.ts';
import { SliceStore } from '../../../src/transforms/window/slices.ts';

interface Routed {
  readonly slices: Record<string, number[]>;
  readonly late: number[];
  readonly timeless: number[];
  readonly isSorted: boolean;
  readonly skipped: number;
}

const routerOf = (assigner: WindowAssigner, shared: boolean, latenessMs = 0) => {
  const store = new SliceStore(
    createLayout(assigner as AlignedAssigner),
    shared,
    { initialNumbers: [], heapCount: 0 },
    latenessMs,
  );
  const router = new Router(store);
  const skipped = new SkippedRecords();
  /** Routes a batch and collects which positions come to which slice. `failed` records are skipped after routing. */
  const route = (
    times: readonly number[],
    progressMs = -Infinity,
    failed: readonly number[] = [],
  ): Routed => {
    const late: number[] = [];
    const timeless: number[] = [];
    skipped.reset(times.length);
    router.route(Float64Array.from(times), times.length, progressMs, skipped, {
      late: (position) => late.push(position),
      timeless: (position) => timeless.push(position),
    });
    for (const position of failed) skipped.add(position);
    return { ...collect(times.length), late, timeless };
  };
  const collect = (length: number): Pick<Routed, 'slices' | 'isSorted' | 'skipped'> => {
    const slices: Record<string, number[]> = {};
    router.forEachSlice(length, skipped, ({ startMs, endMs }, positions, from, to) => {
      slices[`${startMs}–${endMs}`] = [...positions.subarray(from, to)];
    });
    return { slices, isSorted: router.isSorted, skipped: skipped.count };
  };
  const routeAll = (timeMs: number, length: number): Pick<Routed, 'slices' | 'isSorted' | 'skipped'> => {
    skipped.reset(length);
    router.routeAll(timeMs, length, -Infinity, skipped);
    return collect(length);
  };
  return { route, routeAll, store };
};

describe('the router of records to slices', () => {
  it('sorts nothing when the whole batch lies in one cell', () => {
    const { route } = routerOf(tumbling(10), true);
    expect(route([3, 9, 0, 5])).toEqual({
      slices: { '0–10': [0, 1, 2, 3] },
      late: [],
      timeless: [],
      isSorted: false,
      skipped: 0,
    });
  });

  it('keeps the order of arrival within each slice', () => {
    const { route } = routerOf(tumbling(10), true);
    expect(route([3, 19, 0, 25, 15, 5]).slices).toEqual({ '0–10': [0, 2, 5], '10–20': [1, 4], '20–30': [3] });
  });

  it('sends a record to each of its windows where slices are windows', () => {
    const { route } = routerOf(sliding(10, 5), false);
    expect(route([7, 12]).slices).toEqual({ '0–10': [0], '5–15': [0, 1], '10–20': [1] });
    expect(route([13, 14]).slices).toEqual({ '5–15': [0, 1], '10–20': [0, 1] });
  });

  it('reports late and timeless records in order and leaves them out', () => {
    const { route } = routerOf(tumbling(10), true);
    expect(route([25, 3, Number.NaN, 26, 4, Infinity, -Infinity], 15)).toEqual({
      slices: { '20–30': [0, 3] },
      late: [1, 4],
      timeless: [2, 5, 6],
      isSorted: true,
      skipped: 5,
    });
  });

  it('leaves out records between windows, and does not call them late', () => {
    const { route } = routerOf(sliding(5, 10), true);
    expect(route([2, 7, 12, 8])).toMatchObject({
      slices: { '0–5': [0], '10–15': [2] },
      late: [],
      skipped: 2,
    });
    expect(route([8])).toMatchObject({ slices: {}, late: [], skipped: 1 });
  });

  it('leaves out records that failed after it', () => {
    const { route } = routerOf(tumbling(10), true);
    expect(route([1, 2, 3], -Infinity, [1]).slices).toEqual({ '0–10': [0, 2] });
    expect(route([1, 12, 3], -Infinity, [0, 1, 2]).slices).toEqual({});
  });

  it('puts a whole batch into the cell of the clock', () => {
    const { routeAll } = routerOf(sliding(10, 5), false);
    expect(routeAll(12, 3)).toEqual({
      slices: { '5–15': [0, 1, 2], '10–20': [0, 1, 2] },
      isSorted: false,
      skipped: 0,
    });
    const gaps = routerOf(sliding(5, 10), true);
    expect(gaps.routeAll(7, 2)).toEqual({ slices: {}, isSorted: true, skipped: 2 });
  });

  it('copes with empty batches and with batches longer than any before', () => {
    const { route } = routerOf(tumbling(10), true);
    expect(route([])).toMatchObject({ slices: {}, late: [] });
    const times = Array.from({ length: 5000 }, (_, i) => i % 20);
    const { slices } = route(times);
    expect(Object.values(slices).map((positions) => positions.length)).toEqual([2500, 2500]);
    expect(route(times.map(() => 5)).slices['0–10']).toHaveLength(5000);
  });

  it('routes like a list of windows, batch after batch', () => {
    const assigners = fc.constantFrom<[WindowAssigner, boolean]>(
      [tumbling(10), true],
      [sliding(10, 4), false],
      [sliding(12, 4), true],
      [sliding(4, 6), false],
    );
    const batches = fc.array(fc.array(fc.integer({ min: -30, max: 60 }), { maxLength: 30 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        assigners,
        batches,
        fc.integer({ min: -20, max: 40 }),
        ([assigner, shared], drawn, progressMs) => {
          const { route } = routerOf(assigner, shared);
          const layout = createLayout(assigner as AlignedAssigner);
          for (const times of drawn) {
            const expected: Record<string, number[]> = {};
            const late: number[] = [];
            times.forEach((timeMs, position) => {
              const cell = layout.cellOf(timeMs);
              const windows = layout.windowsOf(cell).filter(({ endMs }) => endMs - 1 > progressMs);
              if (windows.length === 0 && layout.windowsOf(cell).length > 0) late.push(position);
              for (const { startMs, endMs } of shared && windows.length > 0 ? [cell] : windows) {
                const name = `${startMs}–${endMs}`;
                expected[name] = [...(expected[name] ?? []), position];
              }
            });
            const routed = route(times, progressMs);
            expect(routed.slices).toEqual(expected);
            expect(routed.late).toEqual(late);
          }
        },
      ),
    );
  });
});
