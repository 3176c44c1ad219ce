import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  continuousEventTimeTrigger,
  continuousProcessingTimeTrigger,
  countEvictor,
  countTrigger,
  customTrigger,
  deltaEvictor,
  deltaTrigger,
  eventTimeTrigger,
  neverTrigger,
  processingTimeTrigger,
  purging,
  type Trigger,
  timeEvictor,
  type WindowRecord,
} from '../../src/api/triggers.ts';
import { errorOf } from './support.ts';

const window = { startMs: 0, endMs: 1000 };
const records = (...timesMs: readonly number[]): readonly WindowRecord<number>[] =>
  timesMs.map((timestampMs) => ({ value: timestampMs, timestampMs }));
const recordLists = fc
  .array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 })
  .map((times) => records(...times));

describe('a trigger', () => {
  test('is a plain value', () => {
    expect(eventTimeTrigger()).toEqual({ kind: 'eventTime' });
    expect(processingTimeTrigger()).toEqual({ kind: 'processingTime' });
    expect(neverTrigger()).toEqual({ kind: 'never' });
    expect(countTrigger(3)).toEqual({ kind: 'count', size: 3 });
    expect(continuousEventTimeTrigger('5s')).toEqual({ kind: 'continuousEventTime', intervalMs: 5000 });
    expect(continuousProcessingTimeTrigger('5s')).toEqual({
      kind: 'continuousProcessingTime',
      intervalMs: 5000,
    });
    expect(purging(countTrigger(3))).toEqual({ kind: 'purging', inner: { kind: 'count', size: 3 } });
  });

  test('keeps the functions of the author', () => {
    const delta = (last: number, value: number): number => value - last;
    const create = (): Trigger<number> => ({
      onRecord: () => 'fire',
      onEventTime: () => 'continue',
      onProcessingTime: () => 'continue',
      clear: () => undefined,
    });
    expect(deltaTrigger(2, delta)).toEqual({ kind: 'delta', threshold: 2, delta });
    expect(customTrigger(create)).toEqual({ kind: 'custom', create });
  });

  test.each([
    ['no records', () => countTrigger(0)],
    ['half a record', () => countTrigger(0.5)],
    ['an interval of 0', () => continuousEventTimeTrigger(0)],
    ['an interval of half a millisecond', () => continuousProcessingTimeTrigger(0.5)],
  ])('is refused at every %s', (_name, make) => {
    expect(errorOf(make).code).toBe('job-invalid');
  });
});

describe('an evictor', () => {
  test('by count keeps the last records, all of them when there are fewer', () => {
    expect(countEvictor<number>(2).keep(records(1, 2, 3), window)).toEqual(records(2, 3));
    expect(countEvictor<number>(5).keep(records(1, 2, 3), window)).toEqual(records(1, 2, 3));
    fc.assert(
      fc.property(recordLists, fc.nat(30), (list, size) => {
        const kept = countEvictor<number>(size).keep(list, window);
        expect(kept).toEqual(size === 0 ? [] : list.slice(-size));
      }),
    );
  });

  test('by time keeps what is younger than the newest less the time', () => {
    expect(timeEvictor<number>(10).keep(records(5, 20, 11, 10), window)).toEqual(records(20, 11));
    expect(timeEvictor<number>('1s').keep([], window)).toEqual([]);
    fc.assert(
      fc.property(recordLists, fc.integer({ min: 1, max: 500 }), (list, keepMs) => {
        const newestMs = Math.max(...list.map((record) => record.timestampMs));
        const kept = timeEvictor<number>(keepMs).keep(list, window);
        expect(kept).toEqual(list.filter((record) => newestMs - record.timestampMs < keepMs));
      }),
    );
  });

  test('by delta keeps what is near to the last record', () => {
    const evictor = deltaEvictor<number>(3, (value, last) => Math.abs(last - value));
    expect(evictor.keep(records(1, 8, 6, 7), window)).toEqual(records(8, 6, 7));
    expect(evictor.keep([], window)).toEqual([]);
  });

  test('works before the function of the window', () => {
    expect(
      [countEvictor(1), timeEvictor(1), deltaEvictor(1, () => 1)].map((evictor) => evictor.when),
    ).toEqual(['before', 'before', 'before']);
  });
});
