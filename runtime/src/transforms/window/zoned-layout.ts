import type { AlignedAssigner, Span, WindowLayout } from './layout.ts';
import type { TimeZone } from './time-zone.ts';

const dayMs = 24 * 3_600_000;

/**
 * Windows on the wall clock of a time zone: borders lie where the local clock shows a multiple of the slide. Windows of days
 * are 23 or 25 hours long when the clock is moved. Shorter windows side by side keep their length where the clock shows a
 * time twice, and are cut at the instant where it skips their border; of overlapping windows each spans the first instants at
 * which the clock shows its start and its end.
 */
export const createZonedLayout = (assigner: AlignedAssigner, zone: TimeZone): WindowLayout => {
  const windowsAt =
    assigner.kind === 'tumbling' && assigner.slideMs < dayMs
      ? (timeMs: number): Span[] => [shortWindow(assigner, zone, timeMs)]
      : (timeMs: number): Span[] =>
          wallWindows(assigner, zone, timeMs).filter((window) => includes(window, timeMs));
  let known: { readonly startMs: number; readonly windows: readonly Span[] } = {
    startMs: Number.NaN,
    windows: [],
  };
  const windowsOf = (cell: Span): readonly Span[] => {
    if (known.startMs !== cell.startMs) {
      const windows = windowsAt(cell.startMs).toSorted((a, b) => a.endMs - b.endMs);
      known = { startMs: cell.startMs, windows };
    }
    return known.windows;
  };
  return {
    cellOf: (timeMs) => {
      if (assigner.kind === 'tumbling') return windowsAt(timeMs)[0] ?? { startMs: timeMs, endMs: timeMs + 1 };
      const borders = wallWindows(assigner, zone, timeMs).flatMap(({ startMs, endMs }) => [startMs, endMs]);
      const startMs = Math.max(...borders.filter((borderMs) => borderMs <= timeMs));
      const endMs = Math.min(...borders.filter((borderMs) => borderMs > timeMs));
      return { startMs, endMs };
    },
    windowsOf,
    firstWindow: (cell, afterMs) => windowsOf(cell).find((window) => window.endMs > afterMs),
    lastEndMs: (cell) => windowsOf(cell).at(-1)?.endMs ?? -Infinity,
  };
};

const includes = (window: Span, timeMs: number): boolean => window.startMs <= timeMs && timeMs < window.endMs;

const floorTo = (timeMs: number, stepMs: number, offsetMs: number): number =>
  Math.floor((timeMs - offsetMs) / stepMs) * stepMs + offsetMs;

/** All windows that could include an instant, and their neighbours, by the wall times of their borders. */
const wallWindows = (assigner: AlignedAssigner, zone: TimeZone, timeMs: number): Span[] => {
  const { kind, sizeMs, slideMs, offsetMs } = assigner;
  const localMs = zone.toLocalMs(timeMs);
  const windows: Span[] = [];
  const add = (startMs: number, endMs: number): void => {
    const window = { startMs: zone.fromLocalMs(startMs), endMs: zone.fromLocalMs(endMs) };
    if (window.startMs < window.endMs) windows.push(window);
  };
  if (kind === 'cumulative') {
    const baseMs = floorTo(localMs, sizeMs, offsetMs);
    for (const startMs of [baseMs - sizeMs, baseMs, baseMs + sizeMs]) {
      for (let endMs = startMs + slideMs; endMs <= startMs + sizeMs; endMs += slideMs) add(startMs, endMs);
    }
    return windows;
  }
  // Clocks are moved by a day at most, so windows that far on either side are enough.
  const firstMs = floorTo(localMs - sizeMs - dayMs, slideMs, offsetMs);
  for (let startMs = firstMs; startMs <= localMs + slideMs + dayMs; startMs += slideMs)
    add(startMs, startMs + sizeMs);
  return windows;
};

/** The window of less than a day around an instant: a run in which the local clock stays between two borders. */
const shortWindow = ({ sizeMs, offsetMs }: AlignedAssigner, zone: TimeZone, timeMs: number): Span => {
  const zoneOffsetMs = zone.offsetMs(timeMs);
  const span = zone.spanAt(timeMs);
  const localStartMs = floorTo(timeMs + zoneOffsetMs, sizeMs, offsetMs);
  const numberAt = (instantMs: number, instantOffsetMs: number): number =>
    floorTo(instantMs + instantOffsetMs, sizeMs, offsetMs);
  let startMs = localStartMs - zoneOffsetMs;
  let endMs = startMs + sizeMs;
  if (startMs < span.fromMs) {
    const beforeMs = zone.offsetMs(span.fromMs - 1);
    const goesOn = numberAt(span.fromMs - 1, beforeMs) === localStartMs;
    startMs = goesOn ? localStartMs - beforeMs : span.fromMs;
  }
  if (endMs >= span.untilMs) {
    const afterMs = zone.offsetMs(span.untilMs);
    const goesOn =
      numberAt(span.untilMs, afterMs) === localStartMs && span.untilMs + afterMs !== localStartMs;
    endMs = goesOn ? localStartMs + sizeMs - afterMs : span.untilMs;
  }
  return { startMs, endMs };
};
