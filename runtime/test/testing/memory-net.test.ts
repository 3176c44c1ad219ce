import { describe, expect, it } from 'vitest';
import type { Socket } from '../../src/sys/net.ts';
import { settle } from '../../src/testing/settle.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';

/** Both ends of a new connection, and what each of them has heard. */
const pair = async () => {
  const machine = createTestSystem();
  const { net } = machine.system;
  const accepted: Socket[] = [];
  const listener = await net.listen({ host: 'here', port: 0 }, (socket) => void accepted.push(socket));
  const calling = net.connect({ host: 'here', port: listener.port, timeoutMs: 1000 });
  await settle(machine);
  const here = await calling;
  const [there] = accepted as [Socket];
  const events: string[] = [];
  for (const [name, socket] of Object.entries({ here, there })) {
    socket.onClose((error) => void events.push(`${name} closed ${error}`));
    socket.onDrain(() => void events.push(`${name} drained`));
  }
  const listen = (name: string, socket: Socket): void =>
    socket.onData((bytes) => void events.push(`${name} heard ${bytes.join()}`));
  return { machine, listener, here, there, events, listen, settle: () => settle(machine) };
};

describe('sockets in the memory of a test', () => {
  it('carry bytes both ways when the timers turn, and what comes early waits for a listener', async () => {
    const { here, there, events, listen, settle } = await pair();
    listen('there', there);
    here.write(Uint8Array.of(1, 2));
    there.write(Uint8Array.of(3));
    expect(events).toEqual([]);
    await settle();
    expect(events).toEqual(['there heard 1,2']);
    listen('here', here);
    await settle();
    expect(events).toEqual(['there heard 1,2', 'here heard 3']);
  });

  it('close both ends behind what was written', async () => {
    const { here, there, events, listen, settle } = await pair();
    listen('there', there);
    here.write(Uint8Array.of(1));
    here.end();
    here.write(Uint8Array.of(2));
    await settle();
    expect(events).toEqual(['there heard 1', 'here closed undefined', 'there closed undefined']);
    there.onClose(() => void events.push('told again'));
    await settle();
    expect(events.at(-1)).toBe('told again');
  });

  it('lose what is under way when they are destroyed', async () => {
    const { here, there, events, listen, settle } = await pair();
    listen('there', there);
    here.write(Uint8Array.of(1));
    here.destroy();
    await settle();
    expect(events).toEqual(['here closed undefined', 'there closed undefined']);
  });

  it('have enough at some size, and say when all has gone', async () => {
    const { here, there, events, listen, settle } = await pair();
    listen('there', there);
    there.pause();
    expect(here.write(new Uint8Array(1))).toBe(true);
    expect(here.write(new Uint8Array(100_000))).toBe(false);
    expect(here.bufferedBytes).toBe(100_001);
    await settle();
    expect(events).toEqual([]);
    there.resume();
    await settle();
    expect(events.at(-1)).toBe('here drained');
    expect(here.bufferedBytes).toBe(0);
  });

  it('find nobody where nobody listens, and no port twice', async () => {
    const { machine, listener } = await pair();
    const { net } = machine.system;
    const { port } = listener;
    await expect(net.listen({ host: 'here', port }, () => undefined)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await listener.close();
    const [calling] = await Promise.allSettled([
      net.connect({ host: 'here', port, timeoutMs: 1000 }),
      settle(machine),
    ]);
    expect(calling).toMatchObject({ status: 'rejected', reason: { code: 'ECONNREFUSED' } });
  });
});
