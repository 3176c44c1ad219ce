import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { Transport, type TransportOptions } from '../../src/kube/transport.ts';

/** A request as the server got it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly socket: Socket;
}

/** What is answered: a body with status 200, a status, or whatever a function does with the response. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | ((response: ServerResponse, asked: Asked) => void);

/** An API server that says what a test tells it to, over real HTTP. */
export class ScriptedServer {
  readonly asked: Asked[] = [];
  /** Answers in this order, then `otherwise`. */
  readonly replies: Reply[] = [];
  otherwise: Reply = { status: 404, body: statusBody(404, 'NotFound', 'not found') };
  connections = 0;
  readonly #server: Server;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #transports: Transport[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', () => {
      this.connections++;
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => void server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  client(options: Partial<TransportOptions> = {}): Transport {
    const access = {
      current: async () => ({ origin: this.origin, headers: { authorization: 'Bearer secret' } }),
      refused: () => undefined,
    };
    const transport = new Transport({ system: createNodeSystem(), access, ...options });
    this.#transports.push(transport);
    return transport;
  }

  /** Resolves when so many requests have come. */
  async whenAsked(count: number): Promise<void> {
    if (this.asked.length >= count) return;
    await new Promise<void>((resolve) => void this.#waiting.push({ count, resolve }));
  }

  async stop(): Promise<void> {
    for (const transport of this.#transports) transport.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '', this.origin);
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
      socket: request.socket,
    };
    this.asked.push(asked);
    const reply = this.replies.shift() ?? this.otherwise;
    if (typeof reply === 'function') reply(response, asked);
    else {
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
    }
    for (const { count, resolve } of this.#waiting) if (this.asked.length >= count) resolve();
  }
}

/** The body of a refusal. */
export const statusBody = (code: number, reason: string, message: string, details?: object): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
  details,
});

/** Lines of a watch, as they are sent. */
export const eventLines = (...events: readonly (readonly [type: string, object: object])[]): string =>
  events.map(([type, object]) => `${JSON.stringify({ type, object })}\n`).join('');
