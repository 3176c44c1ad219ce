import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntervalJoinSettings } from '../../../src/api/joins.ts';
import { ByteWriter, encodeValue } from '../../../src/batch/codec.ts';
import { hashValue } from '../../../src/batch/hash.ts';
import type { KeyGroupPiece } from '../../../src/checkpoint/snapshot-unit.ts';
import { keyGroupOf } from '../../../src/state/key-groups.ts';
import { createIntervalJoinProcessor } from '../../../src/transforms/join/index.ts';
import type { Processor } from '../../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, finish, type Input, type RecordIn } from '../support.ts';

const start = (
  rest: Partial<IntervalJoinSettings> = {},
  policy: 'fail' | 'drop' = 'fail',
): { context: FakeContext; processor: Processor } => {
  const context = fakeContext({ policy });
  const join: IntervalJoinSettings = {
    type: 'inner',
    lowerMs: -5,
    upperMs: 10,
    lowerInclusive: true,
    upperInclusive: true,
    join: (left, right) => `${String(left)}+${String(right)}`,
    ...rest,
  };
  return { context, processor: createIntervalJoinProcessor({ kind: 'intervalJoin', join }, context) };
};

const on = (port: 0 | 1, timestampMs: number, key: unknown = 'k'): RecordIn => ({
  value: `${port === 0 ? 'l' : 'r'}${timestampMs}`,
  key,
  timestampMs,
  port,
});

describe('an interval join', () => {
  it('joins a left record with the right ones in its interval, in either order of arrival, at the later time', () => {
    const { context, processor } = start();
    drive(processor, context, [on(1, 14), on(1, 15), on(0, 20), on(1, 30), on(1, 31), on(1, 20, 'other')]);
    expect(context.main.records).toEqual([
      { value: 'l20+r15', timestampMs: 20 },
      { value: 'l20+r30', timestampMs: 30 },
    ]);
  });

  it.each([
    [true, true, ['r15', 'r20', 'r30']],
    [false, true, ['r20', 'r30']],
    [true, false, ['r15', 'r20']],
    [false, false, ['r20']],
  ])('takes its bounds in or not: lower %s, upper %s', (lowerInclusive, upperInclusive, partners) => {
    const inputs = [on(1, 15), on(1, 20), on(1, 30)];
    for (const records of [
      [on(0, 20), ...inputs],
      [...inputs, on(0, 20)],
    ]) {
      const { context, processor } = start({ lowerInclusive, upperInclusive, join: (_left, right) => right });
      drive(processor, context, records);
      expect(context.main.values).toEqual(partners);
    }
  });

  it('sends late records of each side to its late output and joins them with nothing', () => {
    const { context, processor } = start({ lateLeftOutput: 'lateLeft', lateRightOutput: 'lateRight' });
    drive(processor, context, [on(0, 20), on(1, 20), { watermarkMs: 21 }, on(0, 21), on(1, 20), on(1, 22)]);
    expect(context.main.values).toEqual(['l20+r20', 'l20+r22']);
    expect(context.sideOutput('lateLeft').values).toEqual(['l21']);
    expect(context.sideOutput('lateRight').values).toEqual(['r20']);
  });

  it('lets a left record without a partner out when none can come any more', () => {
    const { context, processor } = start({ type: 'left' });
    drive(processor, context, [on(0, 20), on(0, 21), on(1, 31), { watermarkMs: 29 }]);
    expect(context.main.values).toEqual(['l21+r31']);
    drive(processor, context, [{ watermarkMs: 30 }]);
    expect(context.main.values).toEqual(['l21+r31', 'l20+undefined']);
    finish(processor);
    expect(context.main.values).toHaveLength(2);
  });

  it('holds the watermark back by as much as a record may wait to come out alone', () => {
    const held = (type: IntervalJoinSettings['type']): number | undefined =>
      start({ type }).processor.outputWatermark?.(100);
    expect([held('inner'), held('left'), held('right'), held('full')]).toEqual([100, 90, 95, 90]);
    expect(start({ type: 'full' }).processor.outputWatermark?.(Infinity)).toBe(Infinity);
  });

  it('lets a record out at once that can have no partner when it comes', () => {
    const { context, processor } = start({ type: 'left', lowerMs: -50, upperMs: -20 });
    drive(processor, context, [{ watermarkMs: 10 }, on(0, 30), on(0, 31)]);
    expect(context.main.values).toEqual(['l30+undefined']);
    finish(processor);
    expect(context.main.values).toEqual(['l30+undefined', 'l31+undefined']);
  });

  it('forgets records when the watermark has passed their horizon', () => {
    const { context, processor } = start();
    for (let i = 0; i < 500; i++) {
      drive(processor, context, [on(0, i * 10, `l${i}`), on(1, i * 10, `r${i}`), { watermarkMs: i * 10 }]);
    }
    expect((processor as unknown as { table: { rowLimit: number } }).table.rowLimit).toBeLessThan(20);
  });

  it('leaves nothing of a record that fails: no results, and later ones do not meet it', () => {
    const join = (left: unknown, right: unknown): unknown => {
      if (right === 'r22') throw new Error('no');
      return `${String(left)}+${String(right)}`;
    };
    const { context, processor } = start({ type: 'full', join }, 'drop');
    drive(processor, context, [on(0, 20), on(0, 21), on(1, 22), on(1, 23)]);
    finish(processor);
    expect(context.failed.map(({ record }) => record)).toEqual(['r22']);
    expect(context.main.values).toEqual(['l20+r23', 'l21+r23']);
  });

  it('refuses a record without event time', () => {
    const { context, processor } = start();
    expect(() => drive(processor, context, [{ value: 'l', key: 'k', port: 0 }])).toThrow(
      'without event time',
    );
  });
});

/** Everything that the pieces of a snapshot hold. */
const checkpoint = (processor: Processor, checkpointId: number, since?: number): KeyGroupPiece[] => {
  const keyGroups = [...Array(fakeContext({}).maxParallelism).keys()];
  const snapshot = processor.snapshotKeyGroups!({ checkpointId, keyGroups, since: () => since });
  const pieces: KeyGroupPiece[] = [];
  for (let piece = snapshot.next(); piece !== undefined; piece = snapshot.next()) pieces.push(piece);
  processor.checkpointEnded!(checkpointId, true);
  return pieces;
};

it('an interval join reads what version 1 of its state has, and refuses a later one', () => {
  const writer = new ByteWriter();
  writer.writeByte(1);
  encodeValue([['k', [[20, 'l20', true]], [[24, 'r24', false]]]], writer);
  const { context, processor } = start({ type: 'full' });
  const keyGroup = keyGroupOf(hashValue('k'), context.maxParallelism);
  processor.importKeyGroup!(keyGroup, writer.toBytes());
  drive(processor, context, [on(1, 21)]);
  expect(context.main.values).toEqual(['l20+r21']);
  finish(processor);
  expect(context.main.values).toEqual(['l20+r21', 'undefined+r24']);
  expect(() => processor.importKeyGroup!(keyGroup, Uint8Array.of(9))).toThrow('unknown version 9');
});

describe('an increment of an interval join', () => {
  it('says of a record that it has a partner by now, also when the partner is not kept', () => {
    const { context, processor } = start({ type: 'left', lowerMs: 3, upperMs: 10 });
    drive(processor, context, [on(0, 20), on(0, 21, 'alone')]);
    const pieces = checkpoint(processor, 1);
    drive(processor, context, [{ watermarkMs: 24 }, on(1, 25)]);
    expect(context.main.values).toEqual(['l20+r25']);
    pieces.push(...checkpoint(processor, 2, 1));
    const restored = start({ type: 'left', lowerMs: 3, upperMs: 10 });
    for (const { keyGroup, bytes } of pieces) restored.processor.applyKeyGroup!(keyGroup, bytes);
    drive(restored.processor, restored.context, [{ watermarkMs: 24 }]);
    finish(restored.processor);
    expect(restored.context.main.values).toEqual(['l21+undefined']);
  });

  it('is as large as what was written, whatever else waits', () => {
    const { context, processor } = start();
    drive(
      processor,
      context,
      Array.from({ length: 2000 }, (_, key) => on(0, 100, key)),
    );
    const sizeOf = (pieces: readonly KeyGroupPiece[]): number =>
      pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const whole = sizeOf(checkpoint(processor, 1));
    drive(processor, context, [on(1, 106, 7), { watermarkMs: 50 }]);
    expect(sizeOf(checkpoint(processor, 2, 1))).toBeLessThan(whole / 10);
  });
});

interface Drawn {
  readonly port: 0 | 1;
  readonly key: number;
  readonly aheadMs: number;
  readonly behindMs: number;
  readonly watermark: boolean;
}

const drawn = fc.record<Drawn>({
  port: fc.constantFrom(0, 1),
  key: fc.nat(2),
  aheadMs: fc.nat(4),
  behindMs: fc.nat(12),
  watermark: fc.nat(4).map((n) => n === 0),
});

describe('interval joins of random streams', () => {
  it('give every pair of records in time once, and every other outer record alone', () => {
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 80 }),
        fc.constantFrom(1, 3, 2048),
        fc.constantFrom('inner', 'left', 'right', 'full'),
        fc.record({ lowerMs: fc.integer({ min: -15, max: 5 }), lengthMs: fc.nat(20) }),
        fc.boolean(),
        fc.boolean(),
        (stream, size, type, { lowerMs, lengthMs }, lowerInclusive, upperInclusive) => {
          const upperMs = lowerMs + lengthMs + 1;
          const inputs: Input[] = [];
          const accepted: { id: number; port: 0 | 1; key: number; timeMs: number }[] = [];
          let timeMs = 0;
          let watermarkMs = -Infinity;
          stream.forEach((step, id) => {
            timeMs += step.aheadMs;
            if (step.watermark) {
              watermarkMs = Math.max(watermarkMs, timeMs - 8);
              inputs.push({ watermarkMs });
              return;
            }
            const record = { id, port: step.port, key: step.key, timeMs: timeMs - step.behindMs };
            inputs.push({ value: record, key: step.key, timestampMs: record.timeMs, port: step.port });
            if (record.timeMs > watermarkMs) accepted.push(record);
          });
          const { context, processor } = start({
            type,
            lowerMs,
            upperMs,
            lowerInclusive,
            upperInclusive,
            join: (left, right) => [(left as { id: number })?.id, (right as { id: number })?.id],
          });
          drive(processor, context, inputs, size, 1);
          finish(processor, 1);
          const lefts = accepted.filter(({ port }) => port === 0);
          const rights = accepted.filter(({ port }) => port === 1);
          const isPair = (
            a: { key: number; timeMs: number },
            b: { key: number; timeMs: number },
          ): boolean => {
            const apartMs = b.timeMs - a.timeMs;
            const above = lowerInclusive ? apartMs >= lowerMs : apartMs > lowerMs;
            return a.key === b.key && above && (upperInclusive ? apartMs <= upperMs : apartMs < upperMs);
          };
          const expected: unknown[] = lefts.flatMap((a) =>
            rights.filter((b) => isPair(a, b)).map((b) => [a.id, b.id]),
          );
          if (type === 'left' || type === 'full') {
            expected.push(
              ...lefts.filter((a) => !rights.some((b) => isPair(a, b))).map((a) => [a.id, undefined]),
            );
          }
          if (type === 'right' || type === 'full') {
            expected.push(
              ...rights.filter((b) => !lefts.some((a) => isPair(a, b))).map((b) => [undefined, b.id]),
            );
          }
          const text = (values: readonly unknown[]): string[] =>
            values.map((value) => JSON.stringify(value)).sort();
          expect(text(context.main.values)).toEqual(text(expected));
        },
      ),
      { numRuns: 300 },
    );
  });
});
