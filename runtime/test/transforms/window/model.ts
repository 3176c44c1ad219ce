/**
 * Windows as simply as they can be written: a Map from key and window to the list of its records, one record at a time. The
 * oracle of the real processors. Output is compared as a bag for each step, since keys of a window fire in any order.
 */
import type { RecordIn } from '../support.ts';

export interface ModelWindow {
  readonly startMs: number;
  readonly endMs: number;
}

export interface ModelSettings {
  /** The windows of an instant. */
  readonly assign: (timeMs: number, value: unknown) => readonly ModelWindow[];
  /** Windows of a key that overlap become one. */
  readonly merging?: boolean;
  readonly latenessMs?: number;
  /** What a window emits for its records, in order of arrival. */
  readonly result: (key: unknown, window: ModelWindow, values: readonly unknown[]) => unknown;
}

interface Pane {
  readonly key: unknown;
  window: ModelWindow;
  values: { readonly value: unknown; readonly arrival: number }[];
  fired: boolean;
}

/** Event-time windows with the default trigger. */
export class WindowModel {
  readonly late: unknown[] = [];
  private readonly settings: ModelSettings;
  private readonly latenessMs: number;
  private panes: Pane[] = [];
  private watermarkMs = -Infinity;
  private arrivals = 0;

  constructor(settings: ModelSettings) {
    this.settings = settings;
    this.latenessMs = settings.latenessMs ?? 0;
  }

  /** Takes a record and gives what fires at once. */
  record({ value, timestampMs = Number.NaN, key }: RecordIn): unknown[] {
    const windows = this.settings.assign(timestampMs, value);
    const fired: unknown[] = [];
    const arrival = this.arrivals++;
    let accepted = windows.length === 0;
    for (const window of windows) {
      const pane = this.settings.merging === true ? this.merged(key, window) : this.paneOf(key, window);
      if (this.isOver(pane.window)) continue;
      accepted = true;
      if (!this.panes.includes(pane)) this.panes.push(pane);
      pane.values.push({ value, arrival });
      if (pane.window.endMs - 1 <= this.watermarkMs) fired.push(this.fire(pane));
    }
    if (!accepted) this.late.push(value);
    return fired;
  }

  /** Moves the watermark and gives what fires, by end of the window. */
  watermark(watermarkMs: number): unknown[] {
    this.watermarkMs = Math.max(this.watermarkMs, watermarkMs);
    const due = this.panes
      .filter((pane) => !pane.fired && pane.window.endMs - 1 <= this.watermarkMs)
      .toSorted((a, b) => a.window.endMs - b.window.endMs);
    const results = due.map((pane) => this.fire(pane));
    this.panes = this.panes.filter((pane) => !this.isOver(pane.window));
    return results;
  }

  private isOver(window: ModelWindow): boolean {
    return window.endMs - 1 + this.latenessMs <= this.watermarkMs;
  }

  private fire(pane: Pane): unknown {
    pane.fired = true;
    const values = pane.values.toSorted((a, b) => a.arrival - b.arrival).map(({ value }) => value);
    return this.settings.result(pane.key, pane.window, values);
  }

  private paneOf(key: unknown, window: ModelWindow): Pane {
    const known = this.panes.find(
      (pane) =>
        pane.key === key && pane.window.startMs === window.startMs && pane.window.endMs === window.endMs,
    );
    return known ?? { key, window, values: [], fired: window.endMs - 1 <= this.watermarkMs };
  }

  /** The pane after a window of the key was merged with all that it touches. */
  private merged(key: unknown, window: ModelWindow): Pane {
    const touched = this.panes.filter(
      (pane) => pane.key === key && pane.window.startMs < window.endMs && pane.window.endMs > window.startMs,
    );
    if (touched.length === 0) return this.paneOf(key, window);
    const all = [window, ...touched.map((pane) => pane.window)];
    const merged = {
      startMs: Math.min(...all.map(({ startMs }) => startMs)),
      endMs: Math.max(...all.map(({ endMs }) => endMs)),
    };
    this.panes = this.panes.filter((pane) => !touched.includes(pane));
    const values = touched.flatMap((pane) => pane.values);
    return { key, window: merged, values, fired: merged.endMs - 1 <= this.watermarkMs };
  }
}

/** A bag of results in one order: two runs are equal when their sorted texts are. */
export const sorted = (results: readonly unknown[]): string[] =>
  results
    .map((result) => JSON.stringify(result, (_, value: unknown) => (value === undefined ? '~' : value)))
    .sort();
