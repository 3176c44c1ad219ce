import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpServers } from './http.ts';

/** How long a client may take for its headers and for a whole request, in ms. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;

export const nodeHttp: HttpServers = {
  listen: (handler, { host, port }) =>
    new Promise((resolve, reject) => {
      const server = createServer(
        { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
        handler as RequestListener,
      );
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve({
          port: (server.address() as AddressInfo).port,
          close: () =>
            new Promise((closed) => {
              server.close(() => closed());
              server.closeAllConnections();
            }),
        });
      });
    }),
};
