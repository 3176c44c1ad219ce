import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { ports } from '../../operator/src/streamjob/resources/render-settings.ts';
import type { NextDeployment } from '../../runtime/src/contract/control/deployment.ts';
import { eventsPath } from '../../runtime/src/contract/control/routes.ts';
import type { JobStatus } from '../../runtime/src/contract/control/status.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';

const dayMs = 86_400_000;
const heartbeatMs = 15_000;
const perBlock = 250;

const nothingNext: NextDeployment = {
  phase: 'none',
  revision: null,
  sinceMs: 0,
  compatibility: null,
  changes: [],
  heldCheckpoints: { completed: 0, wanted: 0 },
  reason: null,
};

const statusOf = (name: string, revision: string, slots: number): JobStatus => ({
  name,
  uid: name,
  state: 'running',
  role: 'leading',
  deployment: revision,
  sinceMs: Date.now(),
  attempt: 1,
  term: 1,
  revision,
  runtimeVersion: '0.1.0',
  restarts: 0,
  parallelism: { desired: slots, actual: slots, maximum: 128 },
  settings: null,
  lastRescale: null,
  lastUpgrade: null,
  lastCheckpoint: { id: 1, completedMs: Date.now() },
  trouble: null,
});

interface Stub {
  status: JobStatus;
  reader: ServerResponse | undefined;
}

/** Coordinators as the operator sees them, each at an address of its own: they run, say so over TLS, and take what is wished. */
export class StubCoordinators {
  readonly fingerprint: string;
  private readonly secure: SecureServer;
  private readonly byAddress = new Map<string, Stub>();
  private readonly listeners: Server[] = [];
  private readonly heartbeat: NodeJS.Timeout;

  /** `authority`: signs the certificate of the operator. */
  constructor(authority: string) {
    const { certificates } = createNodeSystem();
    const valid = { fromMs: Date.now() - dayMs, untilMs: Date.now() + dayMs };
    const { certificate, key } = certificates.issue({ subject: 'coordinator' }, valid);
    this.fingerprint = certificates.fingerprint(certificate);
    this.secure = createSecureServer(
      {
        cert: certificate,
        key,
        ca: authority,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
      },
      (request, response) => this.answer(request, response),
    );
    this.secure.requestTimeout = 0;
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
  }

  /** Streams that are open now. */
  get readers(): number {
    return [...this.byAddress.values()].filter(({ reader }) => reader !== undefined).length;
  }

  addressOf(number: number): string {
    return `127.77.${Math.floor(number / perBlock)}.${(number % perBlock) + 1}`;
  }

  /** A coordinator begins to answer. */
  async add(number: number, name: string, revision: string, slots: number): Promise<string> {
    const address = this.addressOf(number);
    // Those that are made like the first one have been given the same.
    const { settings = null } = this.byAddress.get(this.addressOf(0))?.status ?? {};
    const status = { ...statusOf(name, revision, slots), settings };
    this.byAddress.set(address, { status, reader: undefined });
    const listener = createServer((socket) => this.secure.emit('connection', socket));
    this.listeners.push(listener);
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).listen(ports.control, address, 64, resolve);
    });
    return address;
  }

  close(): void {
    clearInterval(this.heartbeat);
    for (const listener of this.listeners) listener.close();
    this.secure.closeAllConnections();
    this.secure.close();
  }

  /** All tell of a newer checkpoint. */
  tellCheckpoints(): void {
    for (const stub of this.byAddress.values()) {
      const { id } = stub.status.lastCheckpoint ?? { id: 0 };
      stub.status = { ...stub.status, lastCheckpoint: { id: id + 1, completedMs: Date.now() } };
      this.tell(stub);
    }
  }

  private tell({ reader, status }: Stub): void {
    reader?.write(`event: status\ndata: ${JSON.stringify({ type: 'status', status })}\n\n`);
  }

  private beat(): void {
    for (const { reader } of this.byAddress.values()) reader?.write(':\n\n');
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const stub = this.byAddress.get(request.socket.localAddress ?? '');
    if (stub === undefined) return void response.writeHead(404).end();
    if (request.url === eventsPath) {
      stub.reader = response;
      response.on('close', () => {
        if (stub.reader === response) stub.reader = undefined;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return this.tell(stub);
    }
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString('utf8');
    });
    request.on('end', () => {
      const reply = this.reply(stub, `${request.method} ${request.url}`, text);
      response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply ?? {}));
    });
  }

  private reply(stub: Stub, call: string, text: string): unknown {
    switch (call) {
      case 'GET /v1/next-deployment':
        return nothingNext;
      case 'GET /v1/savepoints':
        return { savepoints: [] };
      case 'GET /v1/workers':
        return { workers: [] };
      case 'PUT /v1/parallelism': {
        const { parallelism } = JSON.parse(text) as { readonly parallelism: number };
        stub.status = {
          ...stub.status,
          parallelism: { desired: parallelism, actual: parallelism, maximum: 128 },
        };
        setImmediate(() => this.tell(stub));
        return stub.status.parallelism;
      }
      case 'PUT /v1/settings': {
        const { name: settings } = JSON.parse(text) as { readonly name: string };
        stub.status = { ...stub.status, settings };
        setImmediate(() => this.tell(stub));
        return stub.status;
      }
      default:
        return undefined;
    }
  }
}
