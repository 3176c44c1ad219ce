import type { ByteReader } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { TaskEdge } from '../../graph/physical-graph.ts';
import type { Listener, TlsSettings } from '../../sys/net.ts';
import type { System } from '../../sys/system.ts';
import { settlesWithin } from '../../sys/within.ts';
import type { ChannelReceiver, ChannelSender } from '../channel.ts';
import type { RemoteChannels } from '../remote-channels.ts';
import type { Connection } from './connection.ts';
import { callPeer, helloTimeoutMs, type PeerAddress, Purpose, receivePeer } from './hello.ts';
import { PeerLink } from './peer-link.ts';

/** How long the last bytes may take to reach the other slots. */
const leaveWithinMs = 30_000;
/** More slots than this have no number in a routing table. */
const mostSlots = 2 ** 16;
/** What one channel may have under way where no memory was said. */
const usualCreditBytes = 2 * 2 ** 20;

export interface TcpSettings {
  readonly system: Pick<System, 'net' | 'hashing' | 'timers'>;
  readonly jobUid: string;
  readonly attempt: number;
  readonly slot: number;
  readonly tls?: TlsSettings | undefined;
  /** Bytes that may be under way on one channel; absent = the usual. */
  readonly creditBytes?: number | undefined;
  /** A peer was lost: the attempt cannot go on. Called once. */
  onFailed(error: MillraceError): void;
  /** Somebody was turned away, a slot of an older attempt say. */
  onRefused?(error: MillraceError): void;
}

/** Where another slot listens. */
export interface SlotAddress extends PeerAddress {
  readonly slot: number;
}

/**
 * All channels of one slot to and from slots in other processes: one connection a pair of slots, credit by channel. Each slot
 * listens, and calls the slots with higher numbers. Slots may be added at any time. Data arrives when the slot lets its event
 * loop turn; `pump` only sends.
 */
export class TcpChannels implements Required<RemoteChannels> {
  /** Callers that were turned away. */
  refused = 0;
  private readonly settings: TcpSettings;
  private listener: Listener | undefined;
  private readonly links = new Map<number, PeerLink>();
  private readonly awaited = new Map<number, () => void>();
  private attempt: number;
  private nextAttempt: number;
  private isFlushing = false;
  private isOver = false;

  /** Begins to listen at a free port of an address of this machine. */
  static async listen(settings: TcpSettings, host: string): Promise<TcpChannels> {
    const channels = new TcpChannels(settings);
    await channels.open(host);
    return channels;
  }

  private constructor(settings: TcpSettings) {
    this.settings = settings;
    this.attempt = settings.attempt;
    this.nextAttempt = settings.attempt;
  }

  /** Where the other slots find this one. */
  get port(): number {
    return this.listener?.port ?? 0;
  }

  /**
   * Resolves when there is a connection to each of these slots: those with higher numbers are called, the others call.
   * @throws MillraceError `io` when one cannot be reached or does not call in time.
   */
  async connect(peers: readonly SlotAddress[]): Promise<void> {
    await Promise.all(
      peers.map((peer) => (peer.slot > this.settings.slot ? this.call(peer) : this.awaitCall(peer))),
    );
  }

  sender(edge: TaskEdge, toSlot: number, onCredit: () => void): ChannelSender {
    return this.link(toSlot).sender(edge, onCredit);
  }

  receiver(edge: TaskEdge, fromSlot: number, onElement: () => void): ChannelReceiver {
    return this.link(fromSlot).receiver(edge, onElement);
  }

  pump(): boolean {
    let moved = false;
    for (const link of this.links.values()) if (link.pump()) moved = true;
    return moved;
  }

  isEmpty(): boolean {
    for (const link of this.links.values()) if (!link.isEmpty()) return false;
    return true;
  }

  /** Whatever comes wakes the task that it is for, so `onWork` is not needed. */
  sleep(_onWork: () => void): void {
    this.flush();
  }

  /** Slots of this attempt are welcome too from now on: they prepare to join at a cut. */
  expectAttempt(attempt: number): void {
    this.nextAttempt = attempt;
  }

  /** This slot has passed the cut that begins an attempt: what it sends from now on is of that attempt. */
  raiseAttempt(attempt: number): void {
    this.attempt = attempt;
    this.nextAttempt = Math.max(this.nextAttempt, attempt);
  }

  /** Ends in order, behind all that was sent; every channel must have ended. Nothing fails any more from now on. */
  async close(): Promise<void> {
    await this.listener?.close();
    const left = Promise.all([...this.links.values()].map((link) => link.leave()));
    await settlesWithin(this.settings.system.timers, left, leaveWithinMs);
    this.destroy();
  }

  /** Ends at once; the other slots see that this one is lost. */
  destroy(): void {
    this.isOver = true;
    void this.listener?.close();
    for (const link of this.links.values()) link.destroy();
  }

  private async open(host: string): Promise<void> {
    const { system, tls } = this.settings;
    const address = {
      host,
      port: 0,
      tls,
      onRefused: (error: Error) => this.turnedAway(error, 'somebody without the right certificate'),
    };
    this.listener = await system.net.listen(address, (socket) =>
      receivePeer(socket, {
        system,
        purpose: Purpose.channels,
        onHello: (payload, welcome) => this.receive(payload, welcome),
        onRefused: (error, remote) => this.turnedAway(error, remote),
      }),
    );
  }

  private flush(): void {
    for (const link of this.links.values()) link.flush();
  }

  /** What is small waits for more, but not longer than until the event loop turns. */
  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    this.settings.system.timers.soon(() => {
      this.isFlushing = false;
      this.flush();
    });
  }

  private link(peer: number): PeerLink {
    const known = this.links.get(peer);
    if (known !== undefined) return known;
    const { system, slot, creditBytes = usualCreditBytes } = this.settings;
    const link = new PeerLink({
      hashing: system.hashing,
      slot,
      peer,
      creditBytes,
      attempt: () => this.attempt,
      flushSoon: () => this.flushSoon(),
      onFailed: (error) => this.failed(error),
    });
    this.links.set(peer, link);
    return link;
  }

  private call(peer: SlotAddress): Promise<void> {
    const { system, tls, jobUid, slot } = this.settings;
    return callPeer({
      system,
      address: peer,
      tls,
      purpose: Purpose.channels,
      peer: `slot ${peer.slot}`,
      writeHello: (writer) => {
        writer.writeSizedText(jobUid);
        writer.writeVarint(this.attempt);
        writer.writeVarint(slot);
        writer.writeVarint(peer.slot);
      },
      onWelcome: (connection) => this.attach(peer.slot, connection, this.attempt),
    });
  }

  private async awaitCall({ slot: peer }: SlotAddress): Promise<void> {
    if (this.link(peer).isConnected) return;
    const called = new Promise<void>((resolve) => void this.awaited.set(peer, resolve));
    if (await settlesWithin(this.settings.system.timers, called, helloTimeoutMs)) return;
    const { slot } = this.settings;
    throw new MillraceError(
      'io',
      `Slot ${peer} has not called slot ${slot} within ${helloTimeoutMs / 1000} s.`,
      {
        where: { slot, port: this.port },
        hint: `See whether slot ${peer} runs, and whether it can reach this worker at port ${this.port}.`,
      },
    );
  }

  /** Somebody calls. What is thrown here is the reason why it is not welcome. */
  private receive(payload: ByteReader, welcome: () => Connection): void {
    const refuse = (why: string): never => {
      throw new MillraceError('io', why);
    };
    const jobUid = payload.readText(payload.readCount(1));
    const [attempt, peer, slot] = [payload.readVarint(), payload.readVarint(), payload.readVarint()];
    if (this.isOver) refuse('its slot has ended');
    if (jobUid !== this.settings.jobUid)
      refuse(`it belongs to the job ${this.settings.jobUid}, not to ${jobUid}`);
    if (slot !== this.settings.slot) refuse(`it is slot ${this.settings.slot}, not slot ${slot}`);
    if (attempt < this.attempt) refuse(`attempt ${attempt} is over: it is at attempt ${this.attempt}`);
    if (attempt > this.nextAttempt)
      refuse(`it is at attempt ${this.attempt} and knows nothing of ${attempt}`);
    if (peer >= slot || peer >= mostSlots) refuse(`slot ${peer} is not to call, but to be called`);
    if (this.link(peer).isConnected) refuse(`slot ${peer} is connected already`);
    this.attach(peer, welcome(), attempt);
  }

  private attach(peer: number, connection: Connection, attempt: number): void {
    if (this.isOver) return connection.destroy();
    this.link(peer).attach(connection, attempt);
    this.awaited.get(peer)?.();
    this.awaited.delete(peer);
  }

  private failed(error: MillraceError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.settings.onFailed(error);
  }

  private turnedAway(reason: Error, remote: string): void {
    this.refused++;
    const { slot, onRefused } = this.settings;
    onRefused?.(
      new MillraceError('io', `Slot ${slot} has turned away ${remote}: ${reason.message}.`, {
        cause: reason,
        where: { slot, peer: remote },
        hint: 'Nothing to do if a worker of an older attempt is still ending; otherwise find out who calls this port.',
      }),
    );
  }
}
