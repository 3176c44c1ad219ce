import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowJoinSettings } from '../../../src/api/transform.ts';
import { cumulative, session, sliding, tumbling, type WindowAssigner } from '../../../src/api/windows.ts';
import { sliceBatch } from '../../../src/batch/slice.ts';
import { createWindowJoinProcessor } from '../../../src/transforms/join/index.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, finish, type RecordIn } from '../support.ts';
import { type ModelWindow, sorted, WindowModel } from '../window/model.ts';
import { batchSizes, modelOutput, processorOutput, streams } from '../window/streams.ts';

const start = (
  rest: Partial<WindowJoinSettings>,
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy });
  const join: WindowJoinSettings = { assigner: tumbling(10), allowedLatenessMs: 0, ...rest };
  return { context, processor: createWindowJoinProcessor({ kind: 'windowJoin', join }, context) };
};

const pair = (left: unknown, right: unknown): string => `${String(left)}+${String(right)}`;

const left = (value: string, timestampMs: number, key: unknown = 'k'): RecordIn => ({
  value,
  key,
  timestampMs,
  port: 0,
});
const right = (value: string, timestampMs: number, key: unknown = 'k'): RecordIn => ({
  value,
  key,
  timestampMs,
  port: 1,
});

describe('a window join', () => {
  it('pairs each left record with each right one of its key and window, in order', () => {
    const { context, processor } = start({ join: pair });
    drive(processor, context, [
      left('a', 1),
      right('x', 9),
      left('b', 0),
      right('y', 3),
      right('z', 10),
      right('other', 5, 'other'),
      { watermarkMs: 9 },
    ]);
    expect(context.main.records).toEqual(
      ['a+x', 'a+y', 'b+x', 'b+y'].map((value) => ({ value, timestampMs: 9 })),
    );
  });

  it('gives nothing for a side that is alone, and both sides to a coGroup', () => {
    const coGroup: WindowJoinSettings['coGroup'] = (lefts, rights, output) => {
      output.emit([lefts.length, rights.length]);
      return undefined;
    };
    const inputs = [left('a', 1), right('x', 12), left('b', 21), right('y', 22), { watermarkMs: 100 }];
    const joined = start({ join: pair });
    drive(joined.processor, joined.context, inputs);
    expect(joined.context.main.values).toEqual(['b+y']);
    const grouped = start({ coGroup });
    drive(grouped.processor, grouped.context, inputs);
    expect(grouped.context.main.values).toEqual([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
  });

  it('sends late records of both sides to the late output', () => {
    const { context, processor } = start({ join: pair, lateOutput: 'late' });
    drive(processor, context, [{ watermarkMs: 10 }, left('a', 1), right('x', 2), left('b', 11)]);
    expect(context.sideOutput('late').values).toEqual(['a', 'x']);
  });

  it('leaves out a pair that fails, and only that', () => {
    const join = (a: unknown, b: unknown): unknown => {
      if (a === 'bad' && b === 'x') throw new Error('no');
      return pair(a, b);
    };
    const { context, processor } = start({ join }, 'drop');
    drive(processor, context, [left('bad', 1), left('good', 1), right('x', 1), right('y', 1)]);
    finish(processor);
    expect(context.main.values).toEqual(['bad+y', 'good+x', 'good+y']);
    expect(context.failed.map(({ record }) => record)).toEqual([{ left: 'bad', right: 'x' }]);
  });

  it('refuses a function that returns a promise', () => {
    const { context, processor } = start({ join: () => Promise.resolve(1) });
    expect(() => drive(processor, context, [left('a', 1), right('x', 1), { watermarkMs: 10 }])).toThrow(
      'returned a promise',
    );
  });
});

const assigners: readonly (readonly [string, WindowAssigner, (timeMs: number) => ModelWindow[]])[] = [
  [
    'tumbling',
    tumbling(20),
    (timeMs) => [{ startMs: Math.floor(timeMs / 20) * 20, endMs: Math.floor(timeMs / 20) * 20 + 20 }],
  ],
  [
    'sliding',
    sliding(20, 5),
    (timeMs) =>
      [0, 5, 10, 15].map((backMs) => {
        const startMs = Math.floor(timeMs / 5) * 5 - backMs;
        return { startMs, endMs: startMs + 20 };
      }),
  ],
  [
    'cumulative',
    cumulative(10, 30),
    (timeMs) => {
      const startMs = Math.floor(timeMs / 30) * 30;
      return [10, 20, 30]
        .map((length) => ({ startMs, endMs: startMs + length }))
        .filter(({ endMs }) => timeMs < endMs);
    },
  ],
  ['session', session(10), (timeMs) => [{ startMs: timeMs, endMs: timeMs + 10 }]],
];

describe.each(assigners)('a coGroup over %s windows', (name, assigner, assign) => {
  it.each([0, 15])(
    'has what a plain model has, however batches are cut, with a lateness of %i ms',
    (latenessMs) => {
      // Which side a record is on follows from its amount, so that one random stream feeds both.
      const isLeft = (value: unknown): boolean => (value as { amount: number }).amount < 0;
      fc.assert(
        fc.property(
          streams(),
          fc.constantFrom(...batchSizes),
          fc.constantFrom(1, Infinity),
          (steps, size, units) => {
            const model = new WindowModel({
              assign,
              merging: name === 'session',
              latenessMs,
              result: (_key, _window, values) => [
                values.filter(isLeft),
                values.filter((value) => !isLeft(value)),
              ],
            });
            const { context, processor } = start({
              assigner,
              allowedLatenessMs: latenessMs,
              lateOutput: 'late',
              coGroup: (lefts, rights, output) => {
                output.emit([lefts, rights]);
                return undefined;
              },
            });
            // A batch has records of one side only, as on a real edge.
            const split: Processor = {
              process: (batch) => {
                const sides = batch.rows().map((value) => (isLeft(value) ? 0 : 1));
                for (let from = 0; from < batch.length; from++) {
                  let to = from + 1;
                  while (to < batch.length && sides[to] === sides[from]) to++;
                  processor.process(sliceBatch(batch, from, to), sides[from]!);
                  from = to - 1;
                }
              },
              advanceWatermark: (watermarkMs, budget) =>
                processor.advanceWatermark?.(watermarkMs, budget) ?? true,
            };
            const output = processorOutput(split, context, steps, size, units);
            expect(output.map(sorted)).toEqual(modelOutput(model, steps).map(sorted));
            expect(context.sideOutput('late').values).toEqual(model.late);
          },
        ),
        { numRuns: 50 },
      );
    },
  );
});
