import type { ListedObject } from '../../src/checkpoint/restore.ts';
import type { KeyGroupUnit, SnapshotUnit, SubtaskUnit } from '../../src/checkpoint/snapshot-unit.ts';
import type { StateReading } from '../../src/checkpoint/state-object-reader.ts';
import { StateObjectWriter } from '../../src/checkpoint/state-object-writer.ts';
import { nodeCompression } from '../../src/sys/node-compression.ts';
import { nodeHashing } from '../../src/sys/node-hashing.ts';
import { MemoryStore } from '../support/memory-store.ts';

export const means = { compression: nodeCompression, hashing: nodeHashing };

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export const piece = (
  uid: string,
  keyGroup: number,
  mode: 'whole' | 'changes',
  bytes: Uint8Array,
): KeyGroupUnit => ({ kind: 'keyGroup', uid, keyGroup, mode, bytes });

export const subtaskState = (
  kind: SubtaskUnit['kind'],
  uid: string,
  subtask: number,
  items: readonly string[],
): SubtaskUnit => ({ kind, uid, state: 'items', subtask, items: items.map(text) });

/** A store, and what reads from it; notes what is asked of the store. */
export class StateRig {
  readonly store: MemoryStore = new MemoryStore({ nowMs: () => 0, monotonicMs: () => 0 });
  /** The bytes of each range that was read. */
  readonly ranges: number[] = [];
  readonly reading: StateReading;

  constructor() {
    const { store, ranges } = this;
    const getRange = store.getRange.bind(store);
    store.getRange = (key, offset, length) => {
      ranges.push(length);
      return getRange(key, offset, length);
    };
    this.reading = { store, system: means };
  }

  /** Writes units into one object, as slot `slot` at a checkpoint. */
  async write(
    units: readonly SnapshotUnit[],
    checkpointId: number = 1,
    slot: number = 0,
    compress: boolean = true,
  ): Promise<ListedObject> {
    const writer = new StateObjectWriter(means, compress);
    for (const unit of units) writer.add(unit);
    const { bytes, ...written } = await writer.finish();
    const key = `jobs/a/state/1/${checkpointId}/${slot}-0`;
    await this.store.put(key, bytes);
    return { key, checkpointId, ...written };
  }

  /** Changes the bytes of an object. */
  async damage(key: string, change: (bytes: Uint8Array) => Uint8Array | undefined): Promise<void> {
    const bytes = (await this.store.get(key)) as Uint8Array;
    await this.store.put(key, change(bytes) ?? bytes);
  }
}

export const collect = async <T>(units: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const unit of units) all.push(unit);
  return all;
};
