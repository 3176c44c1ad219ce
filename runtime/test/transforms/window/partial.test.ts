import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximateCountDistinct,
  average,
  count,
  countDistinct,
  maximum,
  minimum,
  quantiles,
  sum,
} from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { cumulative, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import type { Batch } from '../../../src/batch/batch.ts';
import { ByteReader, ByteWriter, decodeBatch, encodeBatch } from '../../../src/batch/codec.ts';
import { createEdgeKeyExtractor } from '../../../src/exchange/keys.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { createPartialWindowProcessor, createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { advanceWatermark, batchOf, fakeContext, type RecordIn } from '../support.ts';
import { sorted } from './model.ts';
import { batchSizes, processorOutput, type StreamRecord, streams } from './streams.ts';

const aggregates = {
  records: count(),
  total: sum<StreamRecord>('amount'),
  mean: average<StreamRecord>('amount'),
  least: minimum<StreamRecord>('amount'),
  most: maximum<StreamRecord>('amount'),
  distinct: countDistinct<StreamRecord>('amount'),
  about: approximateCountDistinct<StreamRecord>('amount'),
  middle: quantiles<StreamRecord>('amount', [0.5]),
};

const windowOf = (rest: Partial<WindowSettings> = {}): WindowSettings => ({
  assigner: tumbling(20),
  allowedLatenessMs: 0,
  aggregation: { kind: 'builtIn', aggregates },
  keyed: true,
  ...rest,
});

/** Both phases with an exchange of bytes between them, as one processor. */
const twoPhases = (window: WindowSettings, context: ReturnType<typeof fakeContext>): Processor => {
  const key = window.keyed ? ({ kind: 'field', name: 'key' } as const) : undefined;
  const middle = fakeContext();
  const extract = createEdgeKeyExtractor({ kind: 'field', name: 'key' });
  const second = createWindowProcessor({ kind: 'window', window }, context);
  const pass = (batch: Batch): void => {
    const writer = new ByteWriter();
    encodeBatch(batch, writer);
    const received = decodeBatch(new ByteReader(writer.toBytes()));
    second.process(window.keyed ? received.withKeys(extract(received)) : received, 0);
  };
  const first = createPartialWindowProcessor(
    { kind: 'partialWindow', window, key, crossesSlots: true },
    { ...middle, output: { ...middle.output, emitBatch: pass } },
  );
  return {
    process: (batch) => first.process(batch, 0),
    advanceWatermark: (watermarkMs, budget) => {
      first.advanceWatermark?.(watermarkMs, budget);
      return second.advanceWatermark?.(watermarkMs, budget) ?? true;
    },
    prepareBarrier: () => first.prepareBarrier?.(),
  };
};

const assigners: readonly (readonly [string, WindowAssigner])[] = [
  ['tumbling', tumbling(20)],
  ['sliding', sliding(20, 5)],
  ['sliding by parts of a slide', sliding(20, 8)],
  ['cumulative', cumulative(10, 40)],
];

describe.each(assigners)('%s windows in two phases', (_, assigner) => {
  it.each([true, false])('give what they give in one (keyed: %s)', (keyed) => {
    fc.assert(
      fc.property(streams(), fc.constantFrom(...batchSizes), (steps, size) => {
        const window = windowOf({ assigner, keyed });
        const alone = fakeContext();
        const one = createWindowProcessor({ kind: 'window', window }, alone);
        const context = fakeContext();
        const output = processorOutput(twoPhases(window, context), context, steps, size);
        expect(output.map(sorted)).toEqual(processorOutput(one, alone, steps, size).map(sorted));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the first phase', () => {
  const key = { kind: 'field', name: 'key' } as const;
  const start = (crossesSlots = true) => {
    const context = fakeContext();
    const window = windowOf({ aggregation: { kind: 'builtIn', aggregates: { records: count() } } });
    return {
      context,
      first: createPartialWindowProcessor({ kind: 'partialWindow', window, key, crossesSlots }, context),
    };
  };
  const at = (timestampMs: number, key: string): RecordIn => ({ value: { key, amount: 1 }, timestampMs });
  const sent = (context: ReturnType<typeof fakeContext>): unknown[] =>
    context.main.records.splice(0).map(({ value, timestampMs }) => {
      const { key, number0 } = value as { key: string; number0: number };
      return [key, timestampMs, number0];
    });

  it('holds records back until a window needs them, and sends one for each key and slice, with keys', () => {
    const { context, first } = start();
    first.process(batchOf([at(1, 'a'), at(2, 'b'), at(3, 'a'), at(25, 'a')]), 0);
    advanceWatermark(first, 18);
    expect(sent(context)).toEqual([]);
    advanceWatermark(first, 19);
    expect(sent(context)).toEqual([
      ['a', 0, 2],
      ['b', 0, 1],
    ]);
    expect(context.main.batches[0]?.keys?.values).toEqual(['a', 'b']);
    expect(context.main.batches[0]?.keys?.hashes).toHaveLength(2);
  });

  it('sends late records at once', () => {
    const { context, first } = start();
    advanceWatermark(first, 100);
    first.process(batchOf([at(1, 'a'), at(150, 'b')]), 0);
    expect(sent(context)).toEqual([['a', 0, 1]]);
  });

  it('sends everything before a barrier', () => {
    const { context, first } = start();
    first.process(batchOf([at(1, 'a'), at(25, 'b')]), 0);
    first.prepareBarrier?.();
    expect(sent(context)).toHaveLength(2);
    first.prepareBarrier?.();
    expect(sent(context)).toEqual([]);
  });

  it('does not hold back without bound', () => {
    const { context, first } = start();
    for (let n = 0; n < 70_000; n += 1000) {
      first.process(batchOf(Array.from({ length: 1000 }, (_, i) => at(1, `k${n + i}`))), 0);
    }
    expect(context.main.records.length).toBeGreaterThan(65_000);
  });
});

describe('folding that gains nothing', () => {
  const key = { kind: 'field', name: 'key' } as const;
  const window = windowOf({ aggregation: { kind: 'builtIn', aggregates: { records: count() } } });
  const batchAt = (from: number, keys: number, length = 1024): Batch =>
    batchOf(
      Array.from({ length }, (_, i) => ({ value: { key: (from + i) % keys, amount: 1 }, timestampMs: from })),
    );

  it('is left out inside one slot: records pass as they are', () => {
    const context = fakeContext();
    const first = createPartialWindowProcessor(
      { kind: 'partialWindow', window, key, crossesSlots: false },
      context,
    );
    const batch = batchAt(0, 10);
    first.process(batch, 0);
    expect(context.main.batches[0]).toBe(batch);
  });

  it('ends for a while when nearly every record has a key of its own, and is tried again', () => {
    const context = fakeContext();
    const first = createPartialWindowProcessor(
      { kind: 'partialWindow', window, key, crossesSlots: true },
      context,
    );
    const passed: number[] = [];
    for (let n = 0; n < 1150; n++) {
      first.process(batchAt(n * 1024, 1e9), 0);
      advanceWatermark(first, n * 1024);
      if (context.main.batches.splice(0).some((batch) => !batch.isPartial)) passed.push(n);
    }
    const [from, to] = [passed[0]!, passed.at(-1)!];
    expect(passed).toHaveLength(1024);
    expect(to - from).toBe(1023);
    expect([from, to]).toEqual([64, 1087]);
  });

  it('goes on where keys come again', () => {
    const context = fakeContext();
    const first = createPartialWindowProcessor(
      {
        kind: 'partialWindow',
        window: windowOf({ ...window, assigner: tumbling(100_000) }),
        key,
        crossesSlots: true,
      },
      context,
    );
    for (let n = 0; n < 300; n++) {
      first.process(batchAt(n * 1024, 10), 0);
      advanceWatermark(first, n * 1024);
    }
    expect(context.main.batches.every((batch) => batch.isPartial)).toBe(true);
  });

  it('leaves a batch with a record that has no key to the edge', () => {
    const context = fakeContext();
    const failing = {
      kind: 'function',
      function: (value: unknown): unknown => {
        if ((value as { key: number }).key === 3) throw new Error('no key');
        return 1;
      },
    } as const;
    const first = createPartialWindowProcessor(
      { kind: 'partialWindow', window, key: failing, crossesSlots: true },
      context,
    );
    const batch = batchAt(0, 10);
    first.process(batch, 0);
    expect(context.main.batches).toEqual([batch]);
  });
});

describe('late partial results', () => {
  it('are dropped, and all their records are counted', () => {
    const counters: Record<string, { value: number }> = {};
    const context = fakeContext();
    const counter = (name: string): { value: number } => (counters[name] ??= { value: 0 });
    const counting = { ...context, metrics: { counter } as never };
    const processor = twoPhases(windowOf(), counting);
    advanceWatermark(processor, 100);
    const late = Array.from({ length: 3 }, () => ({ value: { key: 'a', amount: 1 }, timestampMs: 5 }));
    processor.process(batchOf(late), 0);
    expect(counters['numLateRecordsDropped']?.value).toBe(3);
  });
});
