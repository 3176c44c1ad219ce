import type { AlignedAssigner, Span, WindowLayout } from './layout.ts';
import { TimeZone } from './time-zone.ts';
import { createZonedLayout } from './zoned-layout.ts';

const floorTo = (timeMs: number, stepMs: number, offsetMs: number): number =>
  Math.floor((timeMs - offsetMs) / stepMs) * stepMs + offsetMs;

const ceilTo = (timeMs: number, stepMs: number, offsetMs: number): number =>
  Math.ceil((timeMs - offsetMs) / stepMs) * stepMs + offsetMs;

const listWindows = (layout: Pick<WindowLayout, 'firstWindow'>, cell: Span): Span[] => {
  const windows: Span[] = [];
  for (
    let window = layout.firstWindow(cell, -Infinity);
    window !== undefined;
    window = layout.firstWindow(cell, window.endMs)
  ) {
    windows.push(window);
  }
  return windows;
};

const tumblingLayout = ({ sizeMs, offsetMs }: AlignedAssigner): WindowLayout => ({
  cellOf: (timeMs) => {
    const startMs = floorTo(timeMs, sizeMs, offsetMs);
    return { startMs, endMs: startMs + sizeMs };
  },
  windowsOf: (cell) => [cell],
  firstWindow: (cell, afterMs) => (cell.endMs > afterMs ? cell : undefined),
  lastEndMs: (cell) => cell.endMs,
});

/** A slide is cut in two cells at most: where a window begins, and where one ends. */
const slidingLayout = ({ sizeMs, slideMs, offsetMs }: AlignedAssigner): WindowLayout => {
  const restMs = sizeMs % slideMs;
  const lastEndMs = (cell: Span): number => {
    const endMs = floorTo(cell.startMs, slideMs, offsetMs) + sizeMs;
    return endMs >= cell.endMs ? endMs : -Infinity;
  };
  const firstWindow = (cell: Span, afterMs: number): Span | undefined => {
    const fromMs = Math.max(cell.endMs, afterMs + 1);
    const endMs = ceilTo(fromMs, slideMs, offsetMs + sizeMs);
    return endMs <= lastEndMs(cell) ? { startMs: endMs - sizeMs, endMs } : undefined;
  };
  return {
    cellOf: (timeMs) => {
      const startMs = floorTo(timeMs, slideMs, offsetMs);
      if (restMs === 0) return { startMs, endMs: startMs + slideMs };
      const cutMs = startMs + restMs;
      return timeMs < cutMs ? { startMs, endMs: cutMs } : { startMs: cutMs, endMs: startMs + slideMs };
    },
    windowsOf: (cell) => listWindows({ firstWindow }, cell),
    firstWindow,
    lastEndMs,
  };
};

const cumulativeLayout = ({ sizeMs, slideMs, offsetMs }: AlignedAssigner): WindowLayout => {
  const baseOf = (cell: Span): number => floorTo(cell.startMs, sizeMs, offsetMs);
  const firstWindow = (cell: Span, afterMs: number): Span | undefined => {
    const startMs = baseOf(cell);
    const endMs = ceilTo(Math.max(cell.endMs, afterMs + 1), slideMs, offsetMs);
    return endMs <= startMs + sizeMs ? { startMs, endMs } : undefined;
  };
  return {
    cellOf: (timeMs) => {
      const startMs = floorTo(timeMs, slideMs, offsetMs);
      return { startMs, endMs: startMs + slideMs };
    },
    windowsOf: (cell) => listWindows({ firstWindow }, cell),
    firstWindow,
    lastEndMs: (cell) => baseOf(cell) + sizeMs,
  };
};

/**
 * The layout of an aligned assigner.
 * @throws MillraceError job-invalid for an unknown time zone.
 */
export const createLayout = (assigner: AlignedAssigner): WindowLayout => {
  if (assigner.timeZone !== undefined && assigner.timeZone !== 'UTC') {
    return createZonedLayout(assigner, new TimeZone(assigner.timeZone));
  }
  switch (assigner.kind) {
    case 'tumbling':
      return tumblingLayout(assigner);
    case 'sliding':
      return slidingLayout(assigner);
    case 'cumulative':
      return cumulativeLayout(assigner);
  }
};
