import { describe, expect, it } from 'vitest';
import { createNodeHttp } from '../../../src/sys/node-http.ts';
import { nodeNet } from '../../../src/sys/node-net.ts';
import { identityOfJob, tlsOf } from '../../support/certificates.ts';
import { parsePrometheus } from '../../telemetry/prometheus-parser.ts';
import { type Served, serve, token } from './serve.ts';

const nodeHttp = createNodeHttp();

/** What the server says to a raw request. */
const raw = async ({ server }: Served, text: string): Promise<string> => {
  const socket = await nodeNet.connect({ host: '127.0.0.1', port: server.port, timeoutMs: 5000 });
  let answer = '';
  socket.onData((bytes) => {
    answer += Buffer.from(bytes).toString();
  });
  socket.write(Buffer.from(text));
  await new Promise<void>((closed) => socket.onClose(() => closed()));
  return answer;
};

describe('who may ask', () => {
  it('is whoever has the token, and nobody else', async () => {
    const { ask, fake } = await serve();
    for (const authorization of [
      '',
      'Bearer',
      `bearer ${token}`,
      `Bearer ${token}x`,
      `Basic ${token}`,
      token,
    ]) {
      const answer = await ask('/v1/cancel', { method: 'POST', headers: { authorization } });
      expect(answer.json).toMatchObject({ status: 401, code: 'not-authorized' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const path of ['/v1/events', '/metrics', '/v1/openapi.json', '/nothing'])
      expect((await ask(path, { headers: { authorization: 'Bearer no' } })).status).toBe(401);
    expect(fake.asked).toEqual([]);
    expect((await ask('/v1/status')).status).toBe(200);
  });

  it('is whoever shows the right certificate, and nobody else', async () => {
    const { server } = await serve({ token: undefined, tls: tlsOf('job'), clientName: identityOfJob });
    const statusFor = async (name: 'job' | 'other-job' | undefined): Promise<number> => {
      const url = `https://127.0.0.1:${server.port}/v1/status`;
      const { authority } = tlsOf('job');
      const tls = name === undefined ? { authority } : tlsOf(name);
      const call = { method: 'get', url, headers: {}, timeoutMs: 10_000, mostBytes: 10_000 };
      return (await nodeHttp.request({ ...call, tls, peerIdentity: identityOfJob })).status;
    };
    expect(await statusFor('job')).toBe(200);
    expect(await statusFor('other-job')).toBe(401);
    expect(await statusFor(undefined)).toBe(401);
  });

  it('are programs of this machine when nothing is said, but no page of the web under a name of its own', async () => {
    const served = await serve({ token: undefined });
    const get = (host: string) =>
      raw(served, `GET /v1/status HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    for (const host of ['localhost', 'LOCALHOST:80', `127.0.0.1:${served.server.port}`, '[::1]:1'])
      expect(await get(host)).toMatch(/^HTTP\/1\.1 200 /);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', ''])
      expect(await get(host)).toMatch(/^HTTP\/1\.1 40[01] /);
  });

  it('is never everybody: such a server does not start', async () => {
    await expect(serve({ token: undefined, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'manifest-invalid',
      hint: expect.stringContaining('token'),
    });
    await expect(serve({ clientName: 'operator' })).rejects.toThrow(/need TLS/);
  });
});

describe('who asks too much', () => {
  it('is told to wait, and is served again later', async () => {
    const { ask, machine } = await serve({ rateLimit: { burst: 3, perSecond: 2 } });
    const statuses = async (count: number): Promise<number[]> =>
      (await Promise.all(Array.from({ length: count }, () => ask('/v1/status')))).map(({ status }) => status);
    expect((await statuses(5)).toSorted()).toEqual([200, 200, 200, 429, 429]);
    const refused = await ask('/v1/status');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.json).toMatchObject({ code: 'too-many-requests' });
    machine.advance(1000);
    expect((await statuses(3)).toSorted()).toEqual([200, 200, 429]);
  });

  it('cannot guess tokens faster than that', async () => {
    const { ask } = await serve({ rateLimit: { burst: 2, perSecond: 1 } });
    const guess = async (): Promise<number> =>
      (await ask('/v1/status', { headers: { authorization: 'Bearer guess' } })).status;
    expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429]);
  });

  it('does not keep probes from being answered', async () => {
    const { ask } = await serve({ rateLimit: { burst: 1, perSecond: 1 } });
    await ask('/v1/status');
    for (let i = 0; i < 5; i++) expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('who dawdles or exaggerates', () => {
  const limits = { headersTimeoutMs: 50, requestTimeoutMs: 100, mostHeaderBytes: 4096, mostConnections: 10 };

  it('with headers is hung up on, and others are served meanwhile', async () => {
    const served = await serve({ limits });
    const slow = raw(served, 'GET /v1/status HTTP/1.1\r\nhost: a\r\nx-slow: ');
    expect((await served.ask('/v1/status')).status).toBe(200);
    expect(await slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(await raw(served, `GET / HTTP/1.1\r\nx: ${'y'.repeat(5000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('with a body is hung up on, and the job hears nothing of it', async () => {
    const served = await serve({ limits });
    const head = `POST /v1/cancel HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n`;
    await raw(served, `${head}content-type: application/json\r\ncontent-length: 20\r\n\r\n{"a":`);
    expect(served.fake.asked).toEqual([]);
  });
});

describe('probes and metrics', () => {
  it('tell whether the process lives and whether the job can be relied on, to whoever asks', async () => {
    const { ask, fake } = await serve();
    const anonymous = { headers: { authorization: '' } };
    expect((await ask('/healthz', anonymous)).json).toEqual({ alive: true });
    expect((await ask('/readyz', anonymous)).json).toEqual({ ready: true });
    fake.reason = 'The job is being deployed.';
    expect((await ask('/healthz', anonymous)).status).toBe(200);
    expect((await ask('/readyz', anonymous)).json).toMatchObject({ status: 503, detail: fake.reason });
  });

  it('are read by Prometheus', async () => {
    const { ask } = await serve();
    const { text, headers } = await ask('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(parsePrometheus(text).get('millrace_num_records_in_total')?.samples).toEqual([
      { name: 'millrace_num_records_in_total', labels: { job: 'shop', slot: '0' }, value: 42 },
    ]);
  });

  it('may have a port of their own, without a token, on which there is nothing else', async () => {
    const { server } = await serve({ probes: { host: '127.0.0.1', port: 0 } });
    const get = async (path: string) => fetch(`http://127.0.0.1:${server.probesPort}${path}`);
    expect((await get('/metrics')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/v1/status')).status).toBe(404);
  });
});

describe('whoever can reach the inside of a pod', () => {
  it('may look at the job without a token, sees no records, and changes nothing', async () => {
    const { server, fake } = await serve({ live: { host: '127.0.0.1', port: 0 } });
    const statusOf = async (path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${server.livePort}${path}`, { method })).status;
    expect(await statusOf('/v1/status')).toBe(200);
    expect(await statusOf('/v1/tasks')).toBe(200);
    expect(await statusOf('/metrics')).toBe(200);
    fake.asked.splice(0);
    for (const path of ['/v1/cancel', '/v1/stop', '/v1/savepoints'])
      expect(await statusOf(path, 'POST')).toBeGreaterThanOrEqual(404);
    expect(fake.asked).toEqual([]);
  });

  it('is nobody from outside: it listens on addresses of its own machine only', async () => {
    await expect(serve({ live: { host: '0.0.0.0', port: 0 } })).rejects.toMatchObject({
      code: 'manifest-invalid',
    });
  });
});

describe('a server', () => {
  it('says what to do when its port is taken, and leaves nothing behind', async () => {
    const first = await serve();
    await expect(serve({ port: first.server.port })).rejects.toMatchObject({
      code: 'io',
      hint: 'Give another port, or 0 for a free one.',
    });
    const at = { host: '127.0.0.1', port: first.server.port };
    await expect(serve({ probes: at })).rejects.toMatchObject({ code: 'io' });
  });

  it('that is closed frees its port and listens to its job no more', async () => {
    const { server, url, fake } = await serve();
    expect(fake.subscribers).toBe(1);
    await server.close();
    expect(fake.subscribers).toBe(0);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
