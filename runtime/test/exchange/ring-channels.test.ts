import { describe, expect, it } from 'vitest';
import { hashValue } from '../../src/batch/hash.ts';
import { channelCredit } from '../../src/exchange/channel.ts';
import { RingChannels } from '../../src/exchange/ring-channels.ts';
import { allocateSharedLinks } from '../../src/exchange/shared-links.ts';
import { batchOf, drain, exchangeOf, graphOf, keyedGraph } from './slots.ts';

/** Two slots of a graph in one thread, joined by real rings on their first exchange, in both directions. */
const twoSlots = (graph = keyedGraph(2)) => {
  const links = allocateSharedLinks(graph);
  const edge = exchangeOf(graph);
  const [left, right] = [new RingChannels(graph, 0, links), new RingChannels(graph, 1, links)];
  const wakes = { credit: 0, element: 0 };
  return {
    left,
    right,
    wakes,
    sender: left.sender(edge, 1, () => wakes.credit++),
    receiver: right.receiver(edge, 0, () => wakes.element++),
    back: right.sender(edge, 0, () => undefined),
    backReceiver: left.receiver(edge, 1, () => undefined),
  };
};

/** Waits until a slot that sleeps has been woken. */
const woken = (channels: RingChannels): Promise<void> => new Promise((resolve) => channels.sleep(resolve));

describe('channels between two slots', () => {
  it('count what is under way at both ends, and the bytes that went through', () => {
    const { sender, right, receiver } = twoSlots();
    sender.send(batchOf(1, 2));
    sender.send(batchOf(3));
    expect(sender.counts).toEqual({ queued: 2, bytes: expect.any(Number) });
    expect(receiver.counts).toEqual({ queued: 0, bytes: 0 });
    right.pump();
    expect(receiver.counts).toEqual({ queued: 2, bytes: sender.counts?.bytes });
    drain(receiver);
    expect([sender.counts?.queued, receiver.counts?.queued]).toEqual([0, 0]);
    expect(sender.counts?.bytes).toBeGreaterThan(0);
  });

  it('carry batches, watermarks, barriers and the end in order', () => {
    const { sender, right, receiver, wakes } = twoSlots();
    sender.send(batchOf(1, 2));
    sender.send({ kind: 'watermark', timeMs: 5 });
    sender.send({ kind: 'barrier', id: 1 });
    sender.send(batchOf(3));
    sender.send({ kind: 'end', drained: true });
    expect(drain(receiver)).toEqual([]);
    expect(right.pump()).toBe(true);
    expect(wakes.element).toBe(5);
    expect(drain(receiver)).toEqual([
      1,
      2,
      { kind: 'watermark', timeMs: 5 },
      { kind: 'barrier', id: 1 },
      3,
      { kind: 'end', drained: true },
    ]);
  });

  it('find the keys of records again at the other end of a keyed edge', () => {
    const { sender, right, receiver } = twoSlots();
    sender.send(batchOf(7, 8));
    right.pump();
    const element = receiver.poll();
    const keys = element?.kind === 'batch' ? element.keys : undefined;
    expect([...(keys?.values ?? [])]).toEqual([7, 8]);
    expect([...(keys?.hashes ?? [])]).toEqual([hashValue(7), hashValue(8)]);
  });

  it('carry no keys where nobody asked for keys', () => {
    const { sender, right, receiver } = twoSlots(graphOf(2, (numbers) => numbers.rebalance().map((n) => n)));
    sender.send(batchOf(7));
    right.pump();
    expect(receiver.poll()).not.toHaveProperty('keys', expect.anything());
  });

  it('work in both directions at once', () => {
    const slots = twoSlots();
    slots.sender.send(batchOf('there'));
    slots.back.send(batchOf('back'));
    slots.left.pump();
    slots.right.pump();
    expect(drain(slots.receiver)).toEqual(['there']);
    expect(drain(slots.backReceiver)).toEqual(['back']);
  });

  it('give credit for a few batches, and give it back when the receiver takes one', () => {
    const { sender, right, receiver } = twoSlots();
    for (let i = 0; i < channelCredit; i++) {
      expect(sender.hasCredit()).toBe(true);
      sender.send(batchOf(i));
    }
    expect(sender.hasCredit()).toBe(false);
    right.pump();
    expect(sender.hasCredit()).toBe(false);
    receiver.poll();
    expect(sender.hasCredit()).toBe(true);
  });

  it('count batches only: watermarks need no credit', () => {
    const { sender } = twoSlots();
    for (let i = 0; i < 3 * channelCredit; i++) sender.send({ kind: 'watermark', timeMs: i });
    expect(sender.hasCredit()).toBe(true);
  });

  it('accept overdraft, and want it repaid before there is credit again', () => {
    const { sender, right, receiver } = twoSlots();
    for (let i = 0; i < channelCredit + 2; i++) sender.send(batchOf(i));
    right.pump();
    for (let i = 0; i < 2; i++) {
      receiver.poll();
      expect(sender.hasCredit()).toBe(false);
    }
    receiver.poll();
    expect(sender.hasCredit()).toBe(true);
  });

  it('carry more than a ring holds, as the other side makes room', () => {
    const { sender, left, right, receiver } = twoSlots();
    const large = 'x'.repeat(3 * 2 ** 20);
    for (let i = 0; i < 4; i++) sender.send(batchOf(`${i}${large}`));
    expect(left.isEmpty()).toBe(false);
    const received: unknown[] = [];
    for (let moved = true; moved; ) {
      moved = [right.pump(), left.pump()].includes(true);
      received.push(...drain(receiver));
    }
    expect(left.isEmpty()).toBe(true);
    expect(received).toEqual([0, 1, 2, 3].map((i) => `${i}${large}`));
  });
});

describe('a slot that sleeps', () => {
  it('is woken by an element', async () => {
    const { sender, right, receiver } = twoSlots();
    const awake = woken(right);
    sender.send(batchOf(1));
    await awake;
    expect(drain(receiver)).toEqual([1]);
  });

  it('does not fall asleep while elements are there', async () => {
    const { sender, right, receiver } = twoSlots();
    sender.send(batchOf(1));
    await woken(right);
    expect(drain(receiver)).toEqual([1]);
  });

  it('is woken by credit, and wakes the task that waits for it', async () => {
    const { sender, left, right, receiver, wakes } = twoSlots();
    for (let i = 0; i < channelCredit; i++) sender.send(batchOf(i));
    expect(sender.hasCredit()).toBe(false);
    const awake = woken(left);
    right.pump();
    receiver.poll();
    await awake;
    expect(wakes.credit).toBe(1);
  });

  it('is woken by room for a frame that waits', async () => {
    const { sender, left, right } = twoSlots();
    sender.send(batchOf('x'.repeat(6 * 2 ** 20)));
    expect(left.isEmpty()).toBe(false);
    const awake = woken(left);
    right.pump();
    await awake;
    expect(left.isEmpty()).toBe(true);
  });
});
