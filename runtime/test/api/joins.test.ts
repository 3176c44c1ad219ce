import { describe, expect, test } from 'vitest';
import { col } from '../../src/api/expressions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import type { TransformSpec } from '../../src/api/transform.ts';
import { countEvictor, countTrigger } from '../../src/api/triggers.ts';
import { countWindow, session, tumbling } from '../../src/api/windows.ts';
import { type Bid, environmentWithBids, errorOf, madeBy } from './support.ts';

const { bids } = environmentWithBids();
const names = bids.select('bidder', 'time');
const pair = (left: Bid): number => left.price;

const specOf = <Kind extends TransformSpec['kind']>(
  stream: Parameters<typeof madeBy>[0],
  kind: Kind,
): Extract<TransformSpec, { kind: Kind }> => {
  const { spec } = madeBy(stream);
  if (spec.kind !== kind) throw new Error(`Expected ${kind}, got ${spec.kind}.`);
  return spec as Extract<TransformSpec, { kind: Kind }>;
};

describe('a window join', () => {
  test('hashes each side by its own key', () => {
    const joined = bids
      .join(names)
      .where(col('price').mod(7))
      .equalTo('time')
      .window(tumbling('1m'))
      .apply(pair);
    expect(madeBy(joined).inputs.map((port) => port[0]?.partitioning)).toEqual([
      { kind: 'hash', key: { kind: 'expression', expression: col('price').mod(7).expression } },
      { kind: 'hash', key: { kind: 'field', name: 'time' } },
    ]);
    expect(specOf(joined, 'windowJoin').join).toEqual({
      assigner: tumbling('1m'),
      allowedLatenessMs: 0,
      join: pair,
    });
  });

  test('records trigger, evictor, lateness and late output without changing the value they were said of', () => {
    const windowed = bids.join(names).where('bidder').equalTo('bidder').window(session('1m'));
    const trigger = countTrigger(2);
    const evictor = countEvictor<Bid | Pick<Bid, 'bidder' | 'time'>>(5);
    const late = outputTag<Bid | Pick<Bid, 'bidder' | 'time'>>('late');
    const joined = windowed
      .trigger(trigger)
      .evictor(evictor)
      .allowedLateness('3s')
      .lateOutput(late)
      .apply(pair);
    const expected = { trigger, evictor, allowedLatenessMs: 3000, lateOutput: 'late' };
    expect(specOf(joined, 'windowJoin').join).toMatchObject(expected);
    expect(specOf(windowed.apply(pair), 'windowJoin').join.trigger).toBeUndefined();
    expect(joined.sideOutput(late).edges[0]?.output).toBe('late');
  });

  test('as a coGroup calls its function once a window', () => {
    const group = (): undefined => undefined;
    const windowed = bids.coGroup(names).where('bidder').equalTo('bidder').window(tumbling('1m'));
    const grouped = windowed.trigger(countTrigger(2)).apply<number>(group);
    expect(specOf(grouped, 'windowJoin').join).toMatchObject({
      coGroup: group,
      trigger: { kind: 'count', size: 2 },
    });
    expect(specOf(grouped, 'windowJoin').join.join).toBeUndefined();
    expect(madeBy(grouped).name).toMatch(/^coGroup#/);
  });

  test('is refused for count windows, and lateness where nothing is late', () => {
    const equal = bids.join(names).where('bidder').equalTo('bidder');
    expect(errorOf(() => equal.window(countWindow(3))).message).toContain(
      'cannot be joined in count windows',
    );
    const processing = equal.window(tumbling('1m', { time: 'processing' }));
    expect(errorOf(() => processing.allowedLateness('1s')).code).toBe('job-invalid');
    expect(errorOf(() => processing.lateOutput(outputTag('late'))).code).toBe('job-invalid');
  });
});

describe('an interval join', () => {
  const keyed = bids.keyBy('bidder');
  const interval = keyed.intervalJoin(names.keyBy('bidder'));

  test('has inclusive bounds and is an inner join unless told otherwise', () => {
    const joined = interval.between('-5s', '10s').apply(pair);
    expect(specOf(joined, 'intervalJoin').join).toEqual({
      type: 'inner',
      lowerMs: -5000,
      upperMs: 10_000,
      lowerInclusive: true,
      upperInclusive: true,
      join: pair,
    });
  });

  test('sends late records of each side where it is told', () => {
    const left = outputTag<Bid>('left');
    const right = outputTag<{ bidder: string; time: number }>('right');
    const joined = interval
      .between(-5, 5, { type: 'full', lowerInclusive: false })
      .lateLeftOutput(left)
      .lateRightOutput(right)
      .apply((one, two) => [one, two]);
    expect(specOf(joined, 'intervalJoin').join).toMatchObject({
      type: 'full',
      lowerInclusive: false,
      lateLeftOutput: 'left',
      lateRightOutput: 'right',
    });
    expect(
      [left.name, right.name].map((name) => joined.sideOutput(outputTag(name)).edges[0]?.output),
    ).toEqual(['left', 'right']);
  });

  test.each([
    ['a lower bound above the upper', 6, 5, {}],
    ['equal bounds of which one is exclusive', 5, 5, { upperInclusive: false }],
  ] as const)('is refused with %s', (_name, lower, upper, options) => {
    expect(errorOf(() => interval.between(lower, upper, options)).message).toContain(
      'No time is between the bounds',
    );
  });

  test('may have equal bounds that are both inclusive', () => {
    expect(specOf(interval.between(5, 5).apply(pair), 'intervalJoin').join).toMatchObject({
      lowerMs: 5,
      upperMs: 5,
    });
  });
});
