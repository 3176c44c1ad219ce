import type { Batch } from '../../batch/batch.ts';
import { MillraceError } from '../../contract/errors.ts';
import { Byte } from './byte-classes.ts';
import { paddingBytes, type RecordDecoder } from './decoder.ts';

/** Where bytes come from. */
export interface ByteSupply {
  /** Puts up to `length` bytes into `target`: their number, 0 at the end, undefined when there are none now. */
  read(target: Uint8Array, offset: number, length: number): number | undefined;
}

export interface RecordStreamSettings {
  readonly decoder: RecordDecoder;
  readonly supply: ByteSupply;
  /** The position, in the whole of the bytes, of the first byte that the supply will give. */
  readonly position: number;
  /** Records that begin at or behind this position are another stream's; absent = read to the end. Line formats only. */
  readonly end?: number | undefined;
  /** Begin behind the first line feed: what comes before it is another stream's. */
  readonly skipFirstLine?: boolean;
  readonly maximumRecordBytes: number;
  /** Bytes asked for at a time. */
  readonly chunkBytes?: number;
}

export type StreamResult = 'batch' | 'waiting' | 'end';

const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/**
 * Turns bytes into batches of records with one buffer that is used again and again, and knows the exact position of the next
 * record. Memory is bounded by the chunk and the longest record allowed: a longer one is reported and passed over.
 */
export class RecordStream {
  private readonly settings: RecordStreamSettings;
  private readonly chunkBytes: number;
  private buffer: Uint8Array;
  /** The bytes not yet consumed are `buffer[from .. to)`. */
  private from = 0;
  private to = 0;
  /** Position of `buffer[0]`. */
  private base: number;
  private supplyEnded = false;
  /** Before the first record: a byte order mark may stand there, or the rest of another stream's line. */
  private atStart = true;
  private skipping: boolean;
  private discarding = false;
  private totalRead = 0;

  constructor(settings: RecordStreamSettings) {
    this.settings = settings;
    this.chunkBytes = settings.chunkBytes ?? 512 * 1024;
    this.buffer = new Uint8Array(this.chunkBytes + paddingBytes);
    this.base = settings.position;
    this.skipping = settings.skipFirstLine ?? false;
  }

  /** Where the first record begins that no batch has held yet. */
  get position(): number {
    return this.base + this.from;
  }

  /** Whether the start has been found: before that, `position` is not that of a record. */
  get aligned(): boolean {
    return !this.atStart;
  }

  /** The position, in the whole of the bytes, of a place in the run that a decoder has in hand. */
  positionOf(place: number): number {
    return this.base + place;
  }

  /** Bytes taken from the supply. */
  get bytesRead(): number {
    return this.totalRead;
  }

  /** Bytes in hand of a record whose end has not come. */
  get partialBytes(): number {
    return this.to - this.from;
  }

  /** The next records; `undefined` with `waiting` or `end` in `result`. Reads no more than a few chunks. */
  next(): { readonly result: StreamResult; readonly batch: Batch | undefined } {
    const { decoder } = this.settings;
    for (let chunks = 0; ; chunks++) {
      this.consume();
      if (decoder.full || (chunks >= 2 && decoder.length > 0)) return this.hand('waiting');
      if (this.finished()) return this.hand('end');
      if (!this.fill()) return this.hand('waiting');
    }
  }

  /** Says that the supply, which had nothing more, has ended for good: the partial record in hand is a record. */
  endSupply(): void {
    this.supplyEnded = true;
  }

  private hand(otherwise: StreamResult): { result: StreamResult; batch: Batch | undefined } {
    const batch = this.settings.decoder.take();
    return { result: batch === undefined ? otherwise : 'batch', batch };
  }

  private finished(): boolean {
    const { end } = this.settings;
    if (end !== undefined && this.position >= end && !this.discarding && !this.skipping) return true;
    return this.supplyEnded && this.from === this.to;
  }

  /** Passes over and decodes what it can of the bytes in hand. */
  private consume(): void {
    if (this.atStart && !this.passStart()) return;
    const { decoder, maximumRecordBytes } = this.settings;
    const ownedEnd = this.ownedEnd();
    const limit = ownedEnd ?? this.to;
    const last = ownedEnd !== undefined || this.supplyEnded;
    while (!decoder.full) {
      if (this.discarding) {
        if (!this.discard(limit, false)) return;
        continue;
      }
      this.from = this.decodeUpTo(limit, last);
      if (decoder.full || limit - this.from <= maximumRecordBytes) return;
      this.discard(limit, true);
    }
  }

  /** The decoder writes a line feed behind the run; what stands there may be another stream's and is put back. */
  private decodeUpTo(limit: number, last: boolean): number {
    const behind = this.buffer[limit]!;
    const position = this.settings.decoder.decode(this.buffer, this.from, limit, last);
    this.buffer[limit] = behind;
    return position;
  }

  private discard(limit: number, begins: boolean): boolean {
    const position = this.settings.decoder.discard(this.buffer, this.from, limit, begins);
    this.discarding = position < 0;
    this.from = position < 0 ? limit : position;
    return position >= 0;
  }

  /** A byte order mark, or the end of another stream's line. False = more bytes are needed. */
  private passStart(): boolean {
    if (this.skipping) {
      const lineFeed = this.buffer.subarray(0, this.to).indexOf(Byte.lineFeed, this.from);
      this.from = lineFeed < 0 ? this.to : lineFeed + 1;
      if (lineFeed < 0 && !this.supplyEnded) return false;
      this.skipping = false;
    } else if (this.base === 0) {
      const there = this.to - this.from;
      const marked = byteOrderMark.every((byte, i) => i >= there || this.buffer[i] === byte);
      if (marked && there < byteOrderMark.length && !this.supplyEnded) return false;
      if (marked && there >= byteOrderMark.length) this.from += byteOrderMark.length;
    }
    this.atStart = false;
    return true;
  }

  /** Behind the line feed that ends the last record of this stream, once it is in the buffer. */
  private ownedEnd(): number | undefined {
    const { end } = this.settings;
    if (end === undefined || this.base + this.to < end) return undefined;
    const lastByte = Math.max(end - 1 - this.base, 0);
    const lineFeed = this.buffer.subarray(0, this.to).indexOf(Byte.lineFeed, lastByte);
    return lineFeed < 0 ? undefined : lineFeed + 1;
  }

  /** Reads one more chunk. False = nothing there now. */
  private fill(): boolean {
    if (this.supplyEnded)
      throw new MillraceError('internal', 'A decoder left bytes behind at the end of its input.');
    this.makeRoom();
    const read = this.settings.supply.read(this.buffer, this.to, this.buffer.length - paddingBytes - this.to);
    if (read === undefined) return false;
    if (read === 0) this.supplyEnded = true;
    this.to += read;
    this.totalRead += read;
    return true;
  }

  /** Moves the rest to the front; grows the buffer when a record fills it. */
  private makeRoom(): void {
    if (this.from > 0) {
      this.buffer.copyWithin(0, this.from, this.to);
      this.base += this.from;
      this.to -= this.from;
      this.from = 0;
    }
    const room = this.buffer.length - paddingBytes - this.to;
    if (room >= this.chunkBytes / 2) return;
    const larger = new Uint8Array(this.buffer.length + this.chunkBytes);
    larger.set(this.buffer.subarray(0, this.to));
    this.buffer = larger;
  }
}
