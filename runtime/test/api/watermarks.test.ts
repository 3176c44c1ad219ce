import { describe, expect, test } from 'vitest';
import { col } from '../../src/api/expressions.ts';
import {
  boundedOutOfOrderness,
  customWatermarks,
  ingestionTime,
  monotonousTimestamps,
  noWatermarks,
} from '../../src/api/watermarks.ts';
import { type Bid, errorOf } from './support.ts';

describe('a watermark strategy', () => {
  test('is a rule for watermarks and a place of timestamps', () => {
    const create = (): { onRecord: () => void; onPeriodic: () => void } => ({
      onRecord: () => undefined,
      onPeriodic: () => undefined,
    });
    expect(boundedOutOfOrderness('5s').settings).toMatchObject({
      rule: { kind: 'bounded', delayMs: 5000 },
      timestamps: { kind: 'source' },
    });
    expect(monotonousTimestamps().settings.rule).toEqual({ kind: 'bounded', delayMs: 0 });
    expect(noWatermarks().settings.rule).toEqual({ kind: 'none' });
    expect(ingestionTime().settings.timestamps).toEqual({ kind: 'ingestion' });
    expect(customWatermarks(create).settings.rule).toEqual({ kind: 'custom', create });
  });

  test('takes timestamps from a field, an expression or a function', () => {
    const strategy = boundedOutOfOrderness<Bid>('5s');
    const time = (bid: Bid): number => bid.time;
    const seconds = col('time').mul(1000);
    expect(strategy.withTimestamps('time').settings.timestamps).toEqual({ kind: 'field', name: 'time' });
    expect(strategy.withTimestamps(time).settings.timestamps).toEqual({ kind: 'function', function: time });
    expect(strategy.withTimestamps(seconds).settings.timestamps).toEqual({
      kind: 'expression',
      expression: seconds.expression,
    });
  });

  test('is a value: each further word gives a new one', () => {
    const strategy = boundedOutOfOrderness<Bid>('5s');
    const more = strategy.withIdleness('1m').withAlignment('all', '10s').withTimestampRange(0, 1000);
    expect(more.settings).toMatchObject({
      idlenessMs: 60_000,
      alignment: { group: 'all', maxDriftMs: 10_000 },
      range: { minimumMs: 0, maximumMs: 1000 },
    });
    expect(strategy.settings.idlenessMs).toBeUndefined();
    expect(strategy.settings.alignment).toBeUndefined();
  });

  test('believes timestamps from 1970 to the end of 9998 unless it is told otherwise', () => {
    const { range } = boundedOutOfOrderness('5s').settings;
    expect([new Date(range.minimumMs), new Date(range.maximumMs)].map((date) => date.toISOString())).toEqual([
      '1970-01-01T00:00:00.000Z',
      '9998-12-31T23:59:59.999Z',
    ]);
  });

  test('is refused with a delay that is no length of time', () => {
    expect(errorOf(() => boundedOutOfOrderness(-1)).message).toContain('watermark delay');
  });
});
