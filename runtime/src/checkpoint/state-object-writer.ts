import { ByteWriter } from '../batch/codec.ts';
import type { System } from '../sys/system.ts';
import { formatRanges } from './key-group-ranges.ts';
import type { SnapshotUnit } from './snapshot-unit.ts';
import {
  type BlockEntry,
  encodeIndex,
  encodeUnit,
  footerBytes,
  headerBytes,
  magic,
  stateObjectVersion,
  type UnitEntry,
} from './state-object.ts';

/** A block is closed when it has so many bytes: large enough to compress well, small enough to read for one key group. */
const blockBytes = 1024 * 1024;

/** An object, ready to be put, and what a manifest says of it besides its key. */
export interface WrittenObject {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** Of all its units, before they were compressed. */
  readonly rawBytes: number;
  /** Of the whole object. */
  readonly crc32: number;
  /** Where the index begins; it and the footer are the rest of the object. */
  readonly indexOffset: number;
  readonly indexBytes: number;
  /** Which key groups it has pieces of, as ranges. */
  readonly keyGroups: string;
}

interface Block {
  readonly rawBytes: number;
  readonly isCompressed: boolean;
  readonly stored: Uint8Array;
}

const joined = (parts: readonly Uint8Array[], size: number): Uint8Array => {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Makes one state object: takes units, compresses full blocks off the thread meanwhile. */
export class StateObjectWriter {
  private readonly system: Pick<System, 'compression' | 'hashing'>;
  private readonly compress: boolean;
  private readonly units: UnitEntry[] = [];
  private readonly blocks: Promise<Block>[] = [];
  private open: Uint8Array[] = [];
  private openBytes = 0;
  private closedBytes = 0;

  /** @param compress false = blocks are stored as they are, which costs no processor */
  constructor(system: Pick<System, 'compression' | 'hashing'>, compress: boolean = true) {
    this.system = system;
    this.compress = compress;
  }

  /** What was taken so far, before compression: a new object is begun when it has grown large. */
  get rawBytes(): number {
    return this.closedBytes + this.openBytes;
  }

  get isEmpty(): boolean {
    return this.units.length === 0;
  }

  /** Takes a unit, whose bytes must not change until `finish` has resolved. */
  add(unit: SnapshotUnit): void {
    const bytes = encodeUnit(unit);
    if (this.openBytes > 0 && this.openBytes + bytes.length > blockBytes) this.closeBlock();
    const place = { block: this.blocks.length, offset: this.openBytes, length: bytes.length };
    if (unit.kind === 'keyGroup') {
      const { kind, uid, keyGroup, mode } = unit;
      this.units.push({ kind, uid, keyGroup, mode, ...place });
    } else {
      const { kind, uid, state, subtask } = unit;
      this.units.push({ kind, uid, state, subtask, ...place });
    }
    this.open.push(bytes);
    this.openBytes += bytes.length;
  }

  /** Closes the object. Nothing may be added behind it. */
  async finish(): Promise<WrittenObject> {
    if (this.open.length > 0) this.closeBlock();
    const blocks = await Promise.all(this.blocks);
    const { hashing } = this.system;
    let indexOffset = headerBytes;
    const entries = blocks.map(({ stored, rawBytes, isCompressed }): BlockEntry => {
      const offset = indexOffset;
      indexOffset += stored.length;
      return { offset, storedBytes: stored.length, rawBytes, isCompressed, crc32: hashing.crc32(stored) };
    });
    const index = encodeIndex({ blocks: entries, units: this.units });
    const parts = [this.header(), ...blocks.map(({ stored }) => stored), index, this.footer(index)];
    const indexBytes = index.length + footerBytes;
    const sizeBytes = indexOffset + indexBytes;
    const bytes = joined(parts, sizeBytes);
    const keyGroups = formatRanges(this.units.flatMap((u) => (u.kind === 'keyGroup' ? [u.keyGroup] : [])));
    const { rawBytes } = this;
    return { bytes, sizeBytes, rawBytes, crc32: hashing.crc32(bytes), indexOffset, indexBytes, keyGroups };
  }

  private closeBlock(): void {
    const block = this.close(joined(this.open, this.openBytes));
    // It is looked at in `finish`, which may never come when the checkpoint is aborted.
    block.catch(() => {});
    this.blocks.push(block);
    this.closedBytes += this.openBytes;
    this.open = [];
    this.openBytes = 0;
  }

  private async close(raw: Uint8Array): Promise<Block> {
    if (this.compress && raw.length > 0) {
      const stored = await this.system.compression.compress(raw);
      if (stored.length < raw.length) return { rawBytes: raw.length, isCompressed: true, stored };
    }
    return { rawBytes: raw.length, isCompressed: false, stored: raw };
  }

  private header(): Uint8Array {
    return Uint8Array.of(...magic, stateObjectVersion);
  }

  private footer(index: Uint8Array): Uint8Array {
    const writer = new ByteWriter(footerBytes);
    writer.writeInt32(index.length);
    writer.writeInt32(this.system.hashing.crc32(index));
    writer.writeByte(stateObjectVersion);
    writer.writeBytes(magic);
    return writer.toBytes();
  }
}
