import type { IncomingMessage, RequestListener, Server, ServerOptions } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateNames } from './certificate-names.ts';
import type { Http, HttpAddress, HttpHandler, HttpLimits, HttpTls } from './http.ts';
import { createNodeHttpRequest } from './node-http-request.ts';

/** What a client may take where nothing else is said. */
const usualLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  mostHeaderBytes: 16 * 1024,
  mostConnections: 10_000,
};
/** How often it is looked whether one has taken too long, in ms. */
const longestLookMs = 1000;
/** How long answers may still be sent after `close`, and how often connections are looked at, in ms. */
const closingMs = 1000;
const lookMs = 20;

const close = (server: Server): Promise<void> =>
  new Promise((closed) => {
    // A connection that was busy at first becomes idle, and would be kept for the client's next request.
    const look = setInterval(() => server.closeIdleConnections(), lookMs);
    const limit = setTimeout(() => server.closeAllConnections(), closingMs);
    server.close(() => {
      clearInterval(look);
      clearTimeout(limit);
      closed();
    });
    server.closeIdleConnections();
  });

const contextOf = ({ certificate, key, authority }: HttpTls) =>
  ({
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    ...(authority === undefined ? {} : { ca: authority }),
  }) as const;

/** Imports of these modules would load Node's fetch and all of its cryptography, 30 ms in every thread. */
const createServer = (handler: HttpHandler, { tls, limits = usualLimits }: HttpAddress): Server => {
  const listener = handler as RequestListener;
  const options: ServerOptions = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    maxHeaderSize: limits.mostHeaderBytes,
    connectionsCheckingInterval: Math.min(longestLookMs, limits.headersTimeoutMs),
  };
  if (tls === undefined) return process.getBuiltinModule('node:http').createServer(options, listener);
  const asks = tls.authority === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  const own = { ...contextOf(tls), handshakeTimeout: limits.headersTimeoutMs };
  return process.getBuiltinModule('node:https').createServer({ ...options, ...own, ...asks }, listener);
};

const listen: Http['listen'] = (handler, address) =>
  new Promise((resolve, reject) => {
    const server = createServer(handler, address);
    server.maxConnections = (address.limits ?? usualLimits).mostConnections;
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve({
        port: (server.address() as AddressInfo).port,
        setTls: (tls) => (server as SecureServer).setSecureContext(contextOf(tls)),
        close: () => close(server),
      });
    });
  });

const peerNames = (request: object): readonly string[] => {
  const socket = (request as IncomingMessage).socket as Partial<TLSSocket>;
  if (socket.authorized !== true) return [];
  return certificateNames(socket.getPeerCertificate?.().subjectaltname);
};

export const createNodeHttp = (): Http => ({ listen, peerNames, request: createNodeHttpRequest() });
