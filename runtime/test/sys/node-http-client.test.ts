import { type Agent, createServer, type request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HttpConnections } from '../../src/sys/http-client.ts';
import { nodeHttpClients } from '../../src/sys/node-http-client.ts';

let server: Server;
let connected: number;
let url: string;

beforeEach(async () => {
  connected = 0;
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
      response.statusCode = 201;
      response.end(`${request.method} ${body}`);
    });
  });
  server.on('connection', () => {
    connected += 1;
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

const open = (idleTimeoutMs = 10_000): HttpConnections =>
  nodeHttpClients.open({ secure: false, idleTimeoutMs, mostConnections: 1 });

/** The status and the text of one request, as a client for Node makes it. */
const send = (connections: HttpConnections, path: string, body = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const { agent } = connections;
    const outgoing = (connections.request as typeof request)(
      `${url}${path}`,
      { method: 'POST', agent: agent as Agent },
      (response) => {
        let text = `${response.statusCode} `;
        response.on('data', (part: Buffer) => {
          text += part.toString();
        });
        response.on('error', reject);
        response.on('end', () => resolve(text));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

it('keeps one connection for many requests', async () => {
  const connections = open();
  for (let round = 0; round < 3; round++) expect(await send(connections, '', 'word')).toBe('201 POST word');
  expect(connected).toBe(1);
  connections.close();
  connections.close();
});

it('gives up on a peer that says nothing, and on one that goes in the middle', async () => {
  const connections = open(50);
  await expect(send(connections, '/silence')).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'no answer for 0.05 s',
  });
  await expect(send(connections, '/half')).rejects.toMatchObject({ code: 'ECONNRESET' });
  connections.close();
});

it('frees the connection of an answer that nobody reads', async () => {
  const connections = open();
  for (let round = 0; round < 3; round++) {
    await new Promise<void>((resolve, reject) => {
      const outgoing = (connections.request as typeof request)(
        url,
        { agent: connections.agent as Agent },
        () => resolve(),
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
  expect(await send(connections, '')).toBe('201 POST ');
  expect(connected).toBe(1);
  connections.close();
});
