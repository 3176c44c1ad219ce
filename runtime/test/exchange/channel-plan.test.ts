import { describe, expect, it } from 'vitest';
import { planRemoteChannels } from '../../src/exchange/channel-plan.ts';
import { graphOf, keyedGraph } from './slots.ts';

describe('the channels between slots', () => {
  it('join every pair of different slots on an edge that exchanges records', () => {
    const pairs = planRemoteChannels(keyedGraph(3)).map(({ fromSlot, toSlot }) => `${fromSlot}→${toSlot}`);
    expect(pairs).toEqual(['0→1', '0→2', '1→0', '1→2', '2→0', '2→1']);
  });

  it('are numbered from 0 without a gap, alike in every slot', () => {
    const graph = () =>
      graphOf(4, (numbers) =>
        numbers
          .rebalance()
          .map((n) => n + 1)
          .keyBy((n) => n)
          .reduce((n) => n),
      );
    const channels = planRemoteChannels(graph());
    expect(channels.map(({ number }) => number)).toEqual(Array.from(channels.keys()));
    const plain = (one: typeof channels): unknown[] =>
      one.map(({ number, edge, fromSlot, toSlot }) => [number, edge.index, fromSlot, toSlot]);
    expect(plain(planRemoteChannels(graph()))).toEqual(plain(channels));
  });

  it('reach only the subtasks that a task has', () => {
    const graph = graphOf(3, (numbers) =>
      numbers
        .global()
        .map((n) => n)
        .setParallelism(1),
    );
    const pairs = planRemoteChannels(graph).map(({ fromSlot, toSlot }) => `${fromSlot}→${toSlot}`);
    expect(pairs).toEqual(['1→0', '2→0', '0→1', '0→2']);
  });

  it('are none in a job of one slot, or on edges that stay in the slot', () => {
    expect(planRemoteChannels(keyedGraph(1))).toEqual([]);
    const graph = graphOf(2, (numbers) => numbers.map((n) => n).startNewChain());
    expect(graph.edges.length).toBeGreaterThan(0);
    expect(planRemoteChannels(graph)).toEqual([]);
  });
});
