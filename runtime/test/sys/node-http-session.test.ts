import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpCall, HttpCallError, HttpSession, HttpSessionTls } from '../../src/sys/http-session.ts';
import { nodeHttpClients } from '../../src/sys/node-http-client.ts';
import { tlsOf } from '../support/certificates.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const open = (origin: string, tls?: HttpSessionTls, idleTimeoutMs = 10_000): HttpSession =>
  nodeHttpClients.session({ origin, tls, mostConnections: 2, idleTimeoutMs });

/** The whole answer of a call, or its error. */
const call = (
  session: HttpSession,
  path: string,
  body?: string,
  begun?: (call: HttpCall) => void,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let head: Omit<Answer, 'body'> = { status: 0, headers: {} };
    let text = '';
    const started = session.begin(
      { method: body === undefined ? 'GET' : 'POST', path, headers: { 'x-word': 'yes' }, body },
      {
        onHead: (status, headers) => {
          head = { status, headers };
        },
        onBytes: (bytes) => {
          text += Buffer.from(bytes).toString();
        },
        onEnded: (error) => (error === undefined ? resolve({ ...head, body: text }) : reject(error)),
      },
    );
    begun?.(started);
  });

describe('calls over connections that are kept', () => {
  let server: Server;
  let sockets: Socket[];
  let session: HttpSession;

  beforeEach(async () => {
    sockets = [];
    server = createServer((request, response) => {
      if (request.url === '/silence') return;
      if (request.url === '/half') {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half', () => request.socket.destroy());
        return;
      }
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        response.writeHead(201, { 'Retry-After': '7', 'set-cookie': ['one', 'two'] });
        response.end(`${request.method} ${request.url} ${String(request.headers['x-word'])} ${body}`);
      });
    });
    server.on('connection', (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    session = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    session.close();
    session.close();
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });

  it('give head, headers and bytes, one connection for one call after another', async () => {
    for (let round = 0; round < 3; round++) {
      const answer = await call(session, '/orders?all=1', 'word');
      expect(answer).toMatchObject({ status: 201, body: 'POST /orders?all=1 yes word' });
      expect(answer.headers).toMatchObject({ 'retry-after': '7', 'set-cookie': 'one, two' });
    }
    expect(sockets).toHaveLength(1);
  });

  it('tell an answer that breaks off, and not that the connection was stale', async () => {
    await call(session, '/');
    const error = await call(session, '/half').catch((caught: HttpCallError) => caught);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(error).not.toHaveProperty('staleConnection');
  });

  it('tell when a kept connection was closed before anything came', async () => {
    await call(session, '/');
    const failing = call(session, '/silence').catch((caught: HttpCallError) => caught);
    await new Promise<void>((asked) => void server.once('request', () => asked()));
    sockets[0]?.destroy();
    expect(await failing).toMatchObject({ code: 'ECONNRESET', staleConnection: true });
  });

  it('tell nothing any more once they are cancelled', async () => {
    let ended = false;
    const closed = new Promise<void>((gone) => {
      server.once('connection', (socket) => socket.once('close', () => gone()));
    });
    const asked = new Promise<void>((resolve) => void server.once('request', () => resolve()));
    const ending = (): void => {
      ended = true;
    };
    let under: HttpCall | undefined;
    call(session, '/silence', undefined, (started) => {
      under = started;
    }).then(ending, ending);
    await asked;
    under?.cancel();
    under?.cancel();
    await closed;
    expect(ended).toBe(false);
  });

  it('wait for a connection when all are in use', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map((number) => call(session, `/${number}`)));
    expect(answers.map(({ body }) => body)).toEqual([1, 2, 3, 4, 5].map((number) => `GET /${number} yes `));
    expect(sockets.length).toBeLessThanOrEqual(2);
  });

  it('close a connection that nobody uses any more', async () => {
    session.close();
    session = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined, 20);
    await call(session, '/');
    const [socket] = sockets;
    if (socket?.destroyed === false)
      await new Promise<void>((gone) => void socket.once('close', () => gone()));
    expect((await call(session, '/')).status).toBe(201);
    expect(sockets).toHaveLength(2);
  });
});

describe('calls over TLS', () => {
  const { certificate, key, authority } = tlsOf('other-job');
  const own = { certificate, key } as const;

  const withServer = async (use: (origin: string) => Promise<void>): Promise<void> => {
    const server = createSecureServer(
      { cert: certificate, key, ca: authority, requestCert: true, rejectUnauthorized: false },
      (request, response) =>
        response.end((request.socket as { authorized?: boolean }).authorized ? 'known' : 'unknown'),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    }
  };

  it('show their certificate and are refused by nobody but themselves', async () => {
    await withServer(async (origin) => {
      const known = open(origin, { authority, ...own, serverName: 'another.example' });
      expect((await call(known, '/')).body).toBe('known');
      known.close();
      const stranger = open(origin, { serverName: 'another.example' });
      await expect(call(stranger, '/')).rejects.toMatchObject({
        code: expect.stringMatching(/CERT|SIGNATURE|ISSUER/),
      });
      stranger.close();
      const careless = open(origin, { unverified: true });
      expect((await call(careless, '/')).body).toBe('unknown');
      careless.close();
    });
  });
});
