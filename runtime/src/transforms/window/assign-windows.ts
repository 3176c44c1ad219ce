import type { WindowAssigner } from '../../api/windows.ts';
import { describeValue } from '../../batch/values.ts';
import { MillraceError } from '../../contract/errors.ts';
import { createLayout } from './aligned-layout.ts';
import type { Span } from './layout.ts';

/** The windows of a record at a time: its event time, or the clock. May throw what a user's function throws. */
export type AssignWindows = (value: unknown, timeMs: number) => readonly Span[];

/** The window of those that span all time. */
const allTime: readonly Span[] = [{ startMs: -Infinity, endMs: Infinity }];

const badWindow = (window: unknown): MillraceError =>
  new MillraceError(
    'user-code',
    `A window assigner gave ${describeValue(window, 100)}, which is no window.`,
    {
      hint: 'Give {startMs, endMs} in milliseconds, the end after the start.',
    },
  );

const checked = (windows: readonly Span[]): readonly Span[] => {
  if (!Array.isArray(windows)) throw badWindow(windows);
  for (const window of windows) {
    if (!(typeof window?.startMs === 'number' && window.startMs < window.endMs)) throw badWindow(window);
  }
  return windows;
};

/** @throws MillraceError user-code for a gap that is not a number of ms above 0. */
export const checkGap = (gapMs: unknown): number => {
  if (typeof gapMs === 'number' && gapMs > 0 && gapMs !== Infinity) return gapMs;
  throw new MillraceError(
    'user-code',
    `The gap of a session is ${describeValue(gapMs, 60)}, not a number of ms above 0.`,
    {
      hint: 'Return a finite number of milliseconds above 0 from the function given to session().',
    },
  );
};

/** The running form of any assigner. */
export const createAssignWindows = (assigner: WindowAssigner): AssignWindows => {
  switch (assigner.kind) {
    case 'global':
    case 'count':
      return () => allTime;
    case 'custom':
      return (value, timeMs) => checked(assigner.assign(value, timeMs));
    case 'session': {
      const { gapMs } = assigner;
      return (value, timeMs) => {
        const gap = typeof gapMs === 'number' ? gapMs : checkGap(gapMs(value));
        return [{ startMs: timeMs, endMs: timeMs + gap }];
      };
    }
    default: {
      const layout = createLayout(assigner);
      let cell: Span = { startMs: Infinity, endMs: -Infinity };
      let windows: readonly Span[] = [];
      return (_value, timeMs) => {
        if (timeMs < cell.startMs || timeMs >= cell.endMs) {
          cell = layout.cellOf(timeMs);
          windows = layout.windowsOf(cell);
        }
        return windows;
      };
    }
  }
};
