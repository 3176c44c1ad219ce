import * as net from 'node:net';
import type * as tls from 'node:tls';
import { MillraceError } from '../contract/errors.ts';
import { certificateNames } from './certificate-names.ts';
import type { ConnectAddress, ListenAddress, Listener, Net, Socket, TlsSettings } from './net.ts';

/** A connection on which nothing moves is probed after so long, so that a peer without power is found out some day. */
const keepAliveMs = 10_000;
/** How long a peer may take to show its certificate. */
const handshakeTimeoutMs = 10_000;

/** Small frames are sent at once: whoever writes has collected already. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };

class NodeSocket implements Socket {
  readonly remote: string;
  readonly peerIdentity: string | undefined;
  private readonly socket: net.Socket;
  private failure: Error | undefined;
  private closed = false;

  constructor(socket: net.Socket, remote: string, peerIdentity: string | undefined) {
    this.socket = socket;
    this.remote = remote;
    this.peerIdentity = peerIdentity;
    socket.on('error', (error) => {
      this.failure = error;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    return this.socket.writable ? this.socket.write(bytes) : true;
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.socket.on('data', listener);
  }

  onDrain(listener: () => void): void {
    this.socket.on('drain', listener);
  }

  onClose(listener: (error: Error | undefined) => void): void {
    if (this.closed) queueMicrotask(() => listener(this.failure));
    else this.socket.on('close', () => listener(this.failure));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** An import of the module would load all of Node's cryptography with it, in every thread. */
const loadTls = (): typeof tls => process.getBuiltinModule('node:tls');

const tlsOptions = ({ certificate, key, authority }: TlsSettings) =>
  ({ cert: certificate, key, ca: authority, minVersion: 'TLSv1.3', rejectUnauthorized: true }) as const;

/** The error for a peer that is somebody else. */
const examineIdentity = (
  remote: string,
  { peerIdentity }: TlsSettings,
  certificate: tls.PeerCertificate,
): MillraceError | undefined => {
  const identities = certificateNames(certificate.subjectaltname);
  if (identities.includes(peerIdentity)) return undefined;
  const shown = identities.length === 0 ? 'nobody' : identities.map((name) => `“${name}”`).join(', ');
  return new MillraceError(
    'io',
    `The peer ${remote} showed a certificate made out to ${shown} instead of “${peerIdentity}”.`,
    {
      hint: 'Give all processes of a job certificates whose subject alternative name (URI or DNS) is the uid of the job.',
      where: { peer: remote },
    },
  );
};

const timedOut = (remote: string, timeoutMs: number): Error =>
  Object.assign(new Error(`connect ETIMEDOUT: ${remote} did not answer within ${timeoutMs} ms`), {
    code: 'ETIMEDOUT',
  });

const open = (address: ConnectAddress, remote: string): net.Socket => {
  const { host, port, tls: settings } = address;
  if (settings === undefined) return net.connect({ ...socketOptions, host, port });
  const checkServerIdentity = (_host: string, certificate: tls.PeerCertificate) =>
    examineIdentity(remote, settings, certificate);
  const socket = loadTls().connect({ ...tlsOptions(settings), host, port, checkServerIdentity });
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
};

const connect = (address: ConnectAddress): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const remote = `${address.host}:${address.port}`;
    const socket = open(address, remote);
    const limit = setTimeout(() => socket.destroy(timedOut(remote, address.timeoutMs)), address.timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(limit);
      reject(error);
    };
    socket.once('error', fail);
    socket.once(address.tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(limit);
      socket.off('error', fail);
      resolve(new NodeSocket(socket, remote, address.tls?.peerIdentity));
    });
  });

const remoteOf = ({ remoteAddress, remotePort }: net.Socket): string => `${remoteAddress}:${remotePort}`;

const serverOf = (address: ListenAddress, onSocket: (socket: Socket) => void): net.Server => {
  const { tls: settings, onRefused } = address;
  if (settings === undefined) {
    return net.createServer(socketOptions, (socket) =>
      onSocket(new NodeSocket(socket, remoteOf(socket), undefined)),
    );
  }
  const options = { ...tlsOptions(settings), requestCert: true, handshakeTimeout: handshakeTimeoutMs };
  let { certificate } = settings;
  const server = loadTls().createServer({ ...options, ...socketOptions }, (socket) => {
    const remote = remoteOf(socket);
    const problem = examineIdentity(remote, settings, socket.getPeerCertificate());
    if (problem === undefined) return onSocket(new NodeSocket(socket, remote, settings.peerIdentity));
    socket.on('error', () => undefined);
    socket.destroy();
    onRefused?.(problem);
  });
  // Before the handshake begins.
  server.prependListener('connection', () => {
    const next = tlsOptions(settings);
    if (next.cert === certificate) return;
    certificate = next.cert;
    server.setSecureContext(next);
  });
  return server.on('tlsClientError', (error) => onRefused?.(error));
};

const listen = (address: ListenAddress, onSocket: (socket: Socket) => void): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const server = serverOf(address, onSocket);
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      // One connection that cannot be taken, for want of descriptors say, does not end those that are there.
      server.on('error', () => undefined);
      resolve({
        port: (server.address() as net.AddressInfo).port,
        close: async () => void server.close(),
      });
    });
  });

/** The network of the platform. */
export const nodeNet: Net = { connect, listen };
