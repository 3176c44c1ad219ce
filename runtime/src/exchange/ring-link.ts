import type { DoorbellButton } from './doorbell.ts';
import { Queue } from './queue.ts';
import { RingReader, RingWriter } from './ring.ts';

/** The sending side of a ring: frames for which there is no room wait here, in order. */
export class OutgoingLink {
  private readonly writer: RingWriter;
  private readonly peer: DoorbellButton;
  private readonly waiting = new Queue<Uint8Array>();
  /** Bytes of the first waiting frame that are in the ring. */
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
    for (let frame = this.waiting.peek(); frame !== undefined; frame = this.waiting.peek()) {
      const before = this.written;
      this.written = this.writer.write(frame, before);
      if (this.written > before) moved = true;
      if (this.written < frame.length) break;
      this.written = 0;
      this.waiting.take();
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

  /**
   * Takes all that is in the ring and hands on the frames that are whole; true when anything moved. The writer is told that
   * there is room again, also for a mere part of a frame: it waits for that room with the rest of the frame.
   */
  pump(accept: (frame: Uint8Array) => void): boolean {
    const before = this.reader.position;
    for (let frame = this.reader.read(); frame !== undefined; frame = this.reader.read()) accept(frame);
    const moved = this.reader.position !== before;
    if (moved) this.peer.press();
    return moved;
  }
}
