import type { ConnectAddress, ListenAddress, Listener, Net, Socket } from '../sys/net.ts';
import type { Timers } from '../sys/system.ts';

/** Bytes under way above which a socket says that it has enough. */
const highWaterBytes = 64 * 1024;

/** Ports that are given to those who ask for any. */
const firstFreePort = 49_152;

/** One end of a connection in memory. Whatever one end does, the other hears of on a later turn of the timers. */
class MemorySocket implements Socket {
  readonly remote: string;
  readonly peerIdentity: string | undefined;
  bufferedBytes = 0;
  private peer: MemorySocket | undefined;
  private readonly timers: Timers;
  private readonly waiting: Uint8Array[] = [];
  private state: 'open' | 'ended' | 'closed' = 'open';
  private paused = false;
  private isMoving = false;
  private wasFull = false;
  private dataListener: ((bytes: Uint8Array) => void) | undefined;
  private readonly drainListeners: (() => void)[] = [];
  private readonly closeListeners: ((error: Error | undefined) => void)[] = [];

  constructor(timers: Timers, remote: string, peerIdentity: string | undefined) {
    this.timers = timers;
    this.remote = remote;
    this.peerIdentity = peerIdentity;
  }

  join(peer: MemorySocket): void {
    this.peer = peer;
  }

  write(bytes: Uint8Array): boolean {
    if (this.state !== 'open') return true;
    this.bufferedBytes += bytes.length;
    this.wasFull ||= this.bufferedBytes > highWaterBytes;
    this.waiting.push(bytes);
    this.move();
    return !this.wasFull;
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.dataListener = listener;
    this.peer?.move();
  }

  onDrain(listener: () => void): void {
    this.drainListeners.push(listener);
  }

  onClose(listener: (error: Error | undefined) => void): void {
    if (this.state === 'closed') this.timers.soon(() => listener(undefined));
    else this.closeListeners.push(listener);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.peer?.move();
  }

  end(): void {
    if (this.state === 'open') this.state = 'ended';
    this.move();
  }

  destroy(): void {
    this.waiting.length = 0;
    this.end();
    this.close();
  }

  private close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (const listener of this.closeListeners) this.timers.soon(() => listener(undefined));
  }

  /** Carries what waits to the peer, one write a turn, and then the end. */
  private move(): void {
    if (this.isMoving) return;
    this.isMoving = true;
    this.timers.soon(() => {
      this.isMoving = false;
      this.deliver();
    });
  }

  private deliver(): void {
    const { peer } = this;
    if (peer === undefined || peer.paused) return;
    const bytes = this.waiting[0];
    if (bytes === undefined) {
      if (this.state === 'open') return;
      this.close();
      peer.close();
      return;
    }
    if (peer.dataListener === undefined && peer.state !== 'closed') return;
    this.waiting.shift();
    this.bufferedBytes -= bytes.length;
    if (peer.state !== 'closed') peer.dataListener?.(bytes);
    if (this.wasFull && this.bufferedBytes === 0) {
      this.wasFull = false;
      for (const listener of this.drainListeners) listener();
    }
    this.move();
  }
}

const failure = (code: string, what: string): Error => Object.assign(new Error(`${what} ${code}`), { code });

/** A network within one test: nothing is lost, and everything happens on turns of the timers, in the same order every time. */
export const createMemoryNet = (timers: Timers): Net => {
  const listeners = new Map<number, { address: ListenAddress; onSocket: (socket: Socket) => void }>();
  let nextPort = firstFreePort;
  const connect = async ({ host, port, tls }: ConnectAddress): Promise<Socket> => {
    await new Promise<void>((resolve) => timers.soon(resolve));
    const listener = listeners.get(port);
    if (listener === undefined) throw failure('ECONNREFUSED', `connect to ${host}:${port}:`);
    const here = new MemorySocket(timers, `${host}:${port}`, tls?.peerIdentity);
    const there = new MemorySocket(timers, `${host}:${nextPort++}`, listener.address.tls?.peerIdentity);
    here.join(there);
    there.join(here);
    timers.soon(() => listener.onSocket(there));
    return here;
  };
  const listen = async (address: ListenAddress, onSocket: (socket: Socket) => void): Promise<Listener> => {
    const port = address.port === 0 ? nextPort++ : address.port;
    if (listeners.has(port)) throw failure('EADDRINUSE', `listen at ${address.host}:${port}:`);
    listeners.set(port, { address, onSocket });
    return { port, close: async () => void listeners.delete(port) };
  };
  return { connect, listen };
};
