import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpServers } from './http.ts';

/** How long a client may take for its headers and for a whole request, in ms. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;
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

export const nodeHttp: HttpServers = {
  listen: (handler, { host, port }) =>
    new Promise((resolve, reject) => {
      // An import of the module would load Node's fetch with it, 30 ms in every thread.
      const { createServer } = process.getBuiltinModule('node:http');
      const server = createServer(
        { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
        handler as RequestListener,
      );
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve({
          port: (server.address() as AddressInfo).port,
          close: () => close(server),
        });
      });
    }),
};
