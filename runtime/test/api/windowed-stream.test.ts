import { describe, expect, test } from 'vitest';
import { count, sum } from '../../src/api/aggregates.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import type { WindowSettings } from '../../src/api/transform.ts';
import { countEvictor, countTrigger } from '../../src/api/triggers.ts';
import {
  countWindow,
  globalWindow,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
} from '../../src/api/windows.ts';
import { type Bid, environmentWithBids, errorOf, madeBy } from './support.ts';

const { bids } = environmentWithBids();
const byBidder = bids.keyBy('bidder');

const settingsOf = (stream: Parameters<typeof madeBy>[0]): WindowSettings => {
  const { spec } = madeBy(stream);
  if (spec.kind !== 'window') throw new Error(`Expected a window, got ${spec.kind}.`);
  return spec.window;
};

describe('a windowed stream', () => {
  test('records its assigner, aggregation and nothing that was not said', () => {
    expect(settingsOf(byBidder.window(tumbling('1m')).aggregate({ bids: count() }))).toEqual({
      assigner: tumbling('1m'),
      keyed: true,
      allowedLatenessMs: 0,
      aggregation: { kind: 'builtIn', aggregates: { bids: { kind: 'count', input: { kind: 'record' } } } },
      function: undefined,
    });
  });

  test('records trigger, evictor, lateness and late output in any order', () => {
    const late = outputTag<Bid>('late');
    const trigger = countTrigger(3);
    const evictor = countEvictor<Bid>(2);
    const windows = byBidder.window(sliding('1m', '10s'));
    const one = windows.trigger(trigger).evictor(evictor).allowedLateness('5s').lateOutput(late);
    const two = windows.lateOutput(late).allowedLateness('5s').evictor(evictor).trigger(trigger);
    const expected = { trigger, evictor, allowedLatenessMs: 5000, lateOutput: 'late' };
    expect(settingsOf(one.reduce((left) => left))).toMatchObject(expected);
    expect(settingsOf(two.reduce((left) => left))).toMatchObject(expected);
  });

  test('is a value: what is said about one is not said about another', () => {
    const windows = byBidder.window(tumbling('1m'));
    windows.trigger(countTrigger(3));
    expect(settingsOf(windows.reduce((left) => left)).trigger).toBeUndefined();
  });

  test('keeps all records for a process function, plain or with a life', () => {
    const plain = (): undefined => undefined;
    const withLife = { process: plain, open: () => undefined };
    const windows = byBidder.window(tumbling('1m'));
    expect(settingsOf(windows.process(plain))).toMatchObject({
      aggregation: { kind: 'collect' },
      function: { process: plain },
    });
    expect(settingsOf(windows.process(withLife)).function).toBe(withLife);
  });

  test('tells built-in aggregates from an aggregate function, also one of a class', () => {
    class Longest {
      create(): number {
        return 0;
      }
      add(longest: number, bid: Bid): number {
        return Math.max(longest, bid.bidder.length);
      }
      result(longest: number): number {
        return longest;
      }
    }
    const aggregate = new Longest();
    const windows = byBidder.window(tumbling('1m'));
    expect(settingsOf(windows.aggregate(aggregate)).aggregation).toEqual({ kind: 'aggregate', aggregate });
    expect(settingsOf(windows.aggregate({ create: sum('price') })).aggregation.kind).toBe('builtIn');
  });

  test('over all records goes to one subtask and has no key', () => {
    const all = bids.windowAll(tumbling('1m')).aggregate({ bids: count() });
    expect(settingsOf(all).keyed).toBe(false);
    expect(madeBy(all).inputs[0]?.[0]?.partitioning).toEqual({ kind: 'global' });
    expect(madeBy(all).name).toMatch(/^windowAll#/);
  });

  test('of counts is a window with a count assigner', () => {
    expect(settingsOf(byBidder.countWindow(10).reduce((left) => left)).assigner).toEqual(countWindow(10));
    expect(settingsOf(byBidder.countWindow(10, 2).reduce((left) => left)).assigner).toEqual(
      countWindow(10, 2),
    );
  });
});

describe('what makes no sense about windows is refused', () => {
  const processingTime = tumbling('1m', { time: 'processing' });
  const withoutLateness: readonly [string, WindowAssigner][] = [
    ['count', countWindow(3)],
    ['global', globalWindow()],
    ['processing time', processingTime],
    ['processing-time session', session('1m', { time: 'processing' })],
  ];

  test.each(withoutLateness)('lateness for %s windows', (_name, assigner) => {
    const windows = byBidder.window(assigner);
    expect(errorOf(() => windows.allowedLateness('1s')).message).toContain(
      'allowedLateness() has no meaning here',
    );
    expect(errorOf(() => windows.lateOutput(outputTag('late'))).message).toContain(
      'lateOutput() has no meaning here',
    );
  });

  test('aggregates without a name, or with one that results have anyway', () => {
    const windows = byBidder.window(tumbling('1m'));
    expect(errorOf(() => windows.aggregate({})).message).toBe('There is nothing to aggregate.');
    expect(errorOf(() => byBidder.aggregate({})).message).toBe('There is nothing to aggregate.');
    for (const name of ['key', 'windowStart', 'windowEnd']) {
      expect(errorOf(() => windows.aggregate({ [name]: count() })).message).toContain(`“${name}”`);
    }
  });

  test('windows that take no time, or steps that do not fit', () => {
    expect(errorOf(() => tumbling(0)).code).toBe('job-invalid');
    expect(errorOf(() => sliding('1m', 0)).code).toBe('job-invalid');
    expect(errorOf(() => session(0)).code).toBe('job-invalid');
    expect(errorOf(() => countWindow(0)).code).toBe('job-invalid');
    expect(errorOf(() => countTrigger(0)).code).toBe('job-invalid');
  });
});
