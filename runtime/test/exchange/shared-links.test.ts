import { describe, expect, it } from 'vitest';
import { RingChannels } from '../../src/exchange/ring-channels.ts';
import { allocateSharedLinks } from '../../src/exchange/shared-links.ts';
import { batchOf, drain, exchangeOf, keyedGraph } from './slots.ts';

const mebibyte = 2 ** 20;

/** The pairs of slots that have a ring, as `from>to`. */
const pairsOf = ({ rings }: ReturnType<typeof allocateSharedLinks>, slots: number): string[] =>
  rings.flatMap((ring, pair) => (ring === undefined ? [] : [`${Math.floor(pair / slots)}>${pair % slots}`]));

describe('the memory that slots share', () => {
  it('has a ring for each ordered pair of them', () => {
    expect(pairsOf(allocateSharedLinks(keyedGraph(3)), 3)).toEqual([
      '0>1',
      '0>2',
      '1>0',
      '1>2',
      '2>0',
      '2>1',
    ]);
  });

  it('has rings between the slots of this worker only, as large as so few may be', () => {
    const graph = keyedGraph(12);
    const links = allocateSharedLinks(graph, undefined, [4, 7]);
    expect(pairsOf(links, 12)).toEqual(['4>7', '7>4']);
    expect(links.rings.find((ring) => ring !== undefined)?.byteLength).toBeGreaterThan(4 * mebibyte);
    const [left, right] = [new RingChannels(graph, 4, links), new RingChannels(graph, 7, links)];
    const receiver = right.receiver(exchangeOf(graph), 4, () => undefined);
    left.sender(exchangeOf(graph), 7, () => undefined).send(batchOf('near'));
    right.pump();
    expect(drain(receiver)).toEqual(['near']);
  });
});
