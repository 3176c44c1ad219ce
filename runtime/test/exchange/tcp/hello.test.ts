import { describe, expect, it } from 'vitest';
import { FrameWriter } from '../../../src/exchange/tcp/frames.ts';
import {
  callPeer,
  HelloKind,
  Purpose,
  protocolVersion,
  receivePeer,
} from '../../../src/exchange/tcp/hello.ts';
import type { Socket } from '../../../src/sys/net.ts';
import { nodeHashing } from '../../../src/sys/node-hashing.ts';
import { host, Wire } from './wire.ts';

/** A machine on which somebody listens who welcomes everybody with a name, and what it has heard. */
const reception = async (wire = new Wire()) => {
  const heard: string[] = [];
  const refused: string[] = [];
  const { port } = await wire.during(
    wire.system.net.listen({ host, port: 0 }, (socket) =>
      receivePeer(socket, {
        system: wire.system,
        purpose: Purpose.control,
        onHello: (payload, welcome) => {
          const name = payload.readText(payload.readCount(1));
          if (name === 'nobody') throw new Error('nobody is not welcome');
          welcome().onFrame = (kind, payload) => void heard.push(`${kind}: ${payload.remaining} bytes`);
          heard.push(name);
        },
        onRefused: (reason) => void refused.push(reason.message),
      }),
    ),
  );
  return { wire, port, heard, refused };
};

const call = (wire: Wire, port: number, name: string, purpose: Purpose = Purpose.control) =>
  callPeer({
    system: wire.system,
    address: { host, port },
    tls: undefined,
    purpose,
    peer: 'the coordinator',
    writeHello: (writer) => writer.writeSizedText(name),
    onWelcome: (connection) => {
      const frames = new FrameWriter(nodeHashing);
      frames.begin(9).writeBytes(new Uint8Array(100_000));
      frames.end();
      connection.write(frames.take());
    },
  });

/** Connects without a hello. */
const connectTo = (wire: Wire, port: number): Promise<Socket> =>
  wire.during(wire.system.net.connect({ host, port, timeoutMs: 1000 }));

describe('a hello', () => {
  it('opens a connection, on which frames may be long from then on', async () => {
    const { wire, port, heard, refused } = await reception();
    await wire.during(call(wire, port, 'worker 1'));
    await wire.settle();
    expect(heard).toEqual(['worker 1', '9: 100000 bytes']);
    expect(refused).toEqual([]);
  });

  it('is answered with the reason when it is not welcome', async () => {
    const { wire, port, refused } = await reception();
    await expect(wire.during(call(wire, port, 'nobody'))).rejects.toThrow(
      `No connection to the coordinator at here:${port}: nobody is not welcome.`,
    );
    expect(refused).toEqual(['nobody is not welcome']);
  });

  it('is refused where it was meant for another port', async () => {
    const { wire, port, refused } = await reception();
    await expect(wire.during(call(wire, port, 'worker 1', Purpose.channels))).rejects.toThrow(
      'it took this port for another one',
    );
    expect(refused).toHaveLength(1);
  });

  it('of another version of the protocol is refused, with both versions and what to do', async () => {
    const { wire, port } = await reception();
    const socket = await connectTo(wire, port);
    const frames = new FrameWriter(nodeHashing);
    const writer = frames.begin(HelloKind.hello);
    writer.writeSizedText('millrace');
    writer.writeVarint(protocolVersion + 1);
    frames.end();
    let answer = '';
    socket.onData((bytes) => {
      answer += new TextDecoder().decode(bytes);
    });
    socket.write(frames.take());
    await wire.settle();
    expect(answer).toContain('it speaks version 2 of the protocol, and this process version 1');
    expect(answer).toContain('run the same release of Millrace everywhere');
  });

  it.each([
    ['a browser', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: here\r\n\r\n')],
    ['nothing but zeros', new Uint8Array(100)],
  ])('is not %s', async (_, bytes) => {
    const { wire, port, refused } = await reception();
    const socket = await connectTo(wire, port);
    let isClosed = false;
    socket.onClose(() => {
      isClosed = true;
    });
    socket.write(bytes);
    await wire.settle();
    expect(isClosed).toBe(true);
    expect(refused).toHaveLength(1);
  });

  it('is short, whatever its length claims', async () => {
    const { wire, port, refused } = await reception();
    await expect(wire.during(call(wire, port, 'x'.repeat(5000)))).rejects.toThrow('it closed the connection');
    expect(refused).toEqual([expect.stringContaining('where 4096 are the most')]);
  });

  it('is not waited for longer than ten seconds', async () => {
    const { wire, port, refused } = await reception();
    await connectTo(wire, port);
    wire.machine.advance(10_000);
    expect(refused).toEqual(['it did not say who it is within 10 s']);
  });
});

describe('a peer that is called', () => {
  const listenSilently = async (answer?: Uint8Array) => {
    const wire = new Wire();
    const { port } = await wire.during(
      wire.system.net.listen({ host, port: 0 }, (socket) => {
        socket.onData(() => undefined);
        if (answer !== undefined) socket.write(answer);
      }),
    );
    return { wire, port };
  };

  it('is given up when it does not answer', async () => {
    const { wire, port } = await listenSilently();
    const calling = call(wire, port, 'worker 1').catch((error: unknown) => error);
    await wire.settle();
    wire.machine.advance(10_000);
    expect(await wire.during(calling)).toMatchObject({
      code: 'io',
      message: `No connection to the coordinator at here:${port}: it did not answer within 10 s.`,
    });
  });

  it('is given up when it answers with anything else', async () => {
    const frames = new FrameWriter(nodeHashing);
    frames.begin(77);
    frames.end();
    const { wire, port } = await listenSilently(frames.take());
    await expect(wire.during(call(wire, port, 'worker 1'))).rejects.toThrow(
      'it answered with a frame of kind 77',
    );
  });
});
