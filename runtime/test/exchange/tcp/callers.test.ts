import { describe, expect, it } from 'vitest';
import { callPeer, Purpose } from '../../../src/exchange/tcp/hello.ts';
import type { TcpSettings } from '../../../src/exchange/tcp/tcp-channels.ts';
import { batchOf, drain, exchangeOf, keyedGraph } from '../slots.ts';
import { connectedSlots, host, listenOn, type TestSlot } from './wire.ts';

describe('a caller', () => {
  const calling = async (mine: Partial<TcpSettings>, theirs: Partial<TcpSettings> = {}, slot = 1) => {
    const { wire, slots } = await connectedSlots(1, mine);
    const [caller] = slots as [TestSlot];
    const called = await listenOn(wire, 1, theirs);
    const address = { slot, host, port: called.channels.port };
    const failure = await wire.during(caller.channels.connect([address])).catch((error: unknown) => error);
    await wire.settle();
    return { failure, called };
  };

  it.each([
    ['of an older attempt', { attempt: 2 }, 'attempt 2 is over: it is at attempt 3'],
    ['of an attempt that nobody has announced', { attempt: 4 }, 'it is at attempt 3 and knows nothing of 4'],
    ['of another job', { jobUid: 'bids' }, 'it belongs to the job orders, not to bids'],
  ])('%s is turned away, counted, and told why', async (_, mine, why) => {
    const { failure, called } = await calling(mine);
    expect(failure).toMatchObject({
      code: 'io',
      message: `No connection to slot 1 at here:${called.channels.port}: ${why}.`,
    });
    expect(called.refusals).toMatchObject([{ message: expect.stringContaining(why) }]);
    expect(called.channels.refused).toBe(1);
    expect(called.failures).toEqual([]);
  });

  it('that looks for another slot is turned away', async () => {
    const { failure } = await calling({}, {}, 2);
    expect(failure).toMatchObject({ message: expect.stringContaining('it is slot 1, not slot 2') });
  });

  it('that should wait to be called is turned away', async () => {
    const { wire, slots } = await connectedSlots(1);
    const [called] = slots as [TestSlot];
    const call = callPeer({
      system: wire.system,
      address: { host, port: called.channels.port },
      tls: undefined,
      purpose: Purpose.channels,
      peer: 'slot 0',
      writeHello: (writer) => {
        writer.writeSizedText('orders');
        for (const number of [3, 7, 0]) writer.writeVarint(number);
      },
      onWelcome: () => undefined,
    });
    await expect(wire.during(call)).rejects.toThrow('slot 7 is not to call, but to be called');
  });

  it('that is connected already is turned away, and the first connection stays', async () => {
    const { wire, slots } = await connectedSlots(2);
    const [left, right] = slots as [TestSlot, TestSlot];
    const edge = exchangeOf(keyedGraph(2));
    const sender = left.channels.sender(edge, 1, () => undefined);
    const receiver = right.channels.receiver(edge, 0, () => undefined);
    const again = await listenOn(wire, 0);
    const address = { slot: 1, host, port: right.channels.port };
    await expect(wire.during(again.channels.connect([address]))).rejects.toThrow(
      'slot 0 is connected already',
    );
    sender.send(batchOf('still here'));
    await wire.settle();
    expect(drain(receiver)).toEqual(['still here']);
    expect(left.failures).toEqual([]);
  });

  it('of the next attempt is welcome once that was announced', async () => {
    const { wire, slots } = await connectedSlots(1, { attempt: 4 });
    const [next] = slots as [TestSlot];
    const old = await listenOn(wire, 1);
    old.channels.expectAttempt(4);
    await wire.during(next.channels.connect([{ slot: 1, host, port: old.channels.port }]));
    expect(old.refusals).toEqual([]);
    old.channels.raiseAttempt(4);
    const late = await listenOn(wire, 0);
    const calling = late.channels.connect([{ slot: 1, host, port: old.channels.port }]);
    await expect(wire.during(calling)).rejects.toThrow('attempt 3 is over: it is at attempt 4');
  });

  it('that never calls is missed by name', async () => {
    const { wire, slots } = await connectedSlots(1, { slot: 1 });
    const [waiting] = slots as [TestSlot];
    const missing = waiting.channels.connect([{ slot: 0, host, port: 1 }]).catch((error: unknown) => error);
    await wire.settle();
    wire.machine.advance(10_000);
    expect(await wire.during(missing)).toMatchObject({
      code: 'io',
      message: 'Slot 0 has not called slot 1 within 10 s.',
    });
  });

  it('that finds nobody says where it has looked', async () => {
    const { wire, slots } = await connectedSlots(1);
    const [caller] = slots as [TestSlot];
    await expect(wire.during(caller.channels.connect([{ slot: 1, host, port: 1 }]))).rejects.toThrow(
      'No connection to slot 1 at here:1: connect to here:1: ECONNREFUSED.',
    );
  });
});
