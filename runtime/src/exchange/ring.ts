/** Words of a ring's header, each an Int32. Positions count bytes for ever, modulo 2^32. */
const readWord = 0;
const writeWord = 1;
const headerBytes = 64;
/** In front of each part: its length, and whether more parts of the same frame follow. */
const partHeaderBytes = 8;

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Shared memory for a ring with room for `capacityBytes`, a power of two. */
export const allocateRing = (capacityBytes: number): SharedArrayBuffer =>
  new SharedArrayBuffer(headerBytes + capacityBytes);

/** Where both ends of a ring look. */
interface RingMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly capacity: number;
}

const map = (buffer: SharedArrayBuffer): RingMemory => ({
  words: new Int32Array(buffer, 0, headerBytes / 4),
  bytes: new Uint8Array(buffer, headerBytes),
  view: new DataView(buffer, headerBytes),
  capacity: buffer.byteLength - headerBytes,
});

/**
 * The writing end of a ring of frames in shared memory: one writer, one reader, no locks, never blocks. A frame that does not
 * fit at once goes in parts, as the reader makes room. The position is published after the bytes, so that a reader never sees
 * a part that is not whole. (Lamport's single-producer single-consumer queue.)
 */
export class RingWriter {
  private readonly memory: RingMemory;
  private position: number;

  constructor(buffer: SharedArrayBuffer) {
    this.memory = map(buffer);
    this.position = Atomics.load(this.memory.words, writeWord);
  }

  /** Writes as much of a frame as there is room for, from byte `from` on; gives the bytes of it written so far. */
  write(frame: Uint8Array, from: number): number {
    const { words, view, capacity } = this.memory;
    const used = (this.position - Atomics.load(words, readWord)) >>> 0;
    const room = capacity - used - partHeaderBytes;
    const rest = frame.length - from;
    // Small leftovers of room are not worth a part of their own.
    if (room < rest && room < capacity / 4) return from;
    const length = Math.min(rest, room & ~7);
    const at = this.position & (capacity - 1);
    view.setUint32(at, length, true);
    view.setUint32(at + 4, from + length < frame.length ? 1 : 0, true);
    this.copyIn(frame, from, length);
    this.position = (this.position + partHeaderBytes + padded(length)) | 0;
    Atomics.store(words, writeWord, this.position);
    return from + length;
  }

  private copyIn(frame: Uint8Array, from: number, length: number): void {
    const { bytes, capacity } = this.memory;
    const at = (this.position + partHeaderBytes) & (capacity - 1);
    const first = Math.min(length, capacity - at);
    bytes.set(frame.subarray(from, from + first), at);
    if (first < length) bytes.set(frame.subarray(from + first, from + length), 0);
  }
}

/** The reading end. */
export class RingReader {
  /** Bytes taken so far, modulo 2^32: it changes with every part. */
  position: number;
  private readonly memory: RingMemory;
  private readonly parts: Uint8Array[] = [];

  constructor(buffer: SharedArrayBuffer) {
    this.memory = map(buffer);
    this.position = Atomics.load(this.memory.words, readWord);
  }

  /** The next whole frame, in memory of its own, or undefined when there is none yet. */
  read(): Uint8Array | undefined {
    for (;;) {
      if (Atomics.load(this.memory.words, writeWord) === this.position) return undefined;
      const { view, words, capacity } = this.memory;
      const at = this.position & (capacity - 1);
      const length = view.getUint32(at, true);
      const more = view.getUint32(at + 4, true) === 1;
      const part = this.copyOut(length);
      this.position = (this.position + partHeaderBytes + padded(length)) | 0;
      Atomics.store(words, readWord, this.position);
      if (!more && this.parts.length === 0) return part;
      this.parts.push(part);
      if (!more) return this.join();
    }
  }

  private copyOut(length: number): Uint8Array {
    const { bytes, capacity } = this.memory;
    const at = (this.position + partHeaderBytes) & (capacity - 1);
    const part = new Uint8Array(length);
    const first = Math.min(length, capacity - at);
    part.set(bytes.subarray(at, at + first));
    if (first < length) part.set(bytes.subarray(0, length - first), first);
    return part;
  }

  private join(): Uint8Array {
    const frame = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      frame.set(part, at);
      at += part.length;
    }
    this.parts.length = 0;
    return frame;
  }
}
