import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Listener, Socket, TlsSettings } from '../../src/sys/net.ts';
import { nodeNet } from '../../src/sys/node-net.ts';
import { identityOfJob, tlsOf } from '../support/certificates.ts';

const host = '127.0.0.1';
const opened: { destroy(): void }[] = [];
const listeners: Listener[] = [];

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  for (const listener of listeners.splice(0)) await listener.close();
});

/** A listener, the first socket that it is given, and the first peer that it turns away. */
const serve = async (tls?: TlsSettings) => {
  const accepted = Promise.withResolvers<Socket>();
  const refused = Promise.withResolvers<Error>();
  const listener = await nodeNet.listen({ host, port: 0, tls, onRefused: refused.resolve }, (socket) => {
    opened.push(socket);
    accepted.resolve(socket);
  });
  listeners.push(listener);
  return { listener, accepted: accepted.promise, refused: refused.promise };
};

const dial = async (port: number, tls?: TlsSettings): Promise<Socket> => {
  const socket = await nodeNet.connect({ host, port, tls, timeoutMs: 5000 });
  opened.push(socket);
  return socket;
};

/** Both ends of a new connection. */
const pair = async (tls?: TlsSettings) => {
  const { listener, accepted } = await serve(tls);
  const here = await dial(listener.port, tls);
  return { here, there: await accepted };
};

/** Everything that comes until the socket is closed. */
const allOf = (socket: Socket): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  socket.onData((bytes) => void parts.push(bytes));
  return new Promise((resolve) => socket.onClose(() => resolve(Buffer.concat(parts))));
};

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe.each([
  ['without TLS', undefined],
  ['with TLS', tlsOf('job')],
])('a connection of the real machine %s', (_, tls) => {
  it('carries bytes both ways, and all that was written before its end', async () => {
    const { here, there } = await pair(tls);
    const heardHere = allOf(here);
    const heardThere = allOf(there);
    there.write(text('back'));
    const large = Buffer.alloc(3_000_000, 'millrace');
    here.write(text('first '));
    here.write(large);
    here.end();
    expect((await heardThere).equals(Buffer.concat([text('first '), large]))).toBe(true);
    expect((await heardHere).toString()).toBe('back');
  });

  it('says how much waits to be sent, and when that is gone', async () => {
    const { here, there } = await pair(tls);
    let full = false;
    while (!full) full = !here.write(new Uint8Array(1 << 20));
    expect(here.bufferedBytes).toBeGreaterThan(0);
    const drained = new Promise<void>((resolve) => here.onDrain(resolve));
    there.onData(() => undefined);
    await drained;
    expect(here.bufferedBytes).toBe(0);
  });

  it('holds data back while it is paused', async () => {
    const { here, there } = await pair(tls);
    const heard: number[] = [];
    there.onData((bytes) => void heard.push(bytes.length));
    there.pause();
    here.write(text('held'));
    there.write(text('sent'));
    await new Promise<void>((resolve) => here.onData(() => resolve()));
    expect(heard).toEqual([]);
    there.resume();
    const all = allOf(there);
    here.end();
    expect((await all).toString()).toBe('held');
  });

  it('tells of its close once, also to whoever asks too late, and takes no more bytes', async () => {
    const { here, there } = await pair(tls);
    there.onData(() => undefined);
    const closed = new Promise((resolve) => there.onClose(resolve));
    here.destroy();
    expect(await closed).toBeUndefined();
    expect(await new Promise((resolve) => there.onClose(resolve))).toBeUndefined();
    expect(there.write(text('too late'))).toBe(true);
  });
});

describe('a listener of the real machine', () => {
  it('refuses a port that another has', async () => {
    const { listener } = await serve();
    const second = nodeNet.listen({ host, port: listener.port }, () => undefined);
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('frees its port when it is closed, and leaves open connections alone', async () => {
    const { listener, accepted } = await serve();
    const here = await dial(listener.port);
    const there = await accepted;
    await listener.close();
    await expect(dial(listener.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const heard = allOf(there);
    here.write(text('still here'));
    here.end();
    expect((await heard).toString()).toBe('still here');
  });
});

describe('a peer without the right certificate', () => {
  it('is named with what it showed, by whoever called it', async () => {
    const { listener } = await serve(tlsOf('other-job', identityOfJob));
    await expect(dial(listener.port, tlsOf('job'))).rejects.toMatchObject({
      code: 'io',
      message: `The peer 127.0.0.1:${listener.port} showed a certificate made out to “another-job”, “another.example” instead of “job-of-tests”.`,
    });
  });

  it('is turned away by whom it calls', async () => {
    const { listener, refused } = await serve(tlsOf('job'));
    const here = await dial(listener.port, tlsOf('other-job'));
    const closed = allOf(here);
    expect((await refused).message).toContain('“another-job”, “another.example” instead of “job-of-tests”');
    await closed;
  });

  it('is turned away when a stranger has signed it, though the name is right', async () => {
    const { listener, refused } = await serve(tlsOf('job'));
    const dialled = dial(listener.port, tlsOf('stranger'))
      .then(allOf)
      .catch(() => undefined);
    await refused;
    await dialled;
    const strange = await serve(tlsOf('stranger'));
    await expect(dial(strange.listener.port, tlsOf('job'))).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });

  it('is turned away when it shows none at all, or speaks without TLS', async () => {
    const first = await serve(tlsOf('job'));
    const { authority } = tlsOf('job');
    const nameless = connectTls({
      host,
      port: first.listener.port,
      ca: authority,
      checkServerIdentity: () => undefined,
    });
    nameless.on('error', () => undefined);
    opened.push(nameless);
    await first.refused;
    const second = await serve(tlsOf('job'));
    const plain = await dial(second.listener.port);
    plain.write(text('GET / HTTP/1.1\r\n\r\n'));
    await second.refused;
    await allOf(plain);
  });

  it('is turned away when it knows no TLS but an older one', async () => {
    const { listener, refused } = await serve(tlsOf('job'));
    const { certificate, key, authority } = tlsOf('job');
    const old = connectTls({
      host,
      port: listener.port,
      cert: certificate,
      key,
      ca: authority,
      maxVersion: 'TLSv1.2',
    });
    old.on('error', () => undefined);
    opened.push(old);
    expect((await refused).message).toContain('unsupported protocol');
  });
});

describe('a call that nobody answers', () => {
  it('is given up after its time', async () => {
    // It accepts connections and never says a word of TLS.
    const { listener } = await serve();
    const dialled = nodeNet.connect({ host, port: listener.port, tls: tlsOf('job'), timeoutMs: 20 });
    await expect(dialled).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
