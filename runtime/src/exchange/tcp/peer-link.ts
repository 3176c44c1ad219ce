import type { ByteReader } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { TaskEdge } from '../../graph/physical-graph.ts';
import type { Hashing } from '../../sys/hashing.ts';
import type { ChannelReceiver, ChannelSender } from '../channel.ts';
import type { StreamElement } from '../element.ts';
import { readElement, writeFrame } from '../frame.ts';
import { RemoteReceiver } from '../remote-receiver.ts';
import type { Connection } from './connection.ts';
import { FrameWriter } from './frames.ts';
import { firstOwnKind } from './hello.ts';
import { OutgoingChannel } from './outgoing-channel.ts';

/**
 * Frames between two slots, each with the sender's attempt (u32) in front:
 *
 *   element:  edge varint, then as between threads
 *   credit:   edge varint | batches varint, again and again
 *   bye:      nothing; the sender has sent all that it will ever send
 */
const Kind = { element: firstOwnKind, credit: firstOwnKind + 1, bye: firstOwnKind + 2 } as const;

/** So many bytes are worth a write of their own; less waits until the slot sleeps or its turn is over. */
const worthSending = 32 * 1024;
/** So many batches taken are worth telling before that. */
const worthTelling = 4;

export interface PeerLinkSettings {
  readonly hashing: Hashing;
  /** This slot and the other. */
  readonly slot: number;
  readonly peer: number;
  /** Bytes under way on one channel before its sender must wait. */
  readonly creditBytes: number;
  /** The attempt of this slot now. */
  attempt(): number;
  /** There is something to send that `pump` would leave for later. */
  flushSoon(): void;
  /** Called once at most. */
  onFailed(error: MillraceError): void;
}

/** The receiving side of a channel as the link sees it. */
interface IncomingChannel {
  readonly receiver: RemoteReceiver;
  /** Batches taken that the sender does not know of. */
  taken: number;
  hasEnded: boolean;
}

/** All that two slots in different processes say to each other: their channels in both directions, on one connection. */
export class PeerLink {
  private readonly settings: PeerLinkSettings;
  private readonly frames: FrameWriter;
  private connection: Connection | undefined;
  /** `left`: the peer has said that nothing more will come. */
  private state: 'open' | 'left' | 'over' = 'open';
  /** Channels by edge. */
  private readonly outgoing = new Map<number, OutgoingChannel>();
  private readonly incoming = new Map<number, IncomingChannel>();
  /** Edges whose senders are to hear of batches that were taken. */
  private readonly owing = new Set<number>();
  private isTellingSoon = false;
  /** The latest attempt that the peer has shown. */
  private peerAttempt = 0;
  private readonly closedWaiters: (() => void)[] = [];

  constructor(settings: PeerLinkSettings) {
    this.settings = settings;
    this.frames = new FrameWriter(settings.hashing);
  }

  get isConnected(): boolean {
    return this.connection !== undefined;
  }

  /** The connection is there, and the peer has said whose attempt it is of. What was sent before goes now. */
  attach(connection: Connection, peerAttempt: number): void {
    this.connection = connection;
    this.peerAttempt = peerAttempt;
    connection.onFrame = (kind, payload) => this.accept(kind, payload);
    connection.onClosed = (error) => this.closed(error);
    this.flush();
  }

  sender(edge: TaskEdge, onCredit: () => void): ChannelSender {
    const channel = new OutgoingChannel(this.settings.creditBytes, onCredit, (element) =>
      this.send(edge.index, element),
    );
    this.outgoing.set(edge.index, channel);
    return channel;
  }

  receiver(edge: TaskEdge, onElement: () => void): ChannelReceiver {
    const channel: IncomingChannel = {
      receiver: new RemoteReceiver(edge, onElement, () => this.noteTaken(edge.index, channel)),
      taken: 0,
      hasEnded: false,
    };
    this.incoming.set(edge.index, channel);
    return channel.receiver;
  }

  /** Sends what is worth it; true when something went. */
  pump(): boolean {
    return this.frames.length >= worthSending || this.isTellingSoon ? this.flush() : false;
  }

  /** Sends all there is; true when something went. */
  flush(): boolean {
    const { connection, frames } = this;
    if (connection === undefined) return false;
    if (this.owing.size > 0) this.writeCredit();
    if (frames.length === 0) return false;
    connection.write(frames.take());
    return true;
  }

  /** Whether everything sent has left this process. */
  isEmpty(): boolean {
    return this.frames.length === 0 && (this.connection?.bufferedBytes ?? 0) === 0;
  }

  /** Says that nothing more will come; resolves when the peer has closed, too. */
  leave(): Promise<void> {
    const { connection } = this;
    if (this.state === 'over' || connection === undefined) return Promise.resolve();
    this.begin(Kind.bye);
    this.frames.end();
    this.flush();
    this.state = 'left';
    connection.end();
    return new Promise((resolve) => void this.closedWaiters.push(resolve));
  }

  /** Closes at once. */
  destroy(): void {
    this.over();
    this.connection?.destroy();
  }

  /** Gives the bytes of the frame; 0 when the peer takes no more. */
  private send(edge: number, element: StreamElement): number {
    if (this.state !== 'open') return 0;
    writeFrame(edge, element, this.begin(Kind.element));
    const bytes = this.frames.end();
    this.settings.flushSoon();
    return bytes;
  }

  private begin(kind: number) {
    const writer = this.frames.begin(kind);
    writer.writeInt32(this.settings.attempt());
    return writer;
  }

  private noteTaken(edge: number, channel: IncomingChannel): void {
    channel.taken++;
    this.owing.add(edge);
    if (channel.taken >= worthTelling) this.isTellingSoon = true;
    this.settings.flushSoon();
  }

  private writeCredit(): void {
    const writer = this.begin(Kind.credit);
    for (const edge of this.owing) {
      const channel = this.incoming.get(edge) as IncomingChannel;
      writer.writeVarint(edge);
      writer.writeVarint(channel.taken);
      channel.taken = 0;
    }
    this.frames.end();
    this.owing.clear();
    this.isTellingSoon = false;
  }

  private accept(kind: number, payload: ByteReader): void {
    const attempt = payload.readInt32();
    if (attempt < this.peerAttempt)
      throw new MillraceError(
        'io',
        `it sent a frame of attempt ${attempt}, and it is at ${this.peerAttempt}`,
      );
    this.peerAttempt = attempt;
    switch (kind) {
      case Kind.element:
        return this.acceptElement(payload);
      case Kind.credit:
        return this.acceptCredit(payload);
      case Kind.bye:
        return this.acceptBye();
      default:
        throw new MillraceError('io', `it sent a frame of the unknown kind ${kind}`);
    }
  }

  private acceptElement(payload: ByteReader): void {
    const bytes = payload.remaining;
    const edge = payload.readVarint();
    const channel = this.incoming.get(edge);
    if (channel === undefined) throw payload.corrupt(`nobody receives on edge ${edge}`);
    const element = readElement(payload);
    if (payload.remaining > 0) throw payload.corrupt(`${payload.remaining} bytes follow a frame`);
    if (element.kind === 'end') channel.hasEnded = true;
    channel.receiver.accept(element, bytes);
  }

  private acceptCredit(payload: ByteReader): void {
    while (payload.remaining > 0) {
      const edge = payload.readVarint();
      const batches = payload.readVarint();
      const channel = this.outgoing.get(edge);
      if (channel === undefined) throw payload.corrupt(`nobody sends on edge ${edge}`);
      if (!channel.giveBack(batches)) throw payload.corrupt(`more credit came than was used on edge ${edge}`);
    }
  }

  private acceptBye(): void {
    for (const [edge, { hasEnded }] of this.incoming) {
      if (!hasEnded) throw new MillraceError('io', `it left before it had ended edge ${edge}`);
    }
    if (this.state === 'open') this.state = 'left';
  }

  private closed(error: unknown): void {
    const { state } = this;
    this.over();
    if (state === 'open' || (state === 'left' && MillraceError.is(error)))
      this.settings.onFailed(this.lost(error));
  }

  private over(): void {
    this.state = 'over';
    for (const tell of this.closedWaiters.splice(0)) tell();
  }

  private lost(error: unknown): MillraceError {
    const { slot, peer } = this.settings;
    const remote = this.connection?.remote ?? '';
    const reason = error instanceof Error ? error.message : 'it closed the connection';
    return new MillraceError('worker-lost', `Slot ${slot} has lost slot ${peer} at ${remote}: ${reason}.`, {
      cause: error,
      where: { slot, peer: remote },
      hint: `This attempt of the job ends here. If it happens again, see the log of the worker of slot ${peer}, and the network between.`,
    });
  }
}
