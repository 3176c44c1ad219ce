import { describe, expect, it } from 'vitest';
import { channelName, edgeNames, placeOfChannel } from '../../src/exchange/channel-names.ts';
import { graphOf } from './slots.ts';

describe('the name of an edge', () => {
  it('tells the transforms at its ends, and is that of no other', () => {
    const graph = graphOf(2, (numbers) => {
      const tens = numbers.map((n) => n * 10).name('tens');
      return tens
        .union(tens)
        .keyBy((n) => n)
        .reduce((one) => one)
        .name('kept');
    });
    const names = edgeNames(graph);
    expect(new Set(names).size).toBe(graph.edges.length);
    expect(names.filter((name) => name.includes('kept')).length).toBeGreaterThan(0);
  });

  it('stays the same when something else changes', () => {
    const kept = (extra: boolean): readonly string[] =>
      edgeNames(
        graphOf(2, (numbers, env) => {
          if (extra) void env;
          const mapped = extra ? numbers.filter((n) => n > 0).name('filtered') : numbers;
          return mapped
            .rebalance()
            .map((n) => n)
            .name('mapped')
            .keyBy((n) => n)
            .reduce((one) => one)
            .name('kept');
        }),
      ).filter((name) => name.includes('kept'));
    expect(kept(true)).toEqual(kept(false));
  });

  it('is in the name of a channel with the slot that it comes from', () => {
    const place = { edge: '["a b",null,"c",0] 2', fromSlot: 13 };
    expect(placeOfChannel(channelName(place))).toEqual(place);
  });
});
