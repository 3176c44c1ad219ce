import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyedCertificate } from '../../src/sys/certificates.ts';
import type { TlsSettings } from '../../src/sys/net.ts';
import { nodeCertificates } from '../../src/sys/node-certificates.ts';
import { nodeNet } from '../../src/sys/node-net.ts';

const hourMs = 3_600_000;
const nowMs = Date.now();
const valid = { fromMs: nowMs - hourMs, untilMs: nowMs + hourMs };
const names = {
  subject: 'a pod',
  uris: ['millrace://job/7/worker/9', 'orders'],
  hosts: ['millrace-coordinator'],
};

const { createAuthority, issue, fingerprint } = nodeCertificates;
const read = ({ certificate }: KeyedCertificate): X509Certificate => new X509Certificate(certificate);

describe('a certificate that is made here', () => {
  it('says to whom it is made out, how long it is good, and what for', () => {
    const made = read(issue(names, valid));
    expect(made.subjectAltName).toBe('URI:millrace://job/7/worker/9, URI:orders, DNS:millrace-coordinator');
    expect([made.subject, made.issuer, made.ca]).toEqual(['CN=a pod', 'CN=a pod', false]);
    const second = (timeMs: number): number => Math.floor(timeMs / 1000) * 1000;
    expect([made.validFromDate.getTime(), made.validToDate.getTime()]).toEqual(
      [valid.fromMs, valid.untilMs].map(second),
    );
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('goes with its key, and no other', () => {
    const [one, other] = [issue(names, valid), issue(names, valid)];
    expect(read(one).checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(read(one).checkPrivateKey(createPrivateKey(other.key))).toBe(false);
  });

  it('is signed by its authority, and by no other of the same name', () => {
    const [authority, other] = [createAuthority('jobs', valid), createAuthority('jobs', valid)];
    const made = read(issue(names, valid, authority));
    expect(made.issuer).toBe('CN=jobs');
    expect(read(authority).ca).toBe(true);
    expect(made.checkIssued(read(authority))).toBe(true);
    expect(made.verify(read(authority).publicKey)).toBe(true);
    expect(made.checkIssued(read(other))).toBe(false);
    expect(made.verify(read(other).publicKey)).toBe(false);
  });

  it('may be good beyond the year 2049', () => {
    const untilMs = Date.UTC(2061, 1, 3, 4, 5, 6);
    expect(read(issue(names, { ...valid, untilMs })).validToDate.getTime()).toBe(untilMs);
  });

  it('has names of any length, and a number of its own', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,2000}$/), (name) => {
        expect(read(issue({ subject: 'x', uris: [name] }, valid)).subjectAltName).toBe(`URI:${name}`);
      }),
      { numRuns: 10 },
    );
    const numbers = Array.from({ length: 20 }, () => read(issue(names, valid)).serialNumber);
    expect(new Set(numbers).size).toBe(20);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('is known by the hash of its bytes', () => {
    const made = issue(names, valid);
    expect(fingerprint(made.certificate)).toBe(
      `sha256:${createHash('sha256').update(read(made).raw).digest('hex')}`,
    );
    expect(() => fingerprint('nothing')).toThrow('PEM');
  });

  it('cannot be signed by what is no authority', () => {
    expect(() => issue(names, valid, { certificate: 'nothing', key: 'nothing' })).toThrow('PEM');
  });
});

describe('processes that have signed their own certificates', () => {
  const authority = createAuthority('jobs', valid);
  const pod = (signer: KeyedCertificate, more = valid): TlsSettings => ({
    ...issue(names, more, signer),
    authority: authority.certificate,
    peerIdentity: 'orders',
  });

  const meet = async (server: TlsSettings, client: TlsSettings): Promise<string | undefined> => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const at = { host: '127.0.0.1', port: 0, tls: server, onRefused: () => resolve('refused') };
    const listener = await nodeNet.listen(at, (socket) => {
      resolve(socket.peerIdentity);
      socket.end();
    });
    const calling = nodeNet.connect({ host: '127.0.0.1', port: listener.port, tls: client, timeoutMs: 5000 });
    // Which of the two notices first is up to the network.
    calling.then(
      (socket) => socket.onClose(() => undefined),
      () => resolve('refused'),
    );
    return await promise.finally(() => void listener.close());
  };

  it('believe each other when one authority stands behind both', async () => {
    expect(await meet(pod(authority), pod(authority))).toBe('orders');
  });

  it('believe nobody with another authority of that name, and none that is over', async () => {
    const stranger = createAuthority('jobs', valid);
    expect(await meet(pod(authority), pod(stranger))).toBe('refused');
    const over = { fromMs: nowMs - 2 * hourMs, untilMs: nowMs - hourMs };
    expect(await meet(pod(authority), pod(authority, over))).toBe('refused');
  });
});
