import { ByteReader } from '../batch/codec.ts';
import type { System } from '../sys/system.ts';
import { inOrder } from './in-order.ts';
import type { ObjectStore } from './object-store.ts';
import type { SnapshotUnit } from './snapshot-unit.ts';
import {
  type BlockEntry,
  decodeIndex,
  decodeUnit,
  footerBytes,
  magic,
  type StateObjectIndex,
  stateObjectVersion,
  type UnitEntry,
} from './state-object.ts';
import { damagedObject, missingObject, unknownVersion } from './state-object-errors.ts';

/** Where a state object and its index are, as a manifest says. */
export interface StateObjectPlace {
  readonly key: string;
  readonly sizeBytes: number;
  readonly indexOffset: number;
  readonly indexBytes: number;
  /** The uids that transforms have now, by those in the object; absent = the same. */
  readonly renamed?: Readonly<Record<string, string>> | undefined;
}

/** What reading takes: a store, and the means to check and decompress. */
export interface StateReading {
  readonly store: ObjectStore;
  readonly system: Pick<System, 'compression' | 'hashing'>;
}

/** Blocks that lie behind each other are read at once up to so many bytes. */
const mostRunBytes = 4 * 1024 * 1024;
/** Runs of blocks that are read at once. */
const runsAhead = 4;

/** Blocks behind each other, all of which are wanted. */
interface Run {
  readonly blocks: readonly number[];
  readonly offset: number;
  readonly length: number;
}

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

const runsOf = (blocks: readonly BlockEntry[], wanted: ReadonlySet<number>): readonly Run[] => {
  const runs: { blocks: number[]; offset: number; length: number }[] = [];
  for (const number of [...wanted].sort((one, other) => one - other)) {
    const { offset, storedBytes } = blocks[number] as BlockEntry;
    const last = runs.at(-1);
    const follows = last !== undefined && last.offset + last.length === offset;
    if (follows && last.length + storedBytes <= mostRunBytes) {
      last.blocks.push(number);
      last.length += storedBytes;
    } else runs.push({ blocks: [number], offset, length: storedBytes });
  }
  return runs;
};

/** A state object whose index has been read. */
export class StateObject {
  readonly key: string;
  readonly index: StateObjectIndex;
  private readonly reading: StateReading;

  constructor(key: string, index: StateObjectIndex, reading: StateReading) {
    this.key = key;
    this.index = index;
    this.reading = reading;
  }

  /**
   * The wanted units in the order in which they were added. Only the blocks that hold some are read. The bytes of a unit
   * have a buffer of their own, which may be handed to another thread.
   * @throws MillraceError state-damaged when the object is damaged or gone
   */
  async *read(wanted: (entry: UnitEntry) => boolean): AsyncGenerator<SnapshotUnit, void, undefined> {
    const byBlock = new Map<number, UnitEntry[]>();
    for (const entry of this.index.units) {
      if (!wanted(entry)) continue;
      const others = byBlock.get(entry.block);
      if (others === undefined) byBlock.set(entry.block, [entry]);
      else others.push(entry);
    }
    const runs = runsOf(this.index.blocks, new Set(byBlock.keys()));
    for await (const blocks of inOrder(runs, runsAhead, (run) => this.readRun(run))) {
      for (const [number, raw] of blocks)
        for (const entry of byBlock.get(number) ?? []) yield this.unitOf(entry, raw);
    }
  }

  private async readRun({
    blocks,
    offset,
    length,
  }: Run): Promise<readonly (readonly [number, Uint8Array])[]> {
    const { store } = this.reading;
    // Pieces that say that nothing is there have no bytes, and no store gives a range of none.
    const bytes = length === 0 ? new Uint8Array(0) : await store.getRange(this.key, offset, length);
    if (bytes === undefined) throw missingObject(store, this.key);
    return Promise.all(
      blocks.map(async (number) => {
        const block = this.index.blocks[number] as BlockEntry;
        const from = block.offset - offset;
        return [
          number,
          await this.readBlock(number, bytes.subarray(from, from + block.storedBytes)),
        ] as const;
      }),
    );
  }

  private async readBlock(number: number, stored: Uint8Array): Promise<Uint8Array> {
    const { crc32, isCompressed, rawBytes } = this.index.blocks[number] as BlockEntry;
    const { hashing, compression } = this.reading.system;
    if (hashing.crc32(stored) !== crc32) throw this.damaged(`block ${number} has another checksum`);
    if (!isCompressed) return stored;
    try {
      const raw = await compression.decompress(stored, rawBytes);
      if (raw.length === rawBytes) return raw;
    } catch (error) {
      throw this.damaged(`block ${number} cannot be decompressed`, error);
    }
    throw this.damaged(`block ${number} has fewer bytes than the index says`);
  }

  private unitOf(entry: UnitEntry, raw: Uint8Array): SnapshotUnit {
    try {
      return decodeUnit(entry, new ByteReader(raw, entry.offset, entry.offset + entry.length));
    } catch (error) {
      throw this.damaged(`a unit of “${entry.uid}” in block ${entry.block} makes no sense`, error);
    }
  }

  private damaged(what: string, cause?: unknown): Error {
    return damagedObject(this.reading.store, this.key, what, cause);
  }
}

const checkedIndex = (
  { store, system }: StateReading,
  { key, indexOffset }: StateObjectPlace,
  bytes: Uint8Array,
): StateObjectIndex => {
  const at = bytes.length - footerBytes;
  const footer = new ByteReader(bytes, at);
  const [length, crc32, version] = [footer.readInt32(), footer.readInt32() >>> 0, footer.readByte()];
  if (!sameBytes(bytes.subarray(at + 9), magic))
    throw damagedObject(store, key, 'its last bytes are not a footer');
  if (version < 1) throw damagedObject(store, key, 'its version is 0');
  if (version > stateObjectVersion) throw unknownVersion(store, key, version, stateObjectVersion);
  const index = bytes.subarray(0, at);
  if (length !== at || system.hashing.crc32(index) !== crc32)
    throw damagedObject(store, key, 'the index has another length or checksum');
  try {
    const decoded = decodeIndex(new ByteReader(index));
    const last = decoded.blocks.at(-1);
    if (last === undefined || last.offset + last.storedBytes === indexOffset) return decoded;
  } catch (error) {
    throw damagedObject(store, key, 'the index makes no sense', error);
  }
  throw damagedObject(store, key, 'the blocks do not end where the index begins');
};

const renamedUnits = (index: StateObjectIndex, { renamed }: StateObjectPlace): StateObjectIndex => {
  if (renamed === undefined) return index;
  const uids = new Map(Object.entries(renamed));
  return { ...index, units: index.units.map((unit) => ({ ...unit, uid: uids.get(unit.uid) ?? unit.uid })) };
};

/**
 * Reads the index of a state object.
 * @throws MillraceError state-damaged when it is damaged, of a newer version, or gone
 */
export const openStateObject = async (
  reading: StateReading,
  place: StateObjectPlace,
): Promise<StateObject> => {
  const { key, sizeBytes, indexOffset, indexBytes } = place;
  const { store } = reading;
  if (indexOffset + indexBytes !== sizeBytes || indexBytes < footerBytes)
    throw damagedObject(
      store,
      key,
      `its place in the manifest makes no sense (${indexBytes} bytes of index)`,
    );
  const bytes = await store.getRange(key, indexOffset, indexBytes);
  if (bytes === undefined) throw missingObject(store, key);
  return new StateObject(key, renamedUnits(checkedIndex(reading, place, bytes), place), reading);
};
