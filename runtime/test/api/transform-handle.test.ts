import { describe, expect, test } from 'vitest';
import { createEnvironment } from '../../src/api/environment.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { environmentWithBids, errorOf, madeBy, plannedSink, plannedSource } from './support.ts';

describe('the name of a transform', () => {
  test('is its kind and number until it is given one', () => {
    const { bids } = environmentWithBids();
    const map = bids.map((bid) => bid.price);
    expect(madeBy(map)).toMatchObject({ name: 'map#1', uid: undefined, named: false });
    map.name('prices');
    expect(madeBy(map)).toMatchObject({ name: 'prices', uid: 'prices', named: true });
  });

  test('is also its uid unless a uid is given, before or after', () => {
    const { bids } = environmentWithBids();
    expect(
      madeBy(
        bids
          .map((bid) => bid)
          .name('a')
          .uid('a-1'),
      ),
    ).toMatchObject({ name: 'a', uid: 'a-1' });
    expect(
      madeBy(
        bids
          .map((bid) => bid)
          .uid('b-1')
          .name('b'),
      ),
    ).toMatchObject({ name: 'b', uid: 'b-1' });
    expect(
      madeBy(
        bids
          .map((bid) => bid)
          .name('c')
          .name('d'),
      ),
    ).toMatchObject({ name: 'd', uid: 'd' });
  });

  test('can be given to sources and sinks too', () => {
    const env = createEnvironment();
    const source = env.fromSource(plannedSource<number>({ kind: 'numbers' }), undefined, { name: 'in' });
    const sink = source.sinkTo(plannedSink<number>('out')).name('end').uid('end-1');
    expect(madeBy(source)).toMatchObject({ name: 'in', uid: 'in' });
    expect(madeBy(sink)).toMatchObject({ name: 'end', uid: 'end-1' });
  });

  test.each(['', '  ', 'x'.repeat(201)])('is refused when it is “%s”', (name) => {
    const { bids } = environmentWithBids();
    const error = errorOf(() => bids.map((bid) => bid).name(name));
    expect(error.message).toContain('empty or longer than 200 characters');
    expect(error.where).toEqual({ transform: 'map#1' });
  });
});

describe('the uid of a transform', () => {
  test('cannot be given to two transforms, and the error names both', () => {
    const { bids } = environmentWithBids();
    bids
      .map((bid) => bid)
      .name('first')
      .uid('same');
    const error = errorOf(() =>
      bids
        .filter(() => true)
        .name('second')
        .uid('same'),
    );
    expect(error.code).toBe('job-invalid');
    expect(error.message).toBe('The uid “same” is given to two transforms, “first” and “second”.');
  });

  test('can be given again to the same transform, and is free once it was replaced', () => {
    const { bids } = environmentWithBids();
    const first = bids
      .map((bid) => bid)
      .uid('one')
      .uid('one')
      .uid('two');
    expect(madeBy(first).uid).toBe('two');
    expect(madeBy(bids.map((bid) => bid).uid('one')).uid).toBe('one');
  });
});

describe('the parallelism of a transform', () => {
  test('is undefined until it is given', () => {
    const { bids } = environmentWithBids();
    expect(madeBy(bids).parallelism).toBeUndefined();
    expect(madeBy(bids.setParallelism(3)).parallelism).toBe(3);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, 32_769])('cannot be %d', (parallelism) => {
    const { bids } = environmentWithBids();
    const error = errorOf(() => bids.map((bid) => bid).setParallelism(parallelism));
    expect(error.message).toBe(`The parallelism ${parallelism} is not a whole number from 1 to 32768.`);
    expect(error.where).toEqual({ transform: 'map#1' });
  });
});

describe('settings of a transform', () => {
  test('say how it may be chained', () => {
    const { bids } = environmentWithBids();
    expect(madeBy(bids.map((bid) => bid)).chaining).toBe('always');
    expect(madeBy(bids.map((bid) => bid).startNewChain()).chaining).toBe('head');
    expect(madeBy(bids.map((bid) => bid).disableChaining()).chaining).toBe('never');
  });

  test('are refused on a stream that only regroups others', () => {
    const { bids } = environmentWithBids();
    for (const stream of [bids.keyBy('bidder'), bids.union(bids), bids.rebalance(), bids.broadcast()]) {
      for (const call of [
        () => stream.name('x'),
        () => stream.uid('x'),
        () => stream.setParallelism(1),
        () => stream.startNewChain(),
        () => stream.disableChaining(),
        () => stream.sideOutput(outputTag('x')),
      ]) {
        expect(errorOf(call).message).toContain('no transform has just made');
      }
    }
  });
});
