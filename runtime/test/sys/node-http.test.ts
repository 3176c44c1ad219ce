import { describe, expect, it } from 'vitest';
import { nodeHttp } from '../../src/sys/node-http.ts';

/** Answers every request with its path. */
const echo = (request: { url?: string }, response: { end(text: string): void }): void =>
  response.end(request.url ?? '');

const listen = (port = 0): ReturnType<typeof nodeHttp.listen> =>
  nodeHttp.listen(echo as never, { host: '127.0.0.1', port });

describe('the HTTP servers of the real machine', () => {
  it('listen on a free port when none is asked for, and say which', async () => {
    const server = await listen();
    expect(server.port).toBeGreaterThan(0);
    const answer = await fetch(`http://127.0.0.1:${server.port}/orders`);
    expect(await answer.text()).toBe('/orders');
    await server.close();
  });

  it('refuse a port that another has', async () => {
    const server = await listen();
    await expect(listen(server.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });

  it('close although a client keeps its connection, and free the port', async () => {
    const server = await listen();
    await (await fetch(`http://127.0.0.1:${server.port}/`)).text();
    await server.close();
    const next = await listen(server.port);
    expect(next.port).toBe(server.port);
    await next.close();
  });
});
