import { X509Certificate } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KeyedCertificate } from '../../../src/sys/certificates.ts';
import type { Socket } from '../../../src/sys/net.ts';
import { nodeCertificates } from '../../../src/sys/node-certificates.ts';
import { nodeNet } from '../../../src/sys/node-net.ts';
import { PodIdentity, type PodOfJob } from '../../../src/worker/remote/pod-identity.ts';

const hourMs = 3_600_000;
/** What TLS itself goes by. */
const nowMs = Date.now();
const authority = nodeCertificates.createAuthority('job', {
  fromMs: nowMs - 100 * hourMs,
  untilMs: nowMs + 100 * hourMs,
});

/** A pod whose clock is wrong by so much, until the test sets it. */
const podWith = (aheadMs: number, more: Partial<PodOfJob> = {}, signer: KeyedCertificate = authority) => {
  const clock = { aheadMs, nowMs: () => nowMs + clock.aheadMs, monotonicMs: () => 0 };
  const pod: PodOfJob = { jobUid: 'orders', role: 'worker', podUid: 'p1', ...more };
  return { clock, identity: new PodIdentity({ certificates: nodeCertificates, clock }, signer, pod) };
};

/** A coordinator that listens, who calls it first, and whom it turns away. */
const listen = async (identity: PodIdentity) => {
  const first = Promise.withResolvers<Socket>();
  const refused: Error[] = [];
  const listener = await nodeNet.listen(
    { host: '127.0.0.1', port: 0, tls: identity, onRefused: (error) => refused.push(error) },
    (socket) => first.resolve(socket),
  );
  onTestFinished(() => listener.close());
  return { first: first.promise, refused, port: listener.port };
};

const call = async (port: number, tls: PodIdentity): Promise<Socket> => {
  const socket = await nodeNet.connect({ host: '127.0.0.1', port, tls, timeoutMs: 10_000 });
  onTestFinished(() => socket.destroy());
  return socket;
};

describe('the certificate of a pod', () => {
  it('says of which job it is, what it does there, and which pod it is', () => {
    const { identity } = podWith(0);
    expect(new X509Certificate(identity.certificate).subjectAltName).toBe(
      'URI:orders, URI:millrace://job/orders/worker/p1',
    );
    expect(identity.peerIdentity).toBe('orders');
  });

  it.each([-hourMs, hourMs])('is believed although clocks differ by %i ms', async (aheadMs) => {
    const coordinator = await listen(podWith(0, { role: 'coordinator' }).identity);
    const socket = await call(coordinator.port, podWith(aheadMs).identity);
    expect(socket.peerIdentity).toBe('orders');
  });

  it('of another job is not believed, nor one that another authority has signed', async () => {
    const { identity } = podWith(0, { jobUid: 'payments' });
    const coordinator = await listen(identity);
    await expect(call(coordinator.port, podWith(0).identity)).rejects.toThrow('made out to “payments”');
    const stranger = nodeCertificates.createAuthority('job', {
      fromMs: nowMs - hourMs,
      untilMs: nowMs + hourMs,
    });
    const strange = await listen(podWith(0, {}, stranger).identity);
    await expect(call(strange.port, podWith(0).identity)).rejects.toThrow(/certificate/);
  });

  it('is signed anew after half of its time, together with its key', () => {
    const { clock, identity } = podWith(0);
    const [first, firstKey] = [identity.certificate, identity.key];
    clock.aheadMs = 12 * hourMs - 1;
    expect([identity.certificate, identity.key]).toEqual([first, firstKey]);
    clock.aheadMs = 12 * hourMs;
    const [next, nextKey] = [identity.certificate, identity.key];
    expect(next).not.toBe(first);
    expect(nextKey).not.toBe(firstKey);
    expect(identity.certificate).toBe(next);
  });

  it('is renewed where a coordinator listens, and its connections go on', async () => {
    // Made so long ago that it is over by now.
    const { clock, identity } = podWith(-30 * hourMs, { role: 'coordinator' });
    const coordinator = await listen(identity);
    clock.aheadMs = -15 * hourMs;
    const before = await call(coordinator.port, podWith(0).identity);
    clock.aheadMs = 0;
    const after = await call(coordinator.port, podWith(0).identity);
    const { promise, resolve } = Promise.withResolvers<string>();
    before.onData((bytes) => resolve(new TextDecoder().decode(bytes)));
    (await coordinator.first).write(new TextEncoder().encode('still here'));
    expect(await promise).toBe('still here');
    expect(after.peerIdentity).toBe('orders');
    expect(coordinator.refused).toEqual([]);
  });
});
