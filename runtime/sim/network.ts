import type { ConnectAddress, ListenAddress, Listener, Net, Socket } from '../src/sys/net.ts';
import type { SimulatedProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import { netError, SimulatedSocket } from './socket.ts';
import type { World } from './world.ts';

/** Ports that are given to those who ask for any. */
const firstFreePort = 49_152;

/** How long bytes are under way, in ms, when nothing is wrong. */
const usualDelayMs: readonly [number, number] = [0.1, 2];

interface OpenListener {
  readonly process: SimulatedProcess;
  readonly address: ListenAddress;
  onSocket(socket: Socket): void;
}

/**
 * The network between the hosts of a world. Bytes of a connection come in order, late, and in parts of any size; between hosts that
 * cannot reach each other they wait, in one direction or both, as TCP would send them again. Nobody is told of that.
 */
export class SimulatedNetwork {
  readonly world: World;
  readonly random: SeededRandom;
  delayMs: readonly [number, number] = usualDelayMs;
  /** Open connections, both ends of each. */
  readonly sockets = new Set<SimulatedSocket>();
  private readonly listeners = new Map<string, OpenListener>();
  /** Directions in which nothing comes through, as `from>to`, with what goes on when it does again. */
  private readonly cuts = new Map<string, (() => void)[]>();
  private nextPort = firstFreePort;

  constructor(world: World) {
    this.world = world;
    this.random = world.random.fork('network');
  }

  /** Nothing from one host reaches the other until `heal`. The other way is another matter. */
  cut(from: string, to: string): void {
    if (this.cuts.has(`${from}>${to}`)) return;
    this.world.note(`nothing goes from ${from} to ${to}`);
    this.cuts.set(`${from}>${to}`, []);
  }

  /** Everything reaches everybody again. */
  heal(): void {
    if (this.cuts.size > 0) this.world.note('everything comes through again');
    const waiting = [...this.cuts.values()].flat();
    this.cuts.clear();
    for (const goOn of waiting) goOn();
  }

  /** Whether it is cut; if so, calls back when it no longer is. */
  waits(from: string, to: string, goOn: () => void): boolean {
    const waiting = this.cuts.get(`${from}>${to}`);
    waiting?.push(goOn);
    return waiting !== undefined;
  }

  /** Breaks a connection, by chance one of those that are open. */
  resetOne(): void {
    const open = [...this.sockets];
    if (open.length > 0) this.random.pick(open).reset('the network');
  }

  takeDelayMs(): number {
    return this.random.between(...this.delayMs);
  }

  /** The network as one process sees it. What it opens ends with it. */
  of(process: SimulatedProcess): Net {
    process.onDeath(() => {
      for (const [name, listener] of this.listeners) {
        if (listener.process === process) this.listeners.delete(name);
      }
    });
    return {
      connect: (address) => this.connect(process, address),
      listen: (address, onSocket) => this.listen(process, address, onSocket),
    };
  }

  private connect(process: SimulatedProcess, address: ConnectAddress): Promise<Socket> {
    const host = isOwn(address.host) ? process.host : address.host;
    const where = `${host}:${address.port}`;
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const timer = process.system.timers.after(address.timeoutMs, () => reject(netError('ETIMEDOUT', where)));
    const isCut = (): boolean =>
      this.cuts.has(`${process.host}>${host}`) || this.cuts.has(`${host}>${process.host}`);
    const effect = (): Socket | undefined => (isCut() ? undefined : this.join(process, where, address));
    const failure = (): Error => netError('ECONNRESET', where);
    process.call('net.connect', where, effect, failure).then((socket) => {
      if (socket === undefined) return;
      timer.cancel();
      resolve(socket);
    }, reject);
    return promise;
  }

  private join(process: SimulatedProcess, where: string, { tls }: ConnectAddress): Socket {
    const listener = this.listeners.get(where);
    if (listener === undefined || !process.alive) throw netError('ECONNREFUSED', where);
    const here = new SimulatedSocket(this, process, where, tls?.peerIdentity);
    const caller = `${process.host}:${this.nextPort++}`;
    const there = new SimulatedSocket(this, listener.process, caller, listener.address.tls?.peerIdentity);
    here.join(there);
    this.world.after(0, () => listener.onSocket(there), listener.process);
    return here;
  }

  private listen(
    process: SimulatedProcess,
    address: ListenAddress,
    onSocket: (socket: Socket) => void,
  ): Promise<Listener> {
    const failure = (): Error => netError('EACCES', `${process.host}:${address.port}`);
    const effect = (): Listener => {
      const port = address.port === 0 ? this.nextPort++ : address.port;
      const where = `${process.host}:${port}`;
      if (this.listeners.has(where)) throw netError('EADDRINUSE', where);
      if (process.alive) this.listeners.set(where, { process, address, onSocket });
      return { port, close: async () => void this.listeners.delete(where) };
    };
    return process.call('net.listen', `${process.host}:${address.port}`, effect, failure);
  }
}

const isOwn = (host: string): boolean => host === 'localhost' || host === '127.0.0.1';
