import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { serveHealth } from '../../../src/worker/remote/health.ts';

describe('the health of a worker', () => {
  it('is told to whoever asks: alive, and ready while it has a coordinator', async () => {
    const system = createNodeSystem();
    let isReady = false;
    const server = await serveHealth(system, { host: '127.0.0.1', port: 0 }, () => isReady);
    onTestFinished(() => server.close());
    const ask = async (path: string): Promise<number> => {
      const url = `http://127.0.0.1:${server.port}${path}`;
      const { status } = await system.http.request({
        method: 'GET',
        url,
        headers: {},
        timeoutMs: 5000,
        mostBytes: 1000,
      });
      return status;
    };
    expect([await ask('/healthz'), await ask('/readyz'), await ask('/')]).toEqual([200, 503, 404]);
    isReady = true;
    expect(await ask('/readyz')).toBe(200);
  });
});
