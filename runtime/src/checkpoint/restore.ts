import { redistribute, type SubtaskStateSnapshot } from '../state/subtask-state.ts';
import { inOrder } from './in-order.ts';
import { parseRanges } from './key-group-ranges.ts';
import type { InFlightUnit, SnapshotUnit, SubtaskUnit } from './snapshot-unit.ts';
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

/** A checkpoint, as its manifest says. */
export interface StoredCheckpoint {
  readonly checkpointId: number;
  /** In the order of the manifest: by checkpoint, then slot, then part. */
  readonly objects: readonly ListedObject[];
  readonly maxParallelism: number;
}

export interface RestoredCheckpoint extends StoredCheckpoint {
  /** How many subtasks a transform had. */
  readonly parallelismOf: (uid: string) => number;
}

/** Whether a key group of a transform is wanted; without a transform: of any. */
export type Owns = (keyGroup: number, uid?: string) => boolean;

/** Who restores it. */
export interface RestoringSlot {
  readonly slot: number;
  readonly owns: Owns;
  /** How many subtasks a transform has now. */
  readonly parallelismOf: (uid: string) => number;
  /** The slot has the keyed state of this checkpoint of the same attempt, and gets what is newer; 0 = it has none. */
  readonly loadedId: number;
  /** Whether channels lead to other subtasks than before: then every one of a task is given all that was in flight to it. */
  readonly isRerouted: boolean;
}

/** Indexes that are read at once. */
const indexesAhead = 8;

/** An object, and whether it is of the checkpoint itself. */
interface OpenedObject {
  readonly object: StateObject;
  readonly isNewest: boolean;
}

/** The units of a checkpoint, after the indexes were read: what an older piece says and a newer one replaces is left out. */
export class StoredState {
  private readonly objects: readonly OpenedObject[];
  private readonly live: ReadonlySet<UnitEntry>;

  constructor(objects: readonly OpenedObject[], owns: Owns) {
    this.objects = objects;
    this.live = liveEntries(objects, owns);
  }

  /** What there is, in the order in which it is applied. */
  entries(): readonly UnitEntry[] {
    return this.objects.flatMap((opened) =>
      opened.object.index.units.filter((entry) => this.isLive(entry, opened)),
    );
  }

  /**
   * The wanted units in the order in which they are applied.
   * @throws MillraceError state-damaged when an object is damaged or gone
   */
  async *read(
    wanted: (entry: UnitEntry) => boolean = () => true,
  ): AsyncGenerator<SnapshotUnit, void, undefined> {
    for (const opened of this.objects)
      yield* opened.object.read((entry) => this.isLive(entry, opened) && wanted(entry));
  }

  /** Subtasks write all of their state at each checkpoint, so only the newest counts. */
  private isLive(entry: UnitEntry, { isNewest }: OpenedObject): boolean {
    return entry.kind === 'keyGroup' ? this.live.has(entry) : isNewest;
  }
}

/** The entries that make up the key groups: of each of one transform the last `whole` one and all behind it. */
const liveEntries = (objects: readonly OpenedObject[], owns: Owns): ReadonlySet<UnitEntry> => {
  const live = new Map<string, UnitEntry[]>();
  for (const { object } of objects) {
    for (const entry of object.index.units) {
      if (entry.kind !== 'keyGroup' || !owns(entry.keyGroup, entry.uid)) continue;
      const name = `${entry.keyGroup} ${entry.uid}`;
      const entries = live.get(name);
      if (entry.mode === 'whole' || entries === undefined) live.set(name, [entry]);
      else entries.push(entry);
    }
  }
  return new Set([...live.values()].flat());
};

/**
 * Reads the indexes of the objects that have pieces of these key groups, or are of the checkpoint itself.
 * @throws MillraceError state-damaged when an object is damaged, of a newer version, or gone
 */
export const openState = async (
  reading: StateReading,
  { checkpointId: newest, objects, maxParallelism }: StoredCheckpoint,
  owns: Owns = () => true,
): Promise<StoredState> => {
  const needed = objects.filter(({ key, checkpointId, keyGroups }) => {
    const groups = parseRanges(keyGroups, maxParallelism);
    if (groups !== undefined) return checkpointId === newest || groups.some((keyGroup) => owns(keyGroup));
    throw damagedObject(reading.store, key, `it lists the key groups “${keyGroups}”`);
  });
  const opened: OpenedObject[] = [];
  const open = async (listed: ListedObject): Promise<OpenedObject> => ({
    object: await openStateObject(reading, listed),
    isNewest: listed.checkpointId === newest,
  });
  for await (const object of inOrder(needed, indexesAhead, open)) opened.push(object);
  return new StoredState(opened, owns);
};

/** The states of one transform, by the subtask that wrote them. */
const partsOf = (units: readonly SubtaskUnit[]): readonly (readonly SubtaskStateSnapshot[])[] => {
  const parts: SubtaskStateSnapshot[][] = [];
  for (const { kind, state, subtask, items } of units) {
    const part = parts[subtask] ?? [];
    parts[subtask] = part;
    part.push({ kind, name: state, items });
  }
  return Array.from(parts, (part) => part ?? []);
};

/**
 * What this slot gets of the states of one transform. When the number of subtasks is the same, lists are the same again, and so is
 * broadcast state: behind an unaligned barrier one subtask may have taken more of it than another.
 */
const shareOf = (
  units: readonly SubtaskUnit[],
  before: number,
  now: number,
  slot: number,
): readonly SubtaskStateSnapshot[] => {
  if (slot >= now) return [];
  const parts = partsOf(units);
  const dealt = redistribute(parts, now)[slot] ?? [];
  if (before !== now) return dealt;
  const own = parts[slot] ?? [];
  return [...dealt.filter(({ kind }) => kind === 'union'), ...own.filter(({ kind }) => kind !== 'union')];
};

/** Of what was in flight a slot gets what came to it; where channels have changed, all that came to its tasks. */
const mayBeOf = ({ slot, isRerouted, parallelismOf }: RestoringSlot, entry: UnitEntry): boolean => {
  if (entry.kind === 'keyGroup') return false;
  if (entry.kind !== 'inFlight') return true;
  return isRerouted ? slot < parallelismOf(entry.uid) : entry.subtask === slot;
};

/**
 * The units that one slot starts with: its share of the state of subtasks, what was in flight to it, and then of each key group that
 * it owns a `whole` piece and changes in their order. All objects are known to be there and their indexes whole before the first unit comes.
 * @throws MillraceError state-damaged when an object is damaged, of a newer version, or gone
 */
export const readSlotState = async function* (
  reading: StateReading,
  checkpoint: RestoredCheckpoint,
  restoring: RestoringSlot,
): AsyncGenerator<SnapshotUnit, void, undefined> {
  const { loadedId } = restoring;
  const objects = checkpoint.objects.filter(
    ({ checkpointId }) => checkpointId > loadedId || checkpointId === checkpoint.checkpointId,
  );
  const state = await openState(reading, { ...checkpoint, objects }, restoring.owns);
  const ofSubtasks: SubtaskUnit[] = [];
  const inFlight: InFlightUnit[] = [];
  for await (const unit of state.read((entry) => mayBeOf(restoring, entry))) {
    if (unit.kind === 'inFlight') inFlight.push(unit);
    else if (unit.kind !== 'keyGroup') ofSubtasks.push(unit);
  }
  for (const [uid, units] of Map.groupBy(ofSubtasks, (unit) => unit.uid)) {
    const { slot } = restoring;
    const share = shareOf(units, checkpoint.parallelismOf(uid), restoring.parallelismOf(uid), slot);
    for (const { kind, name, items } of share) yield { uid, kind, state: name, subtask: slot, items };
  }
  yield* inFlight;
  if (checkpoint.checkpointId === loadedId) return;
  for await (const unit of state.read(({ kind }) => kind === 'keyGroup')) {
    if (unit.kind === 'keyGroup') yield unit;
  }
};
