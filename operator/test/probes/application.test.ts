import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpServer } from '../../../runtime/src/sys/http.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { createProbes, type ProbeSettings } from '../../src/probes/application.ts';

const system = createNodeSystem();
let server: HttpServer | undefined;
let problems: string[];
beforeEach(() => {
  problems = [];
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const get = async (
  path: string,
  settings: Partial<ProbeSettings> = {},
  authorization = '',
): Promise<HttpAnswer> => {
  const write = (line: string): void => void problems.push(line);
  const logger = createLogger({ clock: system.clock, level: 'error', json: false, write });
  const app = createProbes({
    system,
    logger,
    notReady: () => undefined,
    metrics: () => [],
    ...settings,
  });
  server = await system.http.listen(app as never, { host: '127.0.0.1', port: 0 });
  return await system.http.request({
    method: 'get',
    url: `http://127.0.0.1:${server.port}${path}`,
    headers: { authorization },
    timeoutMs: 20_000,
    mostBytes: 1024 * 1024 * 1024,
  });
};

describe('the probes of an operator', () => {
  it('say that it lives, also while it is not ready', async () => {
    expect(await get('/healthz', { notReady: () => 'The CRDs are missing.' })).toEqual({
      status: 200,
      body: '{"alive":true}',
    });
  });

  it('say what is missing until it is ready', async () => {
    expect(await get('/ready', { notReady: () => 'The CRDs are missing.' })).toEqual({
      status: 503,
      body: '{"ready":false,"message":"The CRDs are missing."}',
    });
    await server?.close();
    expect(await get('/ready')).toMatchObject({ status: 200 });
  });

  it('know nothing of other paths, and tell nobody why one has failed', async () => {
    expect(await get('/secrets')).toMatchObject({ status: 404 });
    await server?.close();
    const metrics = (): never => {
      throw new Error('a secret of the program');
    };
    const answer = await get('/metrics', { metrics });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(problems.join('')).toContain('a probe could not be answered');
  });
});

describe('a look inside of an operator', () => {
  it('is for nobody but who has the token', async () => {
    for (const [token, authorization] of [
      [undefined, 'Bearer undefined'],
      [undefined, ''],
      ['right', ''],
      ['right', 'Bearer wrong'],
    ] as const) {
      expect(await get('/inside/heap-snapshot', { token }, authorization)).toMatchObject({ status: 401 });
      await server?.close();
    }
  });

  it('is the heap, or a profile of the time to come', async () => {
    const heap = await get('/inside/heap-snapshot', { token: 'right' }, 'Bearer right');
    expect(heap.status).toBe(200);
    expect(JSON.parse(heap.body)).toHaveProperty('snapshot.meta');
    await server?.close();
    const profile = await get('/inside/cpu-profile?seconds=0.05', { token: 'right' }, 'Bearer right');
    expect(JSON.parse(profile.body)).toHaveProperty('samples');
  });
});
