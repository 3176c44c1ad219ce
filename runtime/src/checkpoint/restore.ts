import { redistribute, type SubtaskStateSnapshot } from '../state/subtask-state.ts';
import { inOrder } from './in-order.ts';
import { parseRanges } from './key-group-ranges.ts';
import type { KeyGroupUnit, SnapshotUnit, SubtaskUnit } from './snapshot-unit.ts';
import type { UnitEntry } from './state-object.ts';
import { damagedObject } from './state-object-errors.ts';
import {
  openStateObject,
  type StateObject,
  type StateObjectPlace,
  type StateReading,
} from './state-object-reader.ts';

/** A state object as a manifest lists it. */
export interface ListedObject extends StateObjectPlace {
  readonly checkpointId: number;
  readonly keyGroups: string;
}

/** A checkpoint to restore, as its manifest says. */
export interface RestoredCheckpoint {
  readonly checkpointId: number;
  /** In the order of the manifest: by checkpoint, then slot, then part. */
  readonly objects: readonly ListedObject[];
  readonly slots: number;
  readonly maxParallelism: number;
}

/** Who restores it. */
export interface RestoringSlot {
  readonly slot: number;
  readonly slots: number;
  readonly owns: (keyGroup: number) => boolean;
}

/** Indexes that are read at once. */
const indexesAhead = 8;

const openAll = async (
  reading: StateReading,
  checkpoint: RestoredCheckpoint,
  owns: (keyGroup: number) => boolean,
): Promise<readonly { readonly object: StateObject; readonly isNewest: boolean }[]> => {
  const needed = checkpoint.objects.filter(({ key, checkpointId, keyGroups }) => {
    const groups = parseRanges(keyGroups, checkpoint.maxParallelism);
    if (groups === undefined)
      throw damagedObject(reading.store, key, `it lists the key groups “${keyGroups}”`);
    // Subtasks write all of their state at each checkpoint, so only the newest counts.
    return checkpointId === checkpoint.checkpointId || groups.some(owns);
  });
  const opened = [];
  const open = async (listed: ListedObject) => ({
    object: await openStateObject(reading, listed),
    isNewest: listed.checkpointId === checkpoint.checkpointId,
  });
  for await (const object of inOrder(needed, indexesAhead, open)) opened.push(object);
  return opened;
};

const nameOf = (entry: { readonly uid: string; readonly keyGroup: number }): string =>
  `${entry.keyGroup} ${entry.uid}`;

/** The entries that make up the key groups: of each of one transform the last `whole` one and all behind it. */
const liveEntries = (
  objects: readonly { readonly object: StateObject }[],
  owns: (keyGroup: number) => boolean,
): ReadonlySet<UnitEntry> => {
  const live = new Map<string, UnitEntry[]>();
  for (const { object } of objects) {
    for (const entry of object.index.units) {
      if (entry.kind !== 'keyGroup' || !owns(entry.keyGroup)) continue;
      const name = nameOf(entry);
      const entries = live.get(name);
      if (entry.mode === 'whole' || entries === undefined) live.set(name, [entry]);
      else entries.push(entry);
    }
  }
  return new Set([...live.values()].flat());
};

/** What one subtask gets of the state that all of them had; the same again when their number is the same. */
const subtaskShare = (
  units: readonly SubtaskUnit[],
  fromSlots: number,
  { slot, slots }: RestoringSlot,
): readonly SubtaskUnit[] => {
  const share: SubtaskUnit[] = [];
  const parts = new Map<string, SubtaskStateSnapshot[][]>();
  for (const { uid, kind, state, subtask, items } of units) {
    if (kind === 'list' && fromSlots === slots) {
      if (subtask === slot) share.push({ uid, kind, state, subtask, items });
      continue;
    }
    const ofTransform = parts.get(uid) ?? [];
    parts.set(uid, ofTransform);
    const ofSubtask = ofTransform[subtask] ?? [];
    ofTransform[subtask] = ofSubtask;
    ofSubtask.push({ kind, name: state, items });
  }
  for (const [uid, ofTransform] of parts) {
    const states =
      redistribute(
        Array.from(ofTransform, (part) => part ?? []),
        slots,
      )[slot] ?? [];
    for (const { kind, name, items } of states) share.push({ uid, kind, state: name, subtask: slot, items });
  }
  return share;
};

/**
 * The units that one slot starts with: of each key group that it owns a `whole` piece and then changes in their order, and at
 * last its share of the state of subtasks. All objects are known to be there and their indexes whole before the first unit comes.
 * @throws MillraceError io when an object is damaged, of a newer version, or gone
 */
export const readSlotState = async function* (
  reading: StateReading,
  checkpoint: RestoredCheckpoint,
  restoring: RestoringSlot,
): AsyncGenerator<KeyGroupUnit | SubtaskUnit, void, undefined> {
  const objects = await openAll(reading, checkpoint, restoring.owns);
  const live = liveEntries(objects, restoring.owns);
  const ofSubtasks: SubtaskUnit[] = [];
  for (const { object, isNewest } of objects) {
    const wanted = (entry: UnitEntry): boolean => (entry.kind === 'keyGroup' ? live.has(entry) : isNewest);
    for await (const unit of object.read(wanted)) {
      if (unit.kind === 'keyGroup') yield unit;
      else ofSubtasks.push(unit);
    }
  }
  yield* subtaskShare(ofSubtasks, checkpoint.slots, restoring);
};

/** All units of a checkpoint, canonical pieces only: what an older piece says and a newer one replaces is left out. */
export const readAllState = async function* (
  reading: StateReading,
  checkpoint: RestoredCheckpoint,
): AsyncGenerator<SnapshotUnit, void, undefined> {
  const owns = (): boolean => true;
  const objects = await openAll(reading, checkpoint, owns);
  const live = liveEntries(objects, owns);
  for (const { object, isNewest } of objects)
    yield* object.read((entry) => (entry.kind === 'keyGroup' ? live.has(entry) : isNewest));
};
