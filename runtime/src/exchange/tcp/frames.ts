/**
 * `tcp` carries elements, credit and messages between processes, over streams of bytes. A *frame* is what is sent at a time:
 *
 *   length u32, of what follows the checksum | crc32 u32, of the same | kind u8 | payload
 *
 * A *connection* is a socket that carries frames; a *hello* opens it; a *peer link* is all that two slots say to each other.
 */
import { ByteReader, ByteWriter } from '../../batch/codec.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Hashing } from '../../sys/hashing.ts';

const headerBytes = 8;

/** No frame is longer: a length beyond it was damaged, or is none at all. */
export const longestFrameBytes: number = 2 ** 30;

/** Memory for frames that is made in advance, and that is kept from one frame to the next at most. */
const usualBytes = 64 * 1024;
const mostPreparedBytes = 256 * 1024;
const mostKeptBytes = 4 * 2 ** 20;

/** Writes frames behind each other, straight into the memory that is sent. */
export class FrameWriter {
  private readonly hashing: Hashing;
  private readonly writer = new ByteWriter(usualBytes);
  private readonly longestBytes: number;
  /** Where the frame in hand begins, which is where the last whole one ends. */
  private start = 0;

  constructor(hashing: Hashing, longestBytes: number = longestFrameBytes) {
    this.hashing = hashing;
    this.longestBytes = longestBytes;
  }

  /** Bytes of whole frames. */
  get length(): number {
    return this.start;
  }

  /** Begins a frame; its payload goes to the writer that this gives. A frame that was begun and not ended is forgotten. */
  begin(kind: number): ByteWriter {
    const { writer } = this;
    writer.rewind(this.start);
    writer.writeInt32(0);
    writer.writeInt32(0);
    writer.writeByte(kind);
    return writer;
  }

  /**
   * Ends the frame and gives its length.
   * @throws MillraceError `resource` when it is longer than any frame may be; it is then forgotten.
   */
  end(): number {
    const { writer, start } = this;
    const bytes = writer.length - start;
    if (bytes - headerBytes > this.longestBytes) {
      writer.rewind(start);
      throw tooLong(bytes);
    }
    const body = writer.view().subarray(start + headerBytes);
    writer.patchInt32(start, body.length);
    writer.patchInt32(start + 4, this.hashing.crc32(body));
    this.start = writer.length;
    return bytes;
  }

  /** Hands over all whole frames, as bytes that nobody else will touch. */
  take(): Uint8Array {
    this.writer.rewind(this.start);
    const taken = this.start;
    this.start = 0;
    // As much will follow as came before, most of the time: memory that must grow is copied.
    return this.writer.take(Math.min(mostPreparedBytes, Math.max(usualBytes, taken + (taken >> 3))));
  }
}

const tooLong = (bytes: number): MillraceError =>
  new MillraceError('resource', `A batch of ${bytes} bytes is too large to be sent to another process.`, {
    hint: 'Make single records smaller, or keep large ones in a store and send their addresses.',
  });

/** What is wrong with bytes that should be a frame. */
const damaged = (what: string): MillraceError => new MillraceError('io', what);

/** Finds the frames in a stream of bytes that comes in parts of any size. Nothing damaged is ever skipped. */
export class FrameReader {
  private readonly hashing: Hashing;
  /** The longest frame that is taken. Smaller until the peer has said who it is. */
  longestBytes: number;
  private readonly accept: (kind: number, payload: ByteReader) => void;
  /** The beginning of a frame whose rest has not come yet. */
  private partial = new Uint8Array(0);
  private filled = 0;

  constructor(hashing: Hashing, longestBytes: number, accept: (kind: number, payload: ByteReader) => void) {
    this.hashing = hashing;
    this.longestBytes = longestBytes;
    this.accept = accept;
  }

  /**
   * Takes the next bytes and hands on every frame that is whole with them. The memory of a payload is used again afterwards.
   * @throws MillraceError `io` when bytes were damaged, and whatever `accept` throws. Nothing can be read after that.
   */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at = this.filled > 0 ? this.complete(bytes, at) : this.take(bytes, at);
    }
  }

  /** Takes a frame from where it lies; gives the position behind it. */
  private take(bytes: Uint8Array, at: number): number {
    const rest = bytes.length - at;
    if (rest >= headerBytes) {
      const frameBytes = headerBytes + this.lengthAt(bytes, at);
      if (rest >= frameBytes) {
        this.examine(bytes, at, at + frameBytes);
        return at + frameBytes;
      }
    }
    return this.keep(bytes, at, bytes.length);
  }

  /** Adds what belongs to the frame that has begun, first to its header. */
  private complete(bytes: Uint8Array, at: number): number {
    if (this.filled < headerBytes)
      return this.keep(bytes, at, Math.min(bytes.length, at + headerBytes - this.filled));
    const frameBytes = headerBytes + this.lengthAt(this.partial, 0);
    const next = this.keep(bytes, at, Math.min(bytes.length, at + frameBytes - this.filled));
    if (this.filled < frameBytes) return next;
    this.filled = 0;
    this.examine(this.partial, 0, frameBytes);
    if (this.partial.length > mostKeptBytes) this.partial = new Uint8Array(0);
    return next;
  }

  /** Memory grows with the bytes that are there, not with the length that they claim. */
  private keep(bytes: Uint8Array, from: number, to: number): number {
    const filled = this.filled + to - from;
    if (filled > this.partial.length) {
      const larger = new Uint8Array(Math.max(2 * filled, usualBytes));
      larger.set(this.partial.subarray(0, this.filled));
      this.partial = larger;
    }
    this.partial.set(bytes.subarray(from, to), this.filled);
    this.filled = filled;
    return to;
  }

  private lengthAt(bytes: Uint8Array, at: number): number {
    const length = unsignedAt(bytes, at);
    if (length === 0) throw damaged('a frame is empty');
    if (length > this.longestBytes)
      throw damaged(`a frame claims ${length} bytes where ${this.longestBytes} are the most`);
    return length;
  }

  private examine(bytes: Uint8Array, start: number, end: number): void {
    const body = start + headerBytes;
    const checksum = this.hashing.crc32(bytes.subarray(body, end));
    if (checksum !== unsignedAt(bytes, start + 4)) throw damaged('the checksum of a frame is wrong');
    this.accept(bytes[body] as number, new ByteReader(bytes, body + 1, end));
  }
}

const unsignedAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;
