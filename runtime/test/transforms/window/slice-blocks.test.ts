import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAll, count, first, maximum, sum } from '../../../src/api/aggregates.ts';
import { cumulative, sliding, type WindowAssigner } from '../../../src/api/windows.ts';
import { createLayout } from '../../../src/transforms/window/aligned-layout.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import type { AlignedAssigner } from '../../../src/transforms/window/layout.ts';
import { SliceBlocks } from '../../../src/transforms/window/slice-blocks.ts';
import { SliceStore } from '../../../src/transforms/window/slices.ts';
import { fakeContext, type RecordIn } from '../support.ts';
import { type ModelWindow, sorted, WindowModel } from './model.ts';
import { batchSizes, modelOutput, processorOutput, type Step, type StreamRecord } from './streams.ts';

const start = (assigner: WindowAssigner): { store: SliceStore; blocks: SliceBlocks } => {
  const aligned = assigner as AlignedAssigner;
  const store = new SliceStore(createLayout(aligned), true, { initialNumbers: [0], heapCount: 0 }, 0);
  return { store, blocks: new SliceBlocks(store, aligned) };
};

const fill = (store: SliceStore, fromMs: number, toMs: number): void => {
  for (let timeMs = fromMs; timeMs < toMs; timeMs++) store.cellAt(timeMs, -Infinity);
};

describe('blocks of slices', () => {
  it('are made once, of whole blocks of the level below, and used by the windows that include them', () => {
    const { store, blocks } = start(sliding(1000, 1));
    fill(store, 0, 1010);
    const plan = blocks.plan({ startMs: 0, endMs: 1000 });
    // 3 of 256 slices, 14 of 16, 8 single ones.
    expect(plan.tables).toHaveLength(3 + 14 + 8);
    expect(plan.merges).toHaveLength(3 * 17 + 14);
    const next = blocks.plan({ startMs: 1, endMs: 1001 });
    expect(next.merges).toHaveLength(0);
    expect(next.tables).toHaveLength(15 + 15 + 2 + 14 + 9);
  });

  it('are given up when a record comes to one of their slices', () => {
    const { store, blocks } = start(sliding(64, 1));
    fill(store, 0, 64);
    expect(blocks.plan({ startMs: 0, endMs: 64 }).merges).toHaveLength(4);
    expect(blocks.plan({ startMs: 0, endMs: 64 }).merges).toHaveLength(0);
    blocks.touch(store.slices[20]!);
    expect(blocks.plan({ startMs: 0, endMs: 64 }).merges).toHaveLength(1);
    blocks.clear();
    expect(blocks.plan({ startMs: 0, endMs: 64 }).merges).toHaveLength(4);
  });

  it('go with their slices', () => {
    const { store, blocks } = start(sliding(64, 1));
    fill(store, 0, 80);
    blocks.plan({ startMs: 0, endMs: 64 });
    blocks.plan({ startMs: 16, endMs: 80 });
    store.release(70);
    blocks.release();
    const { blocks: levels } = blocks as unknown as { blocks: Map<number, unknown>[] };
    expect([...levels[0]!.keys()].sort((a, b) => a - b)).toEqual([16, 32, 48, 64]);
  });

  it('are not made where windows have few slices, or of a slice that is alone', () => {
    const few = start(sliding(10, 2));
    fill(few.store, 0, 10);
    expect(few.blocks.plan({ startMs: 0, endMs: 10 })).toMatchObject({ merges: [], tables: { length: 5 } });
    const sparse = start(sliding(1000, 1));
    for (const timeMs of [5, 300, 700]) sparse.store.cellAt(timeMs, -Infinity);
    expect(sparse.blocks.plan({ startMs: 0, endMs: 1000 })).toMatchObject({
      merges: [],
      tables: { length: 3 },
    });
  });
});

const aggregates = {
  records: count(),
  total: sum<StreamRecord>('amount'),
  most: maximum<StreamRecord>('amount'),
  opening: first((value: StreamRecord) => value.amount),
  all: collectAll((value: StreamRecord) => value.amount),
};

const modelResult = (key: unknown, { startMs, endMs }: ModelWindow, values: readonly unknown[]): unknown => {
  const all = (values as StreamRecord[]).map(({ amount }) => amount);
  return {
    key,
    windowStart: startMs,
    windowEnd: endMs,
    records: all.length,
    total: all.reduce((left, right) => left + right, 0),
    most: Math.max(...all),
    opening: all[0],
    all,
  };
};

const windowsAt = (assigner: AlignedAssigner, timeMs: number): ModelWindow[] => {
  const { kind, sizeMs, slideMs } = assigner;
  if (kind === 'cumulative') {
    const startMs = Math.floor(timeMs / sizeMs) * sizeMs;
    const ends = Array.from({ length: sizeMs / slideMs }, (_, i) => startMs + (i + 1) * slideMs);
    return ends.filter((endMs) => endMs > timeMs).map((endMs) => ({ startMs, endMs }));
  }
  const lastMs = Math.floor(timeMs / slideMs) * slideMs;
  const starts = Array.from({ length: Math.ceil(sizeMs / slideMs) + 1 }, (_, i) => lastMs - i * slideMs);
  return starts
    .filter((startMs) => timeMs < startMs + sizeMs)
    .map((startMs) => ({ startMs, endMs: startMs + sizeMs }));
};

/** Few keys over a long time, so that many slices and blocks are in use, some records late. */
const longStreams: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      aheadMs: fc.nat(6),
      behindMs: fc.oneof(fc.constant(0), fc.nat(30)),
      mark: fc.nat(9),
      key: fc.nat(1),
    }),
    {
      minLength: 20,
      maxLength: 60,
    },
  )
  .map((drawn) => {
    let timeMs = 0;
    return drawn.map(({ aheadMs, behindMs, mark, key }, i): Step => {
      timeMs += aheadMs;
      if (mark === 0) return { watermarkMs: timeMs - 8 };
      const record: RecordIn = {
        value: { key: `k${key}`, amount: i / 4 },
        key: `k${key}`,
        timestampMs: timeMs - behindMs,
      };
      return { record };
    });
  });

describe.each<[string, WindowAssigner]>([
  ['sliding', sliding(64, 1)],
  ['sliding by parts of a slide', sliding(65, 2)],
  ['cumulative', cumulative(1, 64)],
])('%s windows of many slices', (_, assigner) => {
  it.each([0, 20])('give what a plain model gives with a lateness of %i ms', (latenessMs) => {
    fc.assert(
      fc.property(
        longStreams,
        fc.constantFrom(...batchSizes),
        fc.constantFrom(5, Infinity),
        (steps, size, units) => {
          const monotone = steps.filter(
            (step, i) =>
              'record' in step ||
              steps
                .slice(0, i)
                .every((before) => 'record' in before || before.watermarkMs <= step.watermarkMs),
          );
          const model = new WindowModel({
            assign: (timeMs) => windowsAt(assigner as AlignedAssigner, timeMs),
            latenessMs,
            result: modelResult,
          });
          const context = fakeContext();
          const window = {
            assigner,
            allowedLatenessMs: latenessMs,
            lateOutput: 'late',
            aggregation: { kind: 'builtIn' as const, aggregates },
            keyed: true,
          };
          const processor = createWindowProcessor({ kind: 'window', window }, context);
          const output = processorOutput(processor, context, monotone, size, units);
          expect(output.map(sorted)).toEqual(modelOutput(model, monotone).map(sorted));
          expect(context.sideOutput('late').values).toEqual(model.late);
        },
      ),
      { numRuns: 12 },
    );
  });
});
