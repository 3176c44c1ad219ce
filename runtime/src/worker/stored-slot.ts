import type { ObjectStore } from '../checkpoint/object-store.ts';
import { type Owns, readSlotState } from '../checkpoint/restore.ts';
import type { KeyGroupUnit, SubtaskUnit } from '../checkpoint/snapshot-unit.ts';
import type { System } from '../sys/system.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';
import type { BareSlot, SlotBeginning, SlotHandle, SlotReports } from './slot-handle.ts';
import { SnapshotUpload } from './snapshot-upload.ts';

/** Where slots keep their state. */
export interface SlotStorage {
  readonly system: Pick<System, 'compression' | 'hashing'>;
  /** The part of the store that belongs to the job. */
  readonly store: ObjectStore;
  readonly attempt: number;
}

/** Bytes of pieces that go to a slot at once. */
const loadBytes = 4 * 2 ** 20;

/** A transform with fewer subtasks than there are slots has its key groups in these, as `KeyGroupMoves` and the exchange say. */
const ownsAs =
  (number: number, { slotOf, parallelism }: SlotBeginning): Owns =>
  (keyGroup, uid) => {
    const isOf = (subtasks: number): boolean => (slotOf[keyGroup] as number) % subtasks === number;
    if (uid !== undefined) return isOf(parallelism.get(uid)?.now ?? slotOf.length);
    return [...parallelism.values()].some(({ now }) => isOf(now));
  };

/** Reads what belongs to a slot and hands it over: while one part is taken in, the next is read. */
const load = async (
  slot: BareSlot,
  number: number,
  storage: SlotStorage,
  beginning: SlotBeginning,
): Promise<void> => {
  const { restore, checkpoint, parallelism } = beginning;
  const units = readSlotState(
    storage,
    { ...checkpoint, parallelismOf: (uid) => parallelism.get(uid)?.before ?? 0 },
    {
      slot: number,
      owns: ownsAs(number, beginning),
      parallelismOf: (uid) => parallelism.get(uid)?.now ?? 0,
    },
  );
  const subtaskState: SubtaskUnit[] = [];
  let opened: Promise<void> | undefined;
  let part: KeyGroupUnit[] = [];
  let bytes = 0;
  let taken: Promise<void> = Promise.resolve();
  for await (const unit of units) {
    if (unit.kind !== 'keyGroup') {
      subtaskState.push(unit);
      continue;
    }
    opened ??= slot.open({ ...restore, subtaskState });
    part.push(unit);
    bytes += unit.bytes.length;
    if (bytes < loadBytes) continue;
    await opened;
    await taken;
    taken = slot.load(part);
    [part, bytes] = [[], 0];
  }
  await (opened ?? slot.open({ ...restore, subtaskState }));
  await taken;
  if (part.length > 0) await slot.load(part);
};

/**
 * A slot that finds its state in the store, and puts its snapshots there. `create` makes the slot itself; without storage it begins anew
 * and takes no snapshots.
 */
export const storedSlot = (
  number: number,
  storage: SlotStorage | undefined,
  reports: SlotReports,
  create: (snapshots: SnapshotOutput | undefined) => BareSlot,
): SlotHandle => {
  const upload =
    storage &&
    new SnapshotUpload({
      ...storage,
      slot: number,
      onAck: (ack) => reports.onAck?.(ack),
      onRefused: (checkpointId, error) => reports.onRefused?.(checkpointId, error),
      onRoom: () => slot.snapshotsHaveRoom(),
    });
  const slot: BareSlot = create(upload);
  const open = async (beginning?: SlotBeginning): Promise<void> => {
    if (beginning === undefined || storage === undefined) return await slot.open();
    try {
      await load(slot, number, storage, beginning);
    } catch (error) {
      reports.onFailed(error);
    }
  };
  const checkpointEnded = (checkpointId: number, completed: boolean): void => {
    upload?.checkpointEnded(checkpointId, completed);
    slot.checkpointEnded(checkpointId, completed);
  };
  return { ...slot, open, checkpointEnded };
};
