import { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobEvent } from '../../../runtime/src/contract/control/events.ts';
import type { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { createNodeHttp } from '../../../runtime/src/sys/node-http.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { jobStatus } from '../../../runtime/test/coordinator/control/fake-control.ts';
import { type Served, serve, token } from '../../../runtime/test/coordinator/control/serve.ts';
import { identityOfJob, tlsOf } from '../../../runtime/test/support/certificates.ts';
import {
  type CoordinatorClient,
  type CoordinatorTrust,
  createCoordinatorClient,
  type Following,
} from '../../src/coordinators/coordinator-client.ts';

const nodeHttp = createNodeHttp();

const fingerprint = `sha256:${new X509Certificate(tlsOf('job').certificate).fingerprint256.replaceAll(':', '').toLowerCase()}`;

const system = { http: nodeHttp };
const clientOf = (port: number, trust: CoordinatorTrust): CoordinatorClient =>
  createCoordinatorClient(system, { host: '127.0.0.1', port }, trust);

const serveSafely = (): Promise<Served> =>
  serve({ token: undefined, tls: tlsOf('job'), clientName: identityOfJob });

/** What a client is told, in order, and a promise for each time that it is told something. */
const follow = (client: CoordinatorClient) => {
  const told: (JobEvent | MillraceError)[] = [];
  let wake = (): void => undefined;
  const tell = (what: JobEvent | MillraceError): void => {
    told.push(what);
    wake();
  };
  const following: Following = client.follow({ onEvent: tell, onEnded: tell });
  onTestFinished(() => following.close());
  const until = async (length: number): Promise<void> => {
    while (told.length < length)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { told, until, following };
};

describe('a coordinator that is dialled', () => {
  it('answers who shows the right certificate and knows its own', async () => {
    const { server, fake } = await serveSafely();
    const client = clientOf(server.port, { fingerprint, identity: () => tlsOf('job') });
    expect(await client.ask('getStatus', {})).toEqual(jobStatus);
    await client.ask('setParallelism', { parallelism: 3, sequence: 4 });
    expect(fake.asked.at(-1)).toEqual({
      operation: 'setParallelism',
      request: { parallelism: 3, sequence: 4 },
    });
  });

  it('is told nothing when it is somebody else', async () => {
    const { server, fake } = await serveSafely();
    const wrong = `sha256:${'0'.repeat(64)}`;
    const client = clientOf(server.port, { fingerprint: wrong, identity: () => tlsOf('job') });
    await expect(client.ask('cancel', {})).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(/shows the certificate sha256:\w+, not sha256:0+: it is somebody else/),
    });
    const { told, until } = follow(client);
    await until(1);
    expect(told).toEqual([expect.objectContaining({ code: 'io' })]);
    expect(fake.asked).toEqual([]);
  });

  it('refuses who has no certificate that its authority has signed', async () => {
    const { server, fake } = await serveSafely();
    const client = clientOf(server.port, { fingerprint, identity: () => tlsOf('stranger') });
    await expect(client.ask('getStatus', {})).rejects.toMatchObject({ code: 'not-authorized' });
    const { told, until } = follow(client);
    await until(1);
    expect(told).toEqual([expect.objectContaining({ code: 'not-authorized' })]);
    expect(fake.asked).toEqual([]);
  });

  it('answers to the next certificate of the operator when its authority has changed', async () => {
    const { server } = await serveSafely();
    const { certificates, clock } = createNodeSystem();
    const valid = { fromMs: clock.nowMs() - 60_000, untilMs: clock.nowMs() + 60_000 };
    const next = certificates.createAuthority('operator', valid);
    const identity = certificates.issue({ subject: 'operator', uris: [identityOfJob] }, valid, next);
    const client = clientOf(server.port, { fingerprint, identity: () => identity });
    await expect(client.ask('getStatus', {})).rejects.toMatchObject({ code: 'not-authorized' });
    server.setTls({ ...tlsOf('job'), authority: tlsOf('job').authority + next.certificate });
    expect(await client.ask('getStatus', {})).toEqual(jobStatus);
    const before = clientOf(server.port, { fingerprint, identity: () => tlsOf('job') });
    expect(await before.ask('getStatus', {})).toEqual(jobStatus);
  });

  it('may be asked with a token on this machine', async () => {
    const { server } = await serve();
    expect(await clientOf(server.port, { token }).ask('getStatus', {})).toEqual(jobStatus);
  });

  it('says what it refuses, and nobody there is an error with the address', async () => {
    const { server, fake } = await serve();
    fake.refuseWith('conflict', 'A newer wish is there.');
    const client = clientOf(server.port, { token });
    await expect(client.ask('getStatus', {})).rejects.toMatchObject({
      code: 'conflict',
      message: 'A newer wish is there.',
    });
    await server.close();
    await expect(client.ask('getStatus', {})).rejects.toMatchObject({
      code: 'io',
      where: { coordinator: `http://127.0.0.1:${server.port}` },
    });
  });
});

describe('a job that is followed', () => {
  it('shows its whole status first, and then what happens to it', async () => {
    const { server, fake } = await serveSafely();
    const client = clientOf(server.port, { fingerprint, identity: () => tlsOf('job') });
    const { told, until } = follow(client);
    await until(1);
    fake.change(5);
    fake.change(6);
    await until(3);
    expect(told).toEqual(
      [1000, 5, 6].map((sinceMs) => ({ type: 'status', status: { ...jobStatus, sinceMs } })),
    );
  });

  it('says once that its coordinator is gone', async () => {
    const { server } = await serve();
    const { told, until } = follow(clientOf(server.port, { token }));
    await until(1);
    await server.close();
    await until(2);
    expect(told[1]).toMatchObject({ code: 'io' });
  });

  it('is not told of any more once that is not wanted', async () => {
    const { server, fake } = await serve();
    const { told, until, following } = follow(clientOf(server.port, { token }));
    await until(1);
    following.close();
    following.close();
    fake.change(5);
    await server.close();
    expect(told).toHaveLength(1);
  });

  it('may be of a newer version, but not of nonsense', async () => {
    const text = [{ type: 'weather', sun: true }, { type: 'status', status: jobStatus }, { type: 'status' }]
      .map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`)
      .join(':\n\n');
    const server = await nodeHttp.listen(
      ((_request: never, response: ServerResponse) => response.end(text)) as never,
      { host: '127.0.0.1', port: 0 },
    );
    onTestFinished(() => server.close());
    const { told, until } = follow(clientOf(server.port, { token }));
    await until(2);
    expect(told).toEqual([
      { type: 'status', status: jobStatus },
      expect.objectContaining({ message: expect.stringContaining('an event “status” of it is not what') }),
    ]);
  });
});
