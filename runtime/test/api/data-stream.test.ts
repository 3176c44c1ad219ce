import { describe, expect, test } from 'vitest';
import { createEnvironment } from '../../src/api/environment.ts';
import { col, columns } from '../../src/api/expressions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import type { TransformNode } from '../../src/api/transform.ts';
import { boundedOutOfOrderness, noWatermarks } from '../../src/api/watermarks.ts';
import { tumbling } from '../../src/api/windows.ts';
import { type Bid, environmentWithBids, errorOf, madeBy, plannedSink, plannedSource } from './support.ts';

/** How the records of each input port reach a transform. */
const partitionings = (node: TransformNode): unknown =>
  node.inputs.map((port) => port.map(({ partitioning }) => partitioning));

describe('an environment', () => {
  test('records transforms in the order of the calls', () => {
    const { env, bids } = environmentWithBids();
    bids
      .map((bid) => bid.price)
      .filter((price) => price > 0)
      .sinkTo(plannedSink<number>());
    expect(env.nodes.map((node) => [node.id, node.spec.kind])).toEqual([
      [0, 'source'],
      [1, 'fused'],
      [2, 'fused'],
      [3, 'sink'],
    ]);
  });

  test('has a parallelism of 1 unless it is given another, which must be a whole number', () => {
    expect(createEnvironment().defaultParallelism).toBe(1);
    expect(createEnvironment({ parallelism: 7 }).defaultParallelism).toBe(7);
    expect(errorOf(() => createEnvironment({ parallelism: 0 })).code).toBe('job-invalid');
  });

  test('starts a source without watermarks unless it is given a strategy', () => {
    const env = createEnvironment();
    const strategy = boundedOutOfOrderness('5s').withTimestamps<Bid>('time').withAlignment('all', '1m');
    const plain = env.fromSource(plannedSource<Bid>());
    const timed = env.fromSource(plannedSource<Bid>(), strategy);
    expect(madeBy(plain).spec).toMatchObject({ kind: 'source', watermarks: noWatermarks().settings });
    expect(madeBy(timed).spec).toMatchObject({ kind: 'source', watermarks: strategy.settings });
  });

  test('keeps its streams apart from those of another', () => {
    const one = environmentWithBids().bids;
    const two = environmentWithBids().bids;
    for (const call of [
      () => one.union(two),
      () => one.connect(two),
      () => one.join(two),
      () => one.coGroup(two),
      () => one.keyBy('bidder').connect(two.keyBy('bidder')),
      () => one.keyBy('bidder').intervalJoin(two.keyBy('bidder')),
    ]) {
      expect(errorOf(call).message).toBe('Two streams of different environments are put together.');
    }
  });
});

describe('the partitioning of a stream', () => {
  test.each(['rebalance', 'rescale', 'global', 'broadcast'] as const)(
    '%s is kept on the edge to the next transform',
    (kind) => {
      const { bids } = environmentWithBids();
      expect(partitionings(madeBy(bids[kind]().map((bid) => bid)))).toEqual([[{ kind }]]);
    },
  );

  test('is forward by default, and the last one said counts', () => {
    const { bids } = environmentWithBids();
    expect(partitionings(madeBy(bids.map((bid) => bid)))).toEqual([[{ kind: 'forward' }]]);
    expect(
      partitionings(
        madeBy(
          bids
            .rebalance()
            .global()
            .map((bid) => bid),
        ),
      ),
    ).toEqual([[{ kind: 'global' }]]);
  });

  test('can be chosen for each record', () => {
    const { bids } = environmentWithBids();
    const choose = (bid: Bid, parallelism: number): number => bid.auction % parallelism;
    expect(partitionings(madeBy(bids.partitionCustom(choose).map((bid) => bid)))).toEqual([
      [{ kind: 'custom', choose }],
    ]);
  });

  test('of each part of a union is kept', () => {
    const { bids } = environmentWithBids();
    const united = bids
      .rebalance()
      .union(bids, bids.global())
      .map((bid) => bid);
    expect(partitionings(madeBy(united))).toEqual([
      [{ kind: 'rebalance' }, { kind: 'forward' }, { kind: 'global' }],
    ]);
  });
});

describe('a key', () => {
  test('is a field, several fields, an expression or a function', () => {
    const { bids } = environmentWithBids();
    const byFunction = (bid: Bid): number => bid.price;
    expect(bids.keyBy('bidder').key).toEqual({ kind: 'field', name: 'bidder' });
    expect(bids.keyBy('auction', 'bidder').key).toEqual({ kind: 'fields', names: ['auction', 'bidder'] });
    expect(bids.keyBy(col('price').mod(10)).key).toEqual({
      kind: 'expression',
      expression: {
        kind: 'binary',
        op: 'mod',
        left: { kind: 'column', name: 'price' },
        right: { kind: 'literal', value: 10 },
      },
    });
    expect(bids.keyBy(byFunction).key).toEqual({ kind: 'function', function: byFunction });
  });

  test('hashes every edge of the stream', () => {
    const { bids } = environmentWithBids();
    const hash = { kind: 'hash', key: { kind: 'field', name: 'bidder' } };
    const counted = bids
      .union(bids)
      .keyBy('bidder')
      .reduce((left) => left);
    expect(partitionings(madeBy(counted))).toEqual([[hash, hash]]);
  });

  test('is refused when it is nothing', () => {
    const { bids } = environmentWithBids();
    expect(errorOf(() => bids.keyBy('' as 'bidder')).message).toBe('A stream is keyed by nothing.');
    expect(errorOf(() => (bids.keyBy as () => unknown)()).message).toBe('A stream is keyed by nothing.');
  });
});

describe('a selection', () => {
  test('of names is a projection of their columns in order', () => {
    const { bids } = environmentWithBids();
    expect(madeBy(bids.select('price', 'auction')).spec).toEqual({
      kind: 'fused',
      step: {
        kind: 'project',
        fields: { price: { kind: 'column', name: 'price' }, auction: { kind: 'column', name: 'auction' } },
      },
    });
  });

  test('is the same by a function of columns and by expressions', () => {
    const { bids } = environmentWithBids();
    const byFunction = bids.select((bid) => ({ twice: bid.price.mul(2) }));
    const byExpression = bids.select({ twice: columns<Bid>().price.mul(2) });
    expect(madeBy(byFunction).spec).toEqual(madeBy(byExpression).spec);
  });

  test('of nothing is refused', () => {
    const { bids } = environmentWithBids();
    expect(errorOf(() => bids.select()).message).toBe('A select without fields makes empty records.');
    expect(errorOf(() => bids.select({})).code).toBe('job-invalid');
  });

  test('by a condition is a filter that can be planned', () => {
    const { bids } = environmentWithBids();
    const step = { kind: 'filterExpression', expression: col('price').gt(3).expression };
    expect(madeBy(bids.where(col('price').gt(3))).spec).toEqual({ kind: 'fused', step });
    expect(madeBy(bids.where((bid) => bid.price.gt(3))).spec).toEqual({ kind: 'fused', step });
  });
});

describe('a side output', () => {
  const tag = outputTag<Bid>('late');

  test('is an edge from the transform that was just made', () => {
    const { bids } = environmentWithBids();
    const processed = bids.process<Bid>({ process: () => undefined });
    const read = madeBy(processed.sideOutput(tag).map((bid) => bid));
    expect(read.inputs).toEqual([
      [{ from: madeBy(processed), output: 'late', partitioning: { kind: 'forward' } }],
    ]);
  });

  test('of a transform that sends nothing there is refused, with what can be read', () => {
    const { bids } = environmentWithBids();
    const windows = bids
      .keyBy('bidder')
      .window(tumbling('1m'))
      .lateOutput(tag)
      .reduce((left) => left);
    expect(errorOf(() => bids.map((bid) => bid).sideOutput(tag)).message).toBe(
      'The transform “map#2” sends nothing to a side output “late”.',
    );
    expect(errorOf(() => windows.sideOutput(outputTag('other'))).hint).toBe('Read one of: late.');
    expect(madeBy(windows.sideOutput(tag).map((bid) => bid)).inputs[0]?.[0]?.output).toBe('late');
  });
});

describe('timestamps and watermarks in the middle of a graph', () => {
  test('are a transform of their own', () => {
    const { bids } = environmentWithBids();
    const strategy = boundedOutOfOrderness('5s').withTimestamps<Bid>('time');
    expect(madeBy(bids.assignTimestampsAndWatermarks(strategy)).spec).toEqual({
      kind: 'watermarks',
      watermarks: strategy.settings,
    });
  });

  test('cannot be aligned: only a source can wait', () => {
    const { bids } = environmentWithBids();
    const aligned = boundedOutOfOrderness<Bid>('5s').withAlignment('all', '1m');
    expect(errorOf(() => bids.assignTimestampsAndWatermarks(aligned)).message).toContain(
      'Only a source can be aligned',
    );
  });
});

describe('what a stream begins and ends with', () => {
  test('must be a connector of the right kind', () => {
    const { env, bids } = environmentWithBids();
    const source = plannedSource<Bid>();
    expect(errorOf(() => bids.sinkTo(source as never))).toMatchObject({
      message: expect.stringMatching(/^“.+” is a source, and no sink\.$/),
      hint: expect.stringContaining('an object with createWriter'),
    });
    expect(errorOf(() => bids.sinkTo(undefined as never)).message).toBe('That is no sink.');
    expect(errorOf(() => env.fromSource(plannedSink<Bid>() as never)).message).toMatch(
      /is a sink, and no source/,
    );
  });
});
