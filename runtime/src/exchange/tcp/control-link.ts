import { type ByteReader, decodeValue, encodeValue } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Cancellable, System } from '../../sys/system.ts';
import { Queue } from '../queue.ts';
import type { Connection } from './connection.ts';
import { FrameWriter } from './frames.ts';
import { firstOwnKind } from './hello.ts';

/** Frames of a control link: a message is one value; a heartbeat and the bye before an orderly end are nothing. */
const Kind = { message: firstOwnKind, heartbeat: firstOwnKind + 1, bye: firstOwnKind + 2 } as const;

/** A message is no longer than this, in either direction. */
export const longestMessageBytes: number = 64 * 2 ** 20;
/** Bytes that may wait for a peer that takes none. */
const mostWaitingBytes = 2 * longestMessageBytes;

/** Both ends say so often that they live, and take the other for lost when they have heard nothing for so long. */
export const heartbeatMs = 500;
export const silentAfterMs = 2500;

export interface ControlEvents {
  /** A value that the peer has sent. What is thrown here ends the link: a message that is refused is no message. */
  onMessage(message: unknown): void;
  /** Called once, unless the link was ended from this side; without an error when the peer has ended it in order. */
  onClosed(error: MillraceError | undefined): void;
}

/**
 * Messages between the coordinator and a worker, in order, each a value of the value domain. It ends at once when the peer has
 * closed, and in less than three seconds when the peer is silent. What is an answer to what is up to those who talk.
 */
export class ControlLink {
  /** Who the peer is, for messages, e.g. `worker 7f…`. */
  readonly peer: string;
  private readonly system: Pick<System, 'hashing' | 'timers' | 'clock'>;
  private readonly connection: Connection;
  private readonly frames: FrameWriter;
  private events: ControlEvents | undefined;
  /** Messages that came before anybody listened. */
  private readonly early = new Queue<unknown>();
  private state: 'open' | 'left' | 'over' = 'open';
  private ending: { readonly error: MillraceError | undefined } | undefined;
  private heardMs: number;
  private beat: Cancellable | undefined;

  constructor(connection: Connection, peer: string, system: Pick<System, 'hashing' | 'timers' | 'clock'>) {
    this.connection = connection;
    this.peer = peer;
    this.system = system;
    this.frames = new FrameWriter(system.hashing, longestMessageBytes);
    this.heardMs = system.clock.monotonicMs();
    connection.trust(longestMessageBytes);
    connection.onBytes = () => {
      this.heardMs = system.clock.monotonicMs();
    };
    connection.onFrame = (kind, payload) => this.accept(kind, payload);
    connection.onClosed = (error) => this.closed(error);
    this.scheduleBeat();
  }

  get remote(): string {
    return this.connection.remote;
  }

  /** Hears of what has come so far, and of all that comes. */
  listen(events: ControlEvents): void {
    this.events = events;
    while (this.early.length > 0 && this.state !== 'over') events.onMessage(this.early.take());
    if (this.ending !== undefined) events.onClosed(this.ending.error);
  }

  /**
   * Sends a value. Ignored once the link is over: `onClosed` has told.
   * @throws MillraceError `value-unsupported` or `resource` when it is no value or too large; nothing is sent then.
   */
  send(message: unknown): void {
    if (this.state !== 'open') return;
    encodeValue(message, this.frames.begin(Kind.message));
    this.write();
    if (this.connection.bufferedBytes > mostWaitingBytes)
      this.fail(`it has not taken ${this.connection.bufferedBytes} bytes of messages`);
  }

  /** Ends in order, behind all that was sent. */
  end(): void {
    if (this.state !== 'open') return;
    this.frames.begin(Kind.bye);
    this.write();
    this.over();
    this.connection.end();
    this.beat = this.system.timers.after(silentAfterMs, () => this.connection.destroy());
  }

  /** Ends at once. */
  destroy(): void {
    this.over();
    this.connection.destroy();
  }

  private write(): void {
    this.frames.end();
    this.connection.write(this.frames.take());
  }

  private accept(kind: number, payload: ByteReader): void {
    if (this.state !== 'open') return;
    switch (kind) {
      case Kind.message:
        return this.acceptMessage(payload);
      case Kind.heartbeat:
        return;
      case Kind.bye:
        this.state = 'left';
        return;
      default:
        throw new MillraceError('io', `it sent a frame of the unknown kind ${kind}`);
    }
  }

  private acceptMessage(payload: ByteReader): void {
    const message = decodeValue(payload);
    if (payload.remaining > 0) throw payload.corrupt(`${payload.remaining} bytes follow a message`);
    if (this.events === undefined) this.early.push(message);
    else this.events.onMessage(message);
  }

  private scheduleBeat(): void {
    const { clock, timers } = this.system;
    const dueMs = clock.monotonicMs() + heartbeatMs;
    this.beat = timers.after(heartbeatMs, () => {
      const nowMs = clock.monotonicMs();
      // Whoever was stopped itself has heard nobody meanwhile: what has come is read first.
      if (nowMs - dueMs > heartbeatMs)
        this.heardMs = Math.max(this.heardMs, nowMs - silentAfterMs + heartbeatMs);
      if (nowMs - this.heardMs >= silentAfterMs)
        return this.fail(`it has been silent for ${Math.round(nowMs - this.heardMs)} ms`);
      this.frames.begin(Kind.heartbeat);
      this.write();
      this.scheduleBeat();
    });
  }

  private fail(reason: string): void {
    this.connection.destroy();
    this.closed(new Error(reason));
  }

  private closed(error: unknown): void {
    const { state } = this;
    this.over();
    if (state === 'over') return;
    this.ending = { error: state === 'left' ? undefined : this.lost(error) };
    this.events?.onClosed(this.ending.error);
  }

  private over(): void {
    this.state = 'over';
    this.beat?.cancel();
  }

  private lost(error: unknown): MillraceError {
    const reason = error instanceof Error ? error.message : 'it closed the connection';
    return new MillraceError('io', `The link to ${this.peer} at ${this.remote} is lost: ${reason}.`, {
      cause: error,
      where: { peer: this.remote },
      hint: `See the log of ${this.peer}, and the network between.`,
    });
  }
}
