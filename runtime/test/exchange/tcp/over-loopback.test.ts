import { afterEach, describe, expect, it } from 'vitest';
import { callControl, listenForControl } from '../../../src/exchange/tcp/control-calls.ts';
import type { ControlLink } from '../../../src/exchange/tcp/control-link.ts';
import { TcpChannels } from '../../../src/exchange/tcp/tcp-channels.ts';
import type { TlsSettings } from '../../../src/sys/net.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { tlsOf } from '../../support/certificates.ts';
import { batchOf, exchangeOf, keyedGraph } from '../slots.ts';

const host = '127.0.0.1';
const open: TcpChannels[] = [];

afterEach(() => {
  for (const channels of open.splice(0)) channels.destroy();
});

const listen = async (slot: number, tls: TlsSettings | undefined, onFailed: (error: Error) => void) => {
  const settings = { system: createNodeSystem(), jobUid: 'orders', attempt: 1, slot, tls, onFailed };
  const channels = await TcpChannels.listen(settings, host);
  open.push(channels);
  return channels;
};

/** Two slots with real sockets between them. */
const pair = async (tls?: TlsSettings) => {
  const failed = Promise.withResolvers<Error>();
  const left = await listen(0, tls, failed.resolve);
  const right = await listen(1, tls, failed.resolve);
  await Promise.all([
    left.connect([{ slot: 1, host, port: right.port }]),
    right.connect([{ slot: 0, host, port: left.port }]),
  ]);
  return { left, right, failed: failed.promise };
};

describe.each([
  ['without TLS', undefined],
  ['with TLS', tlsOf('job')],
])('channels over real sockets %s', (_, tls) => {
  it('carry everything in order under credit, and end in order', async () => {
    const { left, right, failed } = await pair(tls);
    const edge = exchangeOf(keyedGraph(2));
    const received: unknown[] = [];
    const ended = Promise.withResolvers<void>();
    const receiver = right.receiver(edge, 0, () => {
      for (let element = receiver.poll(); element !== undefined; element = receiver.poll()) {
        if (element.kind === 'batch') received.push(...element.rows().slice(0, element.length));
        if (element.kind === 'end') ended.resolve();
      }
    });
    const count = 300;
    let next = 0;
    const send = (): void => {
      while (next < count && sender.hasCredit()) {
        sender.send(batchOf(next, `${next}`.repeat(10_000)));
        next++;
        left.pump();
      }
      if (next === count) sender.send({ kind: 'end', drained: true });
      left.sleep(() => undefined);
    };
    const sender = left.sender(edge, 1, send);
    send();
    await Promise.race([ended.promise, failed.then((error) => Promise.reject(error))]);
    expect(received).toEqual(Array.from({ length: count }, (_, i) => [i, `${i}`.repeat(10_000)]).flat());
    await Promise.all([left.close(), right.close()]);
  });

  it('notice at once that a process is gone', async () => {
    const { left, failed } = await pair(tls);
    left.destroy();
    expect((await failed).message).toMatch(/^Slot 1 has lost slot 0 at 127\.0\.0\.1:\d+: /);
  });
});

describe('a process with the certificate of another job', () => {
  it('is not spoken to', async () => {
    const left = await listen(0, tlsOf('job'), () => undefined);
    const right = await listen(1, tlsOf('other-job'), () => undefined);
    await expect(left.connect([{ slot: 1, host, port: right.port }])).rejects.toThrow(
      'showed a certificate made out to “another-job”, “another.example” instead of “job-of-tests”',
    );
  });
});

describe.each([
  ['without TLS', undefined],
  ['with TLS', tlsOf('job')],
])('a control link over real sockets %s', (_, tls) => {
  it('carries messages both ways, and tells when the peer is gone', async () => {
    const system = createNodeSystem();
    const linked = Promise.withResolvers<ControlLink>();
    const settings = { system, jobUid: 'orders', tls };
    const { port, close } = await listenForControl({
      ...settings,
      host,
      port: 0,
      onLink: linked.resolve,
      onRefused: linked.reject,
    });
    const address = { host, port };
    const worker = await callControl({ ...settings, address, name: 'worker 7', peer: 'the coordinator' });
    const coordinator = await linked.promise;
    coordinator.listen({
      onMessage: (message) => coordinator.send({ echo: message }),
      onClosed: () => undefined,
    });
    const answer = Promise.withResolvers<unknown>();
    const closed = Promise.withResolvers<Error | undefined>();
    worker.listen({ onMessage: answer.resolve, onClosed: closed.resolve });
    worker.send(new Map([[1, 'one']]));
    expect(await answer.promise).toEqual({ echo: new Map([[1, 'one']]) });
    coordinator.destroy();
    expect((await closed.promise)?.message).toContain('The link to the coordinator at 127.0.0.1');
    await close();
  });
});
