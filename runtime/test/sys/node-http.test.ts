import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpClientTls, HttpLimits, HttpRequest } from '../../src/sys/http.ts';
import { createNodeHttp } from '../../src/sys/node-http.ts';
import { nodeNet } from '../../src/sys/node-net.ts';
import { identityOfJob, tlsOf } from '../support/certificates.ts';

const nodeHttp = createNodeHttp();

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

describe('the HTTP servers of the real machine with limits', () => {
  const limits: HttpLimits = {
    headersTimeoutMs: 50,
    requestTimeoutMs: 100,
    mostHeaderBytes: 4096,
    mostConnections: 10,
  };

  /** What a server says to bytes that a client sends, until it hangs up. */
  const answerTo = async (text: string): Promise<string> => {
    const server = await nodeHttp.listen(echo as never, { host: '127.0.0.1', port: 0, limits });
    const socket = await nodeNet.connect({ host: '127.0.0.1', port: server.port, timeoutMs: 5000 });
    let answer = '';
    socket.onData((bytes) => {
      answer += Buffer.from(bytes).toString();
    });
    socket.write(Buffer.from(text));
    await new Promise<void>((closed) => socket.onClose(() => closed()));
    await server.close();
    return answer;
  };

  it('hang up on who never ends its headers', async () => {
    expect(await answerTo('GET / HTTP/1.1\r\nhost: a\r\nx: ')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('hang up on who never ends its body', async () => {
    const text = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc';
    // The answer of the handler may be there already; what counts is that it ends.
    expect(await answerTo(text)).toContain('HTTP/1.1 ');
  });

  it('refuse headers that are too large', async () => {
    expect(await answerTo(`GET / HTTP/1.1\r\nx: ${'y'.repeat(5000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

/** The names that a server sees of who calls it with a certificate, if any. */
const namesSeen = async (
  tls: HttpClientTls,
  peerIdentity: string | undefined = identityOfJob,
): Promise<unknown> => {
  const names = (request: object, response: { end(text: string): void }): void =>
    response.end(JSON.stringify(nodeHttp.peerNames(request)));
  const address = { host: '127.0.0.1', port: 0, tls: tlsOf('job') };
  const server = await nodeHttp.listen(names as never, address);
  const url = `https://127.0.0.1:${server.port}/`;
  try {
    const call = { method: 'get', url, headers: {}, timeoutMs: 5000, mostBytes: 1000 };
    return JSON.parse((await nodeHttp.request({ ...call, tls, peerIdentity })).body);
  } finally {
    await server.close();
  }
};

describe('the HTTP servers of the real machine with TLS', () => {
  it('know the names of a client whose certificate the authority has signed', async () => {
    expect(await namesSeen(tlsOf('job'))).toEqual([identityOfJob]);
  });

  it('know nobody else', async () => {
    const { authority } = tlsOf('job');
    expect(await namesSeen({ authority })).toEqual([]);
    const { certificate, key } = tlsOf('stranger');
    expect(await namesSeen({ certificate, key, authority })).toEqual([]);
  });
});

describe('a request to whoever has one certificate', () => {
  const { certificate, key } = tlsOf('job');
  const fingerprint = `sha256:${createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')}`;

  it('asks nobody who has signed it, and shows its own', async () => {
    expect(await namesSeen({ fingerprint, certificate, key }, 'somebody-else')).toEqual([identityOfJob]);
  });

  it('sends nothing to anybody else', async () => {
    let requests = 0;
    const address = { host: '127.0.0.1', port: 0, tls: tlsOf('stranger') };
    const count = (_: unknown, response: ServerResponse): void => {
      requests++;
      response.end();
    };
    const server = await nodeHttp.listen(count as never, address);
    const url = `https://127.0.0.1:${server.port}/`;
    const call = { method: 'get', url, headers: {}, timeoutMs: 5000, mostBytes: 1000 };
    await expect(nodeHttp.request({ ...call, tls: { fingerprint } })).rejects.toThrow('it is somebody else');
    await server.close();
    expect(requests).toBe(0);
  });
});

describe('a request of the real machine', () => {
  it('goes to nobody but whom it is meant for', async () => {
    await expect(namesSeen(tlsOf('job'), 'somebody-else')).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  const ask = async (handler: unknown, more: Partial<HttpRequest> = {}): Promise<HttpAnswer> => {
    const server = await nodeHttp.listen(handler as never, { host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${server.port}/a?b=c`;
    const call = { method: 'get', url, headers: {}, timeoutMs: 10_000, mostBytes: 1000, ...more };
    try {
      return await nodeHttp.request(call);
    } finally {
      await server.close();
    }
  };

  it('gives the whole answer, whatever its status', async () => {
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      response.statusCode = 418;
      void text(request).then((body) => response.end(`got ${body} ü`));
    };
    expect(await ask(handler, { method: 'post', body: 'ä' })).toEqual({ status: 418, body: 'got ä ü' });
  });

  it('ends with an error when nobody answers in time, when the answer is too long, and when nobody is there', async () => {
    const silent = (): void => undefined;
    await expect(ask(silent, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const long = (_: unknown, response: ServerResponse): void => void response.end('x'.repeat(1001));
    await expect(ask(long)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    const url = 'http://127.0.0.1:9/';
    const call = { method: 'get', url, headers: {}, timeoutMs: 10_000, mostBytes: 1 };
    await expect(nodeHttp.request(call)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('goes on as long as something comes, where it says so, and ends when nothing does or nobody wants it', async () => {
    const handler = (_: unknown, response: ServerResponse): void => void response.write('a');
    await expect(ask(handler, { timeoutMs: 10_000, silenceMs: 20 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    const stop = new AbortController();
    const request = ask(handler, { silenceMs: 10_000, signal: stop.signal, onBytes: () => stop.abort() });
    await expect(request).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('fails when the answer breaks off', async () => {
    const broken = (_: unknown, response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('abc', () => void response.destroy());
    };
    await expect(ask(broken)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
