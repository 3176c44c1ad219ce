/** Slots of one job joined by sockets in the memory of a test, on a wire that a test may listen in on, change and cut. */
import { TcpChannels, type TcpSettings } from '../../../src/exchange/tcp/tcp-channels.ts';
import type { Net, Socket } from '../../../src/sys/net.ts';
import { settle } from '../../../src/testing/settle.ts';
import { createTestSystem, type TestSystem } from '../../../src/testing/test-system.ts';

export const host = 'here';

/** Every socket that was opened by a call, the caller's end. */
export class Wire {
  readonly machine: TestSystem = createTestSystem();
  readonly sockets: Socket[] = [];
  /** What is sent instead of the bytes that a caller writes. */
  change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  /** How often a caller has written. */
  writes = 0;

  get system(): TcpSettings['system'] {
    const { net, hashing, timers } = this.machine.system;
    return { net: this.tapped(net), hashing, timers };
  }

  settle(): Promise<void> {
    return settle(this.machine);
  }

  /** Lets a promise come about that needs the timers to turn. */
  async during<T>(promise: Promise<T>): Promise<T> {
    const [result] = await Promise.allSettled([promise, this.settle()]);
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }

  private tapped(net: Net): Net {
    return {
      listen: net.listen,
      connect: async (address) => {
        const socket = await net.connect(address);
        this.sockets.push(socket);
        const write = socket.write.bind(socket);
        socket.write = (bytes) => {
          this.writes++;
          return write(this.change(bytes));
        };
        return socket;
      },
    };
  }
}

/** One slot, and what it has told of itself. */
export interface TestSlot {
  readonly channels: TcpChannels;
  readonly failures: Error[];
  readonly refusals: Error[];
}

export const listenOn = async (
  wire: Wire,
  slot: number,
  settings: Partial<TcpSettings> = {},
): Promise<TestSlot> => {
  const failures: Error[] = [];
  const refusals: Error[] = [];
  const channels = await wire.during(
    TcpChannels.listen(
      {
        system: wire.system,
        jobUid: 'orders',
        attempt: 3,
        slot,
        onFailed: (error) => void failures.push(error),
        onRefused: (error) => void refusals.push(error),
        ...settings,
      },
      host,
    ),
  );
  return { channels, failures, refusals };
};

/** Connects slots with each other: a slot's place in the list is its number. */
export const connectAll = async (wire: Wire, slots: readonly TestSlot[]): Promise<void> => {
  const addresses = slots.map(({ channels }, slot) => ({ slot, host, port: channels.port }));
  await wire.during(
    Promise.all(
      slots.map(({ channels }, own) => channels.connect(addresses.filter(({ slot }) => slot !== own))),
    ),
  );
};

/** So many slots, connected. */
export const connectedSlots = async (
  count: number,
  settings: Partial<TcpSettings> = {},
): Promise<{ readonly wire: Wire; readonly slots: readonly TestSlot[] }> => {
  const wire = new Wire();
  const slots: TestSlot[] = [];
  for (let slot = 0; slot < count; slot++) slots.push(await listenOn(wire, slot, settings));
  await connectAll(wire, slots);
  return { wire, slots };
};
