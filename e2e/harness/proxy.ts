import { connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** New connections go to another server. */
  redirect(serverPort: number): void;
  /** Ends all connections at once, as a network does that loses its state: both sides see a reset. */
  reset(): void;
  /** Ends each connection when so many bytes have gone through it to the server; undefined = none any more. */
  resetAfterBytes(bytes: number | undefined): void;
  /** Resolves when so many connections have been ended by a limit of bytes. */
  resets(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and a server of this machine and does to their connections what networks do. */
export const startProxy = async (firstServerPort: number): Promise<Proxy> => {
  let serverPort = firstServerPort;
  const sockets = new Set<Socket>();
  let limitBytes: number | undefined;
  let resetCount = 0;
  const waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  const join = (one: Socket, other: Socket): void => {
    sockets.add(one);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
    one.pipe(other);
  };
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    let passedBytes = 0;
    client.on('data', ({ length }) => {
      passedBytes += length;
      if (limitBytes === undefined || passedBytes < limitBytes) return;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
      resetCount += 1;
      for (const wait of waiting) if (resetCount >= wait.count) wait.resolve();
    });
    join(client, upstream);
    join(upstream, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    redirect: (next) => {
      serverPort = next;
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    resetAfterBytes: (bytes) => {
      limitBytes = bytes;
    },
    resets: (count) =>
      new Promise((resolve) => {
        if (resetCount >= count) resolve();
        else waiting.add({ count, resolve });
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
};
