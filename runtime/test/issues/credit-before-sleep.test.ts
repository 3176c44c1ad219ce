import { describe, expect, it } from 'vitest';
import { channelCredit } from '../../src/exchange/channel.ts';
import { RingChannels } from '../../src/exchange/ring-channels.ts';
import { allocateSharedLinks } from '../../src/exchange/shared-links.ts';
import { batchOf, exchangeOf, keyedGraph } from '../exchange/slots.ts';

describe('credit that comes back between a refusal and the sleep of the sender', () => {
  it('keeps the sender awake: it rang no bell, and both slots waited for ever', () => {
    const graph = keyedGraph(2);
    const links = allocateSharedLinks(graph);
    const [left, right] = [new RingChannels(graph, 0, links), new RingChannels(graph, 1, links)];
    let asked = 0;
    const sender = left.sender(exchangeOf(graph), 1, () => asked++);
    const receiver = right.receiver(exchangeOf(graph), 0, () => undefined);
    for (let i = 0; i < channelCredit; i++) sender.send(batchOf(i));
    right.pump();
    // What the other slot sends back, so that nothing but credit is left to come.
    left.pump();

    expect(sender.hasCredit()).toBe(false);
    receiver.poll();
    let woken = 0;
    left.sleep(() => woken++);

    expect(woken).toBe(1);
    expect(asked).toBe(1);
  });
});
