/**
 * A state object: blocks of units, an index, a footer. Little-endian throughout.
 *
 *     header   `MRSTATE` and the version
 *     blocks   about 1 MiB of units each behind each other, a zstd frame or stored as they are
 *     index    dictionary of names, one entry a block (sizes, form, CRC of what is stored), one entry a unit, in order
 *     footer   bytes of the index, CRC of the index, the version, `MRSTATE`
 *
 * Whoever wants some key groups of one transform reads the index and then only the blocks that hold them.
 */
import { type ByteReader, ByteWriter } from '../batch/codec.ts';
import type { SnapshotUnit } from './snapshot-unit.ts';

/** What is written. A reader knows all versions up to its own. */
export const stateObjectVersion = 1;
export const magic: Uint8Array = new TextEncoder().encode('MRSTATE');
export const headerBytes = 8;
export const footerBytes = 16;

/** A block of an object, as its index says. */
export interface BlockEntry {
  /** Where it begins in the object. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly isCompressed: boolean;
  /** Of the bytes as they are stored. */
  readonly crc32: number;
}

interface UnitPlace {
  /** Which block it lies in, and where in the raw bytes of that. */
  readonly block: number;
  readonly offset: number;
  readonly length: number;
}

interface KeyGroupEntry extends UnitPlace {
  readonly kind: 'keyGroup';
  readonly uid: string;
  readonly keyGroup: number;
  readonly mode: 'whole' | 'changes';
}

interface SubtaskEntry extends UnitPlace {
  readonly kind: 'list' | 'union' | 'broadcast' | 'inFlight';
  readonly uid: string;
  readonly state: string;
  readonly subtask: number;
}

/** A unit of an object, as its index says. */
export type UnitEntry = KeyGroupEntry | SubtaskEntry;

export interface StateObjectIndex {
  readonly blocks: readonly BlockEntry[];
  readonly units: readonly UnitEntry[];
}

/** What the index says of a unit, without its bytes. */
const forms = ['whole', 'changes', 'list', 'union', 'broadcast', 'inFlight'] as const;

/** Raw bytes that one block may claim to have: what damaged bytes can make us allocate is bounded. */
const mostBlockBytes = 2 ** 31 - 1;

const formOf = (unit: UnitEntry): (typeof forms)[number] =>
  unit.kind === 'keyGroup' ? unit.mode : unit.kind;

/** Writes an index. Units must be in the order in which they lie in the blocks. */
export const encodeIndex = ({ blocks, units }: StateObjectIndex): Uint8Array => {
  const writer = new ByteWriter();
  const names = new Map<string, number>();
  for (const unit of units)
    for (const name of unit.kind === 'keyGroup' ? [unit.uid] : [unit.uid, unit.state])
      if (!names.has(name)) names.set(name, names.size);
  writer.writeVarint(names.size);
  for (const name of names.keys()) writer.writeSizedText(name);
  writer.writeVarint(blocks.length);
  for (const block of blocks) {
    writer.writeVarint(block.storedBytes);
    writer.writeVarint(block.rawBytes);
    writer.writeByte(block.isCompressed ? 1 : 0);
    writer.writeInt32(block.crc32);
  }
  writer.writeVarint(units.length);
  for (const unit of units) {
    writer.writeByte(forms.indexOf(formOf(unit)));
    writer.writeVarint(names.get(unit.uid) as number);
    if (unit.kind === 'keyGroup') writer.writeVarint(unit.keyGroup);
    else {
      writer.writeVarint(names.get(unit.state) as number);
      writer.writeVarint(unit.subtask);
    }
    writer.writeVarint(unit.block);
    writer.writeVarint(unit.length);
  }
  return writer.toBytes();
};

const readNames = (reader: ByteReader): readonly string[] => {
  const names: string[] = [];
  for (let count = reader.readCount(1); count > 0; count--) names.push(reader.readText(reader.readCount(1)));
  return names;
};

const readBlocks = (reader: ByteReader): readonly BlockEntry[] => {
  const blocks: BlockEntry[] = [];
  let offset = headerBytes;
  for (let count = reader.readCount(7); count > 0; count--) {
    const storedBytes = reader.readVarint();
    const rawBytes = reader.readVarint();
    if (rawBytes > mostBlockBytes) throw reader.corrupt(`a block claims to have ${rawBytes} bytes`);
    const isCompressed = reader.readByte() === 1;
    blocks.push({ offset, storedBytes, rawBytes, isCompressed, crc32: reader.readInt32() >>> 0 });
    offset += storedBytes;
  }
  return blocks;
};

/** Reads an index. @throws MillraceError record-invalid when the bytes make no sense */
export const decodeIndex = (reader: ByteReader): StateObjectIndex => {
  const names = readNames(reader);
  const blocks = readBlocks(reader);
  const filled = blocks.map(() => 0);
  const units: UnitEntry[] = [];
  const readName = (): string => {
    const name = names[reader.readVarint()];
    if (name === undefined) throw reader.corrupt('a unit has a name that is not in the dictionary');
    return name;
  };
  for (let count = reader.readCount(5); count > 0; count--) {
    const form = forms[reader.readByte()];
    if (form === undefined) throw reader.corrupt('a unit has an unknown form');
    const uid = readName();
    const isKeyed = form === 'whole' || form === 'changes';
    const state = isKeyed ? '' : readName();
    const number = reader.readVarint();
    const block = reader.readVarint();
    const length = reader.readVarint();
    const offset = filled[block];
    if (offset === undefined || offset + length > (blocks[block] as BlockEntry).rawBytes)
      throw reader.corrupt('a unit lies outside of its block');
    filled[block] = offset + length;
    const place = { block, offset, length };
    if (isKeyed) units.push({ kind: 'keyGroup', uid, keyGroup: number, mode: form, ...place });
    else units.push({ kind: form, uid, state, subtask: number, ...place });
  }
  if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow the units`);
  return { blocks, units };
};

/** The bytes of a unit as they lie in a block. */
export const encodeUnit = (unit: SnapshotUnit): Uint8Array => {
  if (unit.kind === 'keyGroup') return unit.bytes;
  const writer = new ByteWriter();
  writer.writeVarint(unit.items.length);
  for (const item of unit.items) {
    writer.writeVarint(item.length);
    writer.writeBytes(item);
  }
  return writer.toBytes();
};

/** The unit of an entry, from its bytes in the block. @throws MillraceError record-invalid when they make no sense */
export const decodeUnit = (entry: UnitEntry, reader: ByteReader): SnapshotUnit => {
  if (entry.kind === 'keyGroup') {
    const { kind, uid, keyGroup, mode, length } = entry;
    return { kind, uid, keyGroup, mode, bytes: reader.readBytes(length) };
  }
  const { kind, uid, state, subtask } = entry;
  const items: Uint8Array[] = [];
  for (let count = reader.readCount(1); count > 0; count--) items.push(reader.readBytes(reader.readCount(1)));
  if (reader.remaining > 0) throw reader.corrupt(`${reader.remaining} bytes follow the items`);
  return { kind, uid, state, subtask, items };
};
