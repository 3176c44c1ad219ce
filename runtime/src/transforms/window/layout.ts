import type { WindowAssigner } from '../../api/windows.ts';
import { MillraceError } from '../../contract/errors.ts';

/** A span of event or processing time, [startMs, endMs). */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The assigners of windows that are fixed in time, whatever records come. */
export type AlignedAssigner = Extract<WindowAssigner, { kind: 'tumbling' | 'sliding' | 'cumulative' }>;

/**
 * Where the windows of an aligned assigner lie. A *cell* is a span in which every instant is in the same windows: windows
 * begin and end only at the borders of cells.
 */
export interface WindowLayout {
  /** The cell an instant is in. */
  cellOf(timeMs: number): Span;
  /** The windows that include a cell, by end; none in the gaps between windows whose slide is longer than their size. */
  windowsOf(cell: Span): readonly Span[];
  /** The first window that includes the cell and ends after `afterMs`. */
  firstWindow(cell: Span, afterMs: number): Span | undefined;
  /** End of the last window that includes the cell; −Infinity when none does. */
  lastEndMs(cell: Span): number;
}

/** Refuses a record without event time. */
export const withoutTimestamp = (timestampMs: number): MillraceError =>
  new MillraceError(
    'record-invalid',
    `A record without event time (${timestampMs}) came to an event-time window.`,
    {
      hint: 'Give the stream timestamps by assignTimestampsAndWatermarks, or use processing time.',
    },
  );
