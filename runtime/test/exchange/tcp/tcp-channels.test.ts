import { describe, expect, it } from 'vitest';
import { hashValue } from '../../../src/batch/hash.ts';
import { tcpChannelCredit } from '../../../src/exchange/tcp/outgoing-channel.ts';
import type { SlotAddress, TcpSettings } from '../../../src/exchange/tcp/tcp-channels.ts';
import type { PhysicalGraph } from '../../../src/graph/physical-graph.ts';
import { batchOf, drain, exchangeOf, graphOf, keyedGraph } from '../slots.ts';
import { connectAll, connectedSlots, host, listenOn, type TestSlot } from './wire.ts';

/** Two slots of a graph in one test, joined on their first exchange, in both directions. */
const twoSlots = async (graph: PhysicalGraph = keyedGraph(2), settings: Partial<TcpSettings> = {}) => {
  const { wire, slots } = await connectedSlots(2, settings);
  const [left, right] = slots as [TestSlot, TestSlot];
  const edge = exchangeOf(graph);
  const wakes = { credit: 0, element: 0 };
  return {
    wire,
    left,
    right,
    wakes,
    sender: left.channels.sender(edge, 1, () => wakes.credit++),
    receiver: right.channels.receiver(edge, 0, () => wakes.element++),
    back: right.channels.sender(edge, 0, () => undefined),
    backReceiver: left.channels.receiver(edge, 1, () => undefined),
  };
};

const end = { kind: 'end', drained: true } as const;

describe('channels between two processes', () => {
  it('carry batches, watermarks, barriers and the end in order', async () => {
    const { wire, sender, receiver, wakes } = await twoSlots();
    sender.send(batchOf(1, 2));
    sender.send({ kind: 'watermark', timeMs: 5 });
    sender.send({ kind: 'barrier', id: 1 });
    sender.send(batchOf(3));
    sender.send(end);
    expect(drain(receiver)).toEqual([]);
    await wire.settle();
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

  it('find the keys of records again at the other end of a keyed edge', async () => {
    const { wire, sender, receiver } = await twoSlots();
    sender.send(batchOf(7, 8));
    await wire.settle();
    const element = receiver.poll();
    const keys = element?.kind === 'batch' ? element.keys : undefined;
    expect([...(keys?.values ?? [])]).toEqual([7, 8]);
    expect([...(keys?.hashes ?? [])]).toEqual([hashValue(7), hashValue(8)]);
  });

  it('carry no keys where nobody asked for keys', async () => {
    const { wire, sender, receiver } = await twoSlots(
      graphOf(2, (numbers) => numbers.rebalance().map((number) => number)),
    );
    sender.send(batchOf(7));
    await wire.settle();
    expect(receiver.poll()).not.toHaveProperty('keys', expect.anything());
  });

  it('work in both directions at once', async () => {
    const { wire, sender, receiver, back, backReceiver } = await twoSlots();
    sender.send(batchOf('there'));
    back.send(batchOf('back'));
    await wire.settle();
    expect(drain(receiver)).toEqual(['there']);
    expect(drain(backReceiver)).toEqual(['back']);
  });

  it('give credit for a number of batches, and give it back when the receiver takes some', async () => {
    const { wire, sender, receiver, wakes } = await twoSlots();
    for (let i = 0; i < tcpChannelCredit; i++) {
      expect(sender.hasCredit()).toBe(true);
      sender.send(batchOf(i));
    }
    expect(sender.hasCredit()).toBe(false);
    await wire.settle();
    expect(sender.hasCredit()).toBe(false);
    receiver.poll();
    await wire.settle();
    expect(wakes.credit).toBe(1);
    expect(sender.hasCredit()).toBe(true);
  });

  it('give credit for a number of bytes, too, and always for one batch', async () => {
    const { wire, sender, receiver } = await twoSlots(keyedGraph(2), { creditBytes: 1000 });
    sender.send(batchOf('x'.repeat(900)));
    expect(sender.hasCredit()).toBe(true);
    sender.send(batchOf('x'.repeat(5000)));
    expect(sender.hasCredit()).toBe(false);
    await wire.settle();
    receiver.poll();
    await wire.settle();
    expect(sender.hasCredit()).toBe(false);
    receiver.poll();
    await wire.settle();
    expect(sender.hasCredit()).toBe(true);
  });

  it('count batches only: watermarks need no credit', async () => {
    const { sender } = await twoSlots();
    for (let i = 0; i < 3 * tcpChannelCredit; i++) sender.send({ kind: 'watermark', timeMs: i });
    expect(sender.hasCredit()).toBe(true);
  });

  it('accept overdraft, and want it repaid before there is credit again', async () => {
    const { wire, sender, receiver, wakes } = await twoSlots();
    for (let i = 0; i < tcpChannelCredit + 2; i++) sender.send(batchOf(i));
    expect(sender.hasCredit()).toBe(false);
    await wire.settle();
    for (let i = 0; i < 2; i++) {
      receiver.poll();
      await wire.settle();
      expect(wakes.credit).toBe(0);
    }
    receiver.poll();
    await wire.settle();
    expect(wakes.credit).toBe(1);
  });

  it('write what is small together, and what is large at once', async () => {
    const { wire, left, sender } = await twoSlots();
    const { writes } = wire;
    for (let i = 0; i < 5; i++) {
      sender.send(batchOf(i));
      expect(left.channels.pump()).toBe(false);
    }
    expect(wire.writes).toBe(writes);
    expect(left.channels.isEmpty()).toBe(false);
    left.channels.sleep(() => undefined);
    expect(wire.writes).toBe(writes + 1);
    sender.send(batchOf('x'.repeat(100_000)));
    expect(left.channels.pump()).toBe(true);
    expect(wire.writes).toBe(writes + 2);
    await wire.settle();
    expect(left.channels.isEmpty()).toBe(true);
  });

  it('send what was sent before there was a connection', async () => {
    const { wire, slots } = await connectedSlots(1);
    const [left] = slots as [TestSlot];
    const edge = exchangeOf(keyedGraph(2));
    const sender = left.channels.sender(edge, 1, () => undefined);
    sender.send(batchOf('early'));
    await wire.settle();
    const right = await listenOn(wire, 1);
    const receiver = right.channels.receiver(edge, 0, () => undefined);
    await connectAll(wire, [left, right]);
    await wire.settle();
    expect(drain(receiver)).toEqual(['early']);
  });

  it('are added to a slot that joins while the others work', async () => {
    const { wire, left, right, sender, receiver } = await twoSlots(keyedGraph(3));
    const edge = exchangeOf(keyedGraph(3));
    sender.send(batchOf('before'));
    const third = await listenOn(wire, 2);
    const [zero, one, two] = [left, right, third].map(({ channels }, slot) => ({
      slot,
      host,
      port: channels.port,
    })) as [SlotAddress, SlotAddress, SlotAddress];
    await wire.during(
      Promise.all([
        left.channels.connect([two]),
        right.channels.connect([two]),
        third.channels.connect([zero, one]),
      ]),
    );
    const toThird = left.channels.sender(edge, 2, () => undefined);
    const thirdReceiver = third.channels.receiver(edge, 0, () => undefined);
    toThird.send(batchOf('to the new one'));
    sender.send(batchOf('after'));
    await wire.settle();
    expect(drain(thirdReceiver)).toEqual(['to the new one']);
    expect(drain(receiver)).toEqual(['before', 'after']);
  });
});

describe('a slot that has ended', () => {
  it('leaves in order: all that it sent arrives, and nobody is alarmed', async () => {
    const { wire, left, right, sender, receiver, back, backReceiver } = await twoSlots();
    back.send(end);
    await wire.settle();
    expect(drain(backReceiver)).toEqual([end]);
    sender.send(batchOf('x'.repeat(100_000)));
    sender.send(end);
    await wire.during(left.channels.close());
    expect(drain(receiver)).toEqual(['x'.repeat(100_000), end]);
    back.send(batchOf('too late to matter'));
    await wire.during(right.channels.close());
    expect([...left.failures, ...right.failures]).toEqual([]);
  });

  it('does not wait for ever for a peer that does not close', async () => {
    const { wire, left, sender } = await twoSlots();
    sender.send(end);
    wire.sockets[0]?.pause();
    const closing = left.channels.close();
    await wire.settle();
    wire.machine.advance(30_000);
    await wire.during(closing);
    expect(left.failures).toEqual([]);
  });

  it('is an alarm to its peers when it has not ended its channels', async () => {
    const { wire, left, right } = await twoSlots();
    await wire.during(left.channels.close());
    expect(right.failures).toMatchObject([
      {
        code: 'worker-lost',
        message: expect.stringMatching(
          /^Slot 1 has lost slot 0 at here:\d+: it left before it had ended edge \d+\.$/,
        ),
      },
    ]);
  });
});

describe('a slot that is lost', () => {
  it('is noticed at once by its peers, which say who it was', async () => {
    const { wire, left, right } = await twoSlots();
    right.channels.destroy();
    await wire.settle();
    expect(left.failures).toMatchObject([
      {
        code: 'worker-lost',
        message: `Slot 0 has lost slot 1 at here:${right.channels.port}: it closed the connection.`,
        hint: expect.stringContaining('This attempt of the job ends here.'),
      },
    ]);
    expect(right.failures).toEqual([]);
  });

  it('is told of once, however many connections go with it', async () => {
    const { wire, slots } = await connectedSlots(3);
    const [first, second, third] = slots as [TestSlot, TestSlot, TestSlot];
    second.channels.destroy();
    third.channels.destroy();
    await wire.settle();
    expect(first.failures).toHaveLength(1);
  });
});

describe('a frame', () => {
  it('is an error of the connection when any byte of it was damaged, and nothing behind it is read', async () => {
    for (let at = 0; at < 40; at++) {
      const { wire, right, sender, receiver } = await twoSlots();
      wire.change = (bytes) => {
        const index = at % bytes.length;
        // The highest byte of the length: what it claims then is more than any frame has.
        return bytes.with(index, (bytes[index] as number) ^ (index === 3 ? 0x80 : 0x10));
      };
      sender.send(batchOf('damaged'));
      await wire.settle();
      wire.change = (bytes) => bytes;
      // Completes a frame that claims to be longer than it is.
      for (let i = 0; i < 4; i++) sender.send(batchOf('x'.repeat(2 ** 19)));
      await wire.settle();
      expect(drain(receiver)).toEqual([]);
      expect(right.failures).toHaveLength(1);
    }
  });

  it('is an error of the connection when a part of it was lost', async () => {
    const { wire, right, sender, receiver } = await twoSlots();
    wire.change = (bytes) => bytes.subarray(0, bytes.length - 1);
    sender.send(batchOf('cut'));
    await wire.settle();
    sender.send(batchOf('next'));
    await wire.settle();
    expect(drain(receiver)).toEqual([]);
    expect(right.failures).toMatchObject([
      { message: expect.stringContaining('the checksum of a frame is wrong') },
    ]);
  });

  it('is refused when it is of an older attempt than its sender has shown', async () => {
    const { wire, left, right, sender, receiver } = await twoSlots();
    left.channels.raiseAttempt(4);
    sender.send(batchOf('new'));
    await wire.settle();
    left.channels.raiseAttempt(3);
    sender.send(batchOf('old'));
    await wire.settle();
    expect(drain(receiver)).toEqual(['new']);
    expect(right.failures).toMatchObject([
      { message: expect.stringContaining('it sent a frame of attempt 3, and it is at 4') },
    ]);
  });

  it('is refused on an edge on which nobody receives', async () => {
    const { wire, slots } = await connectedSlots(2);
    const [left, right] = slots as [TestSlot, TestSlot];
    left.channels.sender(exchangeOf(keyedGraph(2)), 1, () => undefined).send(batchOf(1));
    await wire.settle();
    expect(right.failures).toMatchObject([{ message: expect.stringContaining('nobody receives on edge') }]);
  });

  it('of credit is refused when it gives back more than was used', async () => {
    const { wire, left, right, receiver, sender } = await twoSlots();
    sender.send(batchOf(1));
    await wire.settle();
    const edge = exchangeOf(keyedGraph(2));
    const other = right.channels.receiver({ ...edge, index: 99 }, 0, () => undefined);
    left.channels.sender({ ...edge, index: 99 }, 1, () => undefined).send(batchOf(2));
    await wire.settle();
    other.poll();
    left.channels.sender({ ...edge, index: 99 }, 1, () => undefined);
    receiver.poll();
    await wire.settle();
    expect(left.failures).toMatchObject([
      { message: expect.stringContaining('more credit came than was used on edge 99') },
    ]);
  });
});
