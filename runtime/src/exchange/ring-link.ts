import type { DoorbellButton } from './doorbell.ts';
import { RingReader, RingWriter } from './ring.ts';

/** The sending side of a ring: frames for which there is no room wait here, in order. */
export class OutgoingLink {
  private readonly writer: RingWriter;
  private readonly peer: DoorbellButton;
  private waiting: Uint8Array[] = [];
  private head = 0;
  private written = 0;

  constructor(ring: SharedArrayBuffer, peer: DoorbellButton) {
    this.writer = new RingWriter(ring);
    this.peer = peer;
  }

  /** Sends a frame; its memory may be used again afterwards. */
  send(frame: Uint8Array): void {
    if (this.waiting.length > 0) {
      this.waiting.push(frame.slice());
      return;
    }
    this.written = this.writer.write(frame, 0);
    if (this.written < frame.length) this.waiting.push(frame.slice());
    this.peer.press();
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Writes what waits, as far as there is room; true when something moved. */
  pump(): boolean {
    let moved = false;
    while (this.head < this.waiting.length) {
      const frame = this.waiting[this.head] as Uint8Array;
      const before = this.written;
      this.written = this.writer.write(frame, before);
      if (this.written > before) moved = true;
      if (this.written < frame.length) break;
      this.written = 0;
      this.head++;
    }
    if (this.head > 0 && this.head === this.waiting.length) {
      this.waiting = [];
      this.head = 0;
    }
    if (moved) this.peer.press();
    return moved;
  }
}

/** The receiving side of a ring. */
export class IncomingLink {
  private readonly reader: RingReader;
  private readonly peer: DoorbellButton;

  constructor(ring: SharedArrayBuffer, peer: DoorbellButton) {
    this.reader = new RingReader(ring);
    this.peer = peer;
  }

  /** Takes all whole frames; true when there were any. The writer is told that there is room again. */
  pump(accept: (frame: Uint8Array) => void): boolean {
    let moved = false;
    for (let frame = this.reader.read(); frame !== undefined; frame = this.reader.read()) {
      moved = true;
      accept(frame);
    }
    if (moved) this.peer.press();
    return moved;
  }
}
