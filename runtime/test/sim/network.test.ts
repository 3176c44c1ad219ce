import { describe, expect, it } from 'vitest';
import { crashesAt, type FaultPlan, noFaults } from '../../sim/faults.ts';
import type { SimulatedNetwork } from '../../sim/network.ts';
import type { SimulatedProcess } from '../../sim/process.ts';
import type { World } from '../../sim/world.ts';
import type { Socket } from '../../src/sys/net.ts';
import { bytesOf, newWorld, settle, textOf } from './support.ts';

interface Ears {
  socket: Socket | undefined;
  heard: string;
  closed: string | undefined;
}

const listenTo = (ears: Ears, socket: Socket): void => {
  ears.socket = socket;
  socket.onData((bytes) => {
    ears.heard += textOf(bytes);
  });
  socket.onClose((error) => {
    ears.closed = error?.message ?? 'well';
  });
};

interface Rig {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly client: SimulatedProcess;
  readonly server: SimulatedProcess;
  readonly here: Ears;
  readonly there: Ears;
}

/** A client that has called a server, both on hosts of their own. */
const connected = async (seed = 1): Promise<Rig> => {
  const { world, network, start } = newWorld(seed);
  const [client, server] = [start('client'), start('server')];
  const [here, there]: Ears[] = [0, 1].map(() => ({ socket: undefined, heard: '', closed: undefined }));
  await Promise.all([
    server.system.net.listen({ host: '0.0.0.0', port: 80 }, (socket) => listenTo(there as Ears, socket)),
    settle(world),
  ]);
  const dial = client.system.net.connect({ host: 'server', port: 80, timeoutMs: 1000 });
  await settle(world);
  listenTo(here as Ears, await dial);
  return { world, network, client, server, here: here as Ears, there: there as Ears };
};

describe('a simulated connection', () => {
  it('carries bytes both ways in order, in parts of any size, and then its end', async () => {
    const { world, here, there } = await connected();
    let parts = 0;
    there.socket?.onData(() => parts++);
    there.socket?.onData((bytes) => {
      parts++;
      there.heard += textOf(bytes);
    });
    here.socket?.write(bytesOf('hello, '));
    here.socket?.write(bytesOf('this is the world'));
    there.socket?.write(bytesOf('back'));
    here.socket?.end();
    await settle(world);
    expect([here.heard, there.heard]).toEqual(['back', 'hello, this is the world']);
    expect([here.closed, there.closed]).toEqual(['well', 'well']);
    expect(parts).toBeGreaterThan(2);
  });

  it('is refused where nobody listens, and after whoever listened is gone', async () => {
    const { world, client, server } = await connected();
    const dial = (port: number): Promise<string> =>
      client.system.net.connect({ host: 'server', port, timeoutMs: 1000 }).then(
        () => 'connected',
        (error: Error) => error.message,
      );
    const wrong = dial(81);
    await settle(world);
    server.kill('test');
    const gone = dial(80);
    await settle(world);
    expect([await wrong, await gone]).toEqual(['ECONNREFUSED server:81', 'ECONNREFUSED server:80']);
  });

  it('holds data back while it is paused, and says when it has room again', async () => {
    const { world, here, there } = await connected();
    let drained = false;
    here.socket?.onDrain(() => {
      drained = true;
    });
    there.socket?.pause();
    expect(here.socket?.write(new Uint8Array(100_000))).toBe(false);
    await settle(world);
    expect([there.heard.length, drained, here.socket?.bufferedBytes]).toEqual([0, false, 100_000]);
    there.socket?.resume();
    await settle(world);
    expect([there.heard.length, drained, here.socket?.bufferedBytes]).toEqual([100_000, true, 0]);
  });
});

describe('the end of a process', () => {
  it('closes its connections when it is killed, after what it had written', async () => {
    const { world, here, there, client } = await connected();
    here.socket?.write(bytesOf('last words'));
    client.kill('test');
    await settle(world);
    expect([there.heard, there.closed, here.closed]).toEqual(['last words', 'well', undefined]);
  });

  it('is not noticed by anybody when its machine vanishes', async () => {
    const { world, there, client } = await connected();
    client.vanish('test');
    await settle(world);
    expect(there.closed).toBeUndefined();
  });

  it('comes at a write as at any other call', async () => {
    const { world, here, there, client } = await connected();
    world.faults = crashesAt({ call: world.calls.length + 1, when: 'before' });
    here.socket?.write(bytesOf('never sent'));
    await settle(world);
    expect([client.alive, there.heard, there.closed]).toEqual([false, '', 'well']);
  });
});

describe('a bad network', () => {
  it('may let nothing through in one direction, without a word, until it is healed', async () => {
    const { world, network, here, there } = await connected();
    network.cut('client', 'server');
    here.socket?.write(bytesOf('waits'));
    there.socket?.write(bytesOf('comes'));
    await settle(world);
    expect([here.heard, there.heard, there.closed]).toEqual(['comes', '', undefined]);
    network.heal();
    await settle(world);
    expect(there.heard).toBe('waits');
  });

  it('lets nobody connect across a cut', async () => {
    const { world, network, client } = await connected();
    network.cut('server', 'client');
    const dial = client.system.net.connect({ host: 'server', port: 80, timeoutMs: 1000 });
    dial.catch(() => undefined);
    await settle(world);
    await expect(dial).rejects.toThrow('ETIMEDOUT server:80');
  });

  it('may break a connection, which both ends hear', async () => {
    const { world, network, here, there } = await connected();
    network.resetOne();
    await settle(world);
    expect([here.closed, there.closed]).toEqual([
      'ECONNRESET server:80',
      expect.stringContaining('ECONNRESET'),
    ]);
  });

  it('may break a connection in the middle of a write', async () => {
    const { world, here, there } = await connected();
    const tearing: FaultPlan = { ...noFaults, judge: () => 'tear' };
    world.faults = tearing;
    here.socket?.write(bytesOf('halved'));
    await settle(world);
    expect('hal'.startsWith(there.heard)).toBe(true);
    expect(there.closed).toContain('ECONNRESET');
  });

  it('makes a stopped process miss nothing', async () => {
    const { world, here, there, server } = await connected();
    server.stop();
    here.socket?.write(bytesOf('later'));
    await settle(world);
    expect(there.heard).toBe('');
    server.continue();
    await settle(world);
    expect(there.heard).toBe('later');
  });
});
