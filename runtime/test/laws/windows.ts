/** Event-time windows, said naively: which windows a list of times falls into. */
import fc from 'fast-check';
import { cumulative, customWindow, session, sliding, tumbling, type WindowAssigner } from 'millrace';
import type { Item, Timed } from './items.ts';

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A window with what is in it. */
export interface Pane extends Span {
  readonly records: readonly Timed[];
}

/** A kind of window with its model. */
export interface WindowCase {
  readonly name: string;
  readonly assigner: WindowAssigner;
  /** The panes of one key. */
  panes(records: readonly Timed[]): readonly Pane[];
}

const fixed = (
  name: string,
  assigner: WindowAssigner,
  spansOf: (timeMs: number, item: Item) => readonly Span[],
): WindowCase => ({
  name,
  assigner,
  panes: (records) => {
    const panes = new Map<string, Span & { records: Timed[] }>();
    for (const record of records) {
      for (const { startMs, endMs } of spansOf(record.timestampMs, record.item)) {
        const pane = panes.get(`${startMs} ${endMs}`) ?? { startMs, endMs, records: [] };
        pane.records.push(record);
        panes.set(`${startMs} ${endMs}`, pane);
      }
    }
    return [...panes.values()];
  },
});

const floorTo = (timeMs: number, stepMs: number, offsetMs: number): number =>
  Math.floor((timeMs - offsetMs) / stepMs) * stepMs + offsetMs;

const merging = (name: string, assigner: WindowAssigner, gapOf: (item: Item) => number): WindowCase => ({
  name,
  assigner,
  panes: (records) => {
    const panes: { startMs: number; endMs: number; records: Timed[] }[] = [];
    for (const record of records.toSorted((a, b) => a.timestampMs - b.timestampMs)) {
      const endMs = record.timestampMs + gapOf(record.item);
      const last = panes.at(-1);
      // A record just when the gap has passed begins a new session.
      if (last === undefined || record.timestampMs >= last.endMs) {
        panes.push({ startMs: record.timestampMs, endMs, records: [record] });
      } else {
        last.records.push(record);
        last.endMs = Math.max(last.endMs, endMs);
      }
    }
    return panes;
  },
});

const slidingCase = (slideMs: number, times: number, offsetMs: number, extraMs: number): WindowCase => {
  const sizeMs = slideMs * times + extraMs;
  return fixed(
    `sliding ${sizeMs} ${slideMs} ${offsetMs}`,
    sliding(sizeMs, slideMs, { offset: offsetMs }),
    (timeMs) => {
      const spans: Span[] = [];
      for (let startMs = floorTo(timeMs, slideMs, offsetMs); startMs > timeMs - sizeMs; startMs -= slideMs)
        spans.push({ startMs, endMs: startMs + sizeMs });
      return spans;
    },
  );
};

const cumulativeCase = (stepMs: number, steps: number): WindowCase =>
  fixed(`cumulative ${stepMs} ${stepMs * steps}`, cumulative(stepMs, stepMs * steps), (timeMs) => {
    const startMs = floorTo(timeMs, stepMs * steps, 0);
    const first = Math.floor((timeMs - startMs) / stepMs) + 1;
    return Array.from({ length: steps - first + 1 }, (_, i) => ({
      startMs,
      endMs: startMs + (first + i) * stepMs,
    }));
  });

const sizeMs = fc.constantFrom(1, 700, 1000, 5000, 12_345);
const customSpans = (timeMs: number, n: number): readonly Span[] =>
  Array.from({ length: n % 3 }, (_, i) => ({
    startMs: timeMs - i,
    endMs: floorTo(timeMs, 4000, 0) + 4000 * (i + 1),
  }));

/** Every kind of event-time window. */
export const windowCase: fc.Arbitrary<WindowCase> = fc.oneof(
  fc.tuple(sizeMs, fc.integer({ min: 0, max: 20_000 })).map(([size, offsetMs]) =>
    fixed(`tumbling ${size} ${offsetMs}`, tumbling(size, { offset: offsetMs }), (timeMs) => {
      const startMs = floorTo(timeMs, size, offsetMs);
      return [{ startMs, endMs: startMs + size }];
    }),
  ),
  fc
    .tuple(
      fc.constantFrom(500, 1000, 3000),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 2000 }),
      fc.constantFrom(0, 0, 300),
    )
    .map((settings) => slidingCase(...settings)),
  fc
    .tuple(fc.constantFrom(1000, 3000), fc.integer({ min: 1, max: 4 }))
    .map((settings) => cumulativeCase(...settings)),
  fc.constantFrom(1, 1000, 2500).map((gapMs) => merging(`session ${gapMs}`, session(gapMs), () => gapMs)),
  fc.constantFrom(300, 1000).map((unitMs) => {
    const gapOf = ({ n }: Item): number => ((n % 4) + 1) * unitMs;
    return merging(`dynamic session ${unitMs}`, session(gapOf), gapOf);
  }),
  fc.constant(
    fixed(
      'custom',
      customWindow<Item>(({ n }, timeMs) => customSpans(timeMs, n)),
      (timeMs, { n }) => customSpans(timeMs, n),
    ),
  ),
);
