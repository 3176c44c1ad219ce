import type { Socket } from '../src/sys/net.ts';
import type { SimulatedNetwork } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** Bytes under way above which a socket says that it has enough. */
const highWaterBytes = 64 * 1024;

/** An error as the platform's. */
export const netError = (code: string, where: string): Error =>
  Object.assign(new Error(`${code} ${where}`), { code });

/** One end of a connection. What it sends is under way for a while, and comes in parts of any size. */
export class SimulatedSocket implements Socket {
  readonly remote: string;
  readonly peerIdentity: string | undefined;
  readonly owner: SimulatedProcess;
  bufferedBytes = 0;
  private readonly network: SimulatedNetwork;
  private peer: SimulatedSocket | undefined;
  private readonly sent: Uint8Array[] = [];
  private state: 'open' | 'ended' | 'closed' = 'open';
  private error: Error | undefined;
  private paused = false;
  private isUnderWay = false;
  private wasFull = false;
  private dataListener: ((bytes: Uint8Array) => void) | undefined;
  private readonly drainListeners: (() => void)[] = [];
  private readonly closeListeners: ((error: Error | undefined) => void)[] = [];

  constructor(
    network: SimulatedNetwork,
    owner: SimulatedProcess,
    remote: string,
    peerIdentity: string | undefined,
  ) {
    this.network = network;
    this.owner = owner;
    this.remote = remote;
    this.peerIdentity = peerIdentity;
    network.sockets.add(this);
    owner.onDeath(() => this.ownerDied());
  }

  /** Connects both ends. */
  join(peer: SimulatedSocket): void {
    this.peer = peer;
    peer.peer = this;
  }

  write(bytes: Uint8Array): boolean {
    if (this.state !== 'open') return true;
    const { owner, network } = this;
    const reset = (): Error => netError('ECONNRESET', this.remote);
    const send = (torn: boolean): void => this.send(torn ? bytes.subarray(0, bytes.length >> 1) : bytes);
    try {
      owner.callNow('net.write', `${this.remote} (${bytes.length} bytes)`, send, reset, undefined);
    } catch {
      // What is already on its way may still come, before or after the peer hears that the connection is broken.
      network.world.after(network.takeDelayMs(), () => this.reset('a fault'));
    }
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
    if (this.state === 'closed') this.tell(listener);
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
    if (this.state !== 'open') return;
    this.state = 'ended';
    this.move();
  }

  destroy(): void {
    if (this.state === 'closed') return;
    this.sent.length = 0;
    this.close(undefined);
    this.move();
  }

  /** Breaks the connection at both ends. */
  reset(by: string): void {
    if (this.state === 'closed') return;
    this.network.world.note(`${by} breaks the connection of ${this.owner.name} with ${this.remote}`);
    for (const end of [this, this.peer]) end?.close(netError('ECONNRESET', end.remote));
  }

  private send(bytes: Uint8Array): void {
    this.bufferedBytes += bytes.length;
    this.wasFull ||= this.bufferedBytes > highWaterBytes;
    this.sent.push(bytes);
    this.move();
  }

  /** The kernel of a killed process sends what it has and closes; a machine that vanishes says nothing, ever. */
  private ownerDied(): void {
    if (this.state === 'closed') return;
    if (this.owner.vanished) this.network.sockets.delete(this);
    else this.end();
  }

  /** Sends what waits on its way to the peer, or the news of the end. */
  private move(): void {
    const { peer, network } = this;
    if (this.isUnderWay || peer === undefined) return;
    if (this.sent.length === 0 && this.state === 'open') return;
    this.isUnderWay = true;
    const arrive = (): void => {
      if (network.waits(this.owner.host, peer.owner.host, arrive)) return;
      network.world.after(0, () => this.arrive(peer), peer.owner);
    };
    network.world.after(network.takeDelayMs(), arrive);
  }

  private arrive(peer: SimulatedSocket): void {
    this.isUnderWay = false;
    if (peer.state === 'closed' || (peer.paused && this.sent.length > 0)) return;
    const bytes = this.sent[0];
    if (bytes === undefined) return this.state === 'open' ? undefined : peer.hearEnd();
    if (peer.dataListener === undefined) return;
    peer.dataListener(this.takePart(bytes));
    this.move();
  }

  private takePart(bytes: Uint8Array): Uint8Array {
    const { random } = this.network;
    const length = random.chance(0.5) ? bytes.length : Math.ceil(random.next() * bytes.length);
    if (length === bytes.length) this.sent.shift();
    else this.sent[0] = bytes.subarray(length);
    this.bufferedBytes -= length;
    if (this.wasFull && this.bufferedBytes === 0) {
      this.wasFull = false;
      for (const listener of this.drainListeners) this.network.world.after(0, listener, this.owner);
    }
    return bytes.slice(0, length);
  }

  /** The peer sends no more: this end closes too, and so does the peer's when it has not yet. */
  private hearEnd(): void {
    if (this.paused) return;
    this.close(undefined);
    this.peer?.close(undefined);
  }

  private close(error: Error | undefined): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.error = error;
    this.network.sockets.delete(this);
    for (const listener of this.closeListeners) this.tell(listener);
  }

  private tell(listener: (error: Error | undefined) => void): void {
    this.network.world.after(0, () => listener(this.error), this.owner);
  }
}
