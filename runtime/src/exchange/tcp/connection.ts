import type { ByteReader } from '../../batch/codec.ts';
import type { Hashing } from '../../sys/hashing.ts';
import type { Socket } from '../../sys/net.ts';
import { FrameReader, longestFrameBytes } from './frames.ts';

/** What a stranger may say at most before it is known who it is. */
const longestHelloBytes = 4096;

/**
 * A socket that carries frames. It ends with the first thing that goes wrong: bytes that are lost or damaged are an error of the
 * whole connection, and so is whatever `onFrame` throws.
 */
export class Connection {
  onFrame: (kind: number, payload: ByteReader) => void = () => undefined;
  /** Called once, unless the connection was ended from this side; without an error when the other side has closed it. */
  onClosed: (error: unknown) => void = () => undefined;
  /** Something has come, were it only a part of a frame. */
  onBytes: () => void = () => undefined;
  private readonly socket: Socket;
  private readonly reader: FrameReader;
  private isOpen = true;

  constructor(socket: Socket, hashing: Hashing) {
    this.socket = socket;
    this.reader = new FrameReader(hashing, longestHelloBytes, (kind, payload) => {
      if (this.isOpen) this.onFrame(kind, payload);
    });
    socket.onData((bytes) => this.take(bytes));
    socket.onClose((error) => this.closed(error));
  }

  get remote(): string {
    return this.socket.remote;
  }

  /** Bytes written that have not left this process yet. */
  get bufferedBytes(): number {
    return this.isOpen ? this.socket.bufferedBytes : 0;
  }

  /** The peer is known now: its frames may be as long as this. */
  trust(longestBytes: number = longestFrameBytes): void {
    this.reader.longestBytes = longestBytes;
  }

  write(frames: Uint8Array): void {
    if (this.isOpen) this.socket.write(frames);
  }

  /** Closes when all is sent that was written; `onClosed` tells when the other side has closed, too. */
  end(): void {
    this.socket.end();
  }

  /** Closes at once. */
  destroy(): void {
    this.isOpen = false;
    this.socket.destroy();
  }

  private take(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.onBytes();
    try {
      this.reader.push(bytes);
    } catch (error) {
      this.closed(error);
      this.socket.destroy();
    }
  }

  private closed(error: unknown): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onClosed(error);
  }
}
