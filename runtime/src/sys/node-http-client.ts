import type { ClientRequest, IncomingMessage, request as requestOf } from 'node:http';
import type { HttpClients, HttpConnectionSettings, HttpConnections } from './http-client.ts';
import { openNodeHttpSession } from './node-http-session.ts';

/** An answer of this status is thrown away unread by some clients, which would keep its connection for ever. */
const unread = (response: IncomingMessage): void => {
  // Whoever reads has asked for data when this turn ends.
  setImmediate(() => {
    if (response.readableFlowing === null && response.listenerCount('readable') === 0) response.resume();
  });
};

const open = (settings: HttpConnectionSettings): HttpConnections => {
  // An import of the modules would load Node's fetch with them, 30 ms in every thread.
  const http = process.getBuiltinModule('node:http');
  const https = process.getBuiltinModule('node:https');
  const { authority: ca, mostConnections: maxSockets, idleTimeoutMs } = settings;
  const agent = settings.secure
    ? new https.Agent({ keepAlive: true, maxSockets, ...(ca === undefined ? {} : { ca }) })
    : new http.Agent({ keepAlive: true, maxSockets });
  const request = ((...values: Parameters<typeof requestOf>): ClientRequest => {
    const outgoing = (settings.secure ? https.request : http.request)(...values);
    outgoing.setTimeout(idleTimeoutMs, () => {
      const error = new Error(`no answer for ${idleTimeoutMs / 1000} s`);
      outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    outgoing.on('response', unread);
    return outgoing;
  }) as typeof requestOf;
  return {
    agent,
    request,
    close: () => agent.destroy(),
  };
};

/** The real network. */
export const nodeHttpClients: HttpClients = { open, session: openNodeHttpSession };
