import type { ObjectStore } from '../checkpoint/object-store.ts';
import { type Owns, readSlotState } from '../checkpoint/restore.ts';
import type { InFlightUnit, KeyGroupUnit, SubtaskUnit } from '../checkpoint/snapshot-unit.ts';
import type { System } from '../sys/system.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';
import type { BareSlot, SlotBeginning, SlotHandle, SlotReports } from './slot-handle.ts';
import { SnapshotUpload } from './snapshot-upload.ts';

/** Where slots keep their state. */
export interface SlotStorage {
  readonly system: Pick<System, 'clock' | 'compression' | 'hashing'>;
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

/** What a slot is told to take in, and of which checkpoint it has the keyed state already. */
interface Loading {
  readonly number: number;
  readonly storage: SlotStorage;
  readonly beginning: SlotBeginning;
  /** 0 = of none. */
  readonly loadedId: number;
}

const unitsOf = ({ number, storage, beginning, loadedId }: Loading): ReturnType<typeof readSlotState> => {
  const { checkpoint, parallelism } = beginning;
  return readSlotState(
    storage,
    { ...checkpoint, parallelismOf: (uid) => parallelism.get(uid)?.before ?? 0 },
    {
      slot: number,
      owns: ownsAs(number, beginning),
      parallelismOf: (uid) => parallelism.get(uid)?.now ?? 0,
      loadedId,
      isRerouted: beginning.restore.isRerouted,
    },
  );
};

/** Hands pieces over some at a time: while one part is taken in, the next is read. */
class PieceLoader {
  private readonly slot: BareSlot;
  private part: KeyGroupUnit[] = [];
  private bytes = 0;
  private taken: Promise<void>;

  /** `ready`: resolves when the slot can take pieces in. */
  constructor(slot: BareSlot, ready: Promise<void>) {
    this.slot = slot;
    this.taken = ready;
  }

  async add(unit: KeyGroupUnit): Promise<void> {
    this.part.push(unit);
    this.bytes += unit.bytes.length;
    if (this.bytes < loadBytes) return;
    await this.taken;
    this.taken = this.slot.load(this.part);
    [this.part, this.bytes] = [[], 0];
  }

  async end(): Promise<void> {
    await this.taken;
    if (this.part.length > 0) await this.slot.load(this.part);
  }
}

/** Reads the keyed state that belongs to a slot, and hands it over. */
const preload = async (slot: BareSlot, loading: Loading): Promise<void> => {
  const loader = new PieceLoader(slot, Promise.resolve());
  for await (const unit of unitsOf(loading)) if (unit.kind === 'keyGroup') await loader.add(unit);
  await loader.end();
};

/** Reads all that belongs to a slot, opens it, and hands its keyed state over. */
const load = async (slot: BareSlot, loading: Loading): Promise<void> => {
  const { restore } = loading.beginning;
  const subtaskState: SubtaskUnit[] = [];
  const inFlight: InFlightUnit[] = [];
  const open = (): PieceLoader => new PieceLoader(slot, slot.open({ ...restore, subtaskState, inFlight }));
  let loader: PieceLoader | undefined;
  for await (const unit of unitsOf(loading)) {
    if (unit.kind === 'keyGroup') {
      loader ??= open();
      await loader.add(unit);
    } else if (unit.kind === 'inFlight') inFlight.push(unit);
    else subtaskState.push(unit);
  }
  await (loader ?? open()).end();
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
  let loadedId = 0;
  const failing = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      reports.onFailed(error);
    }
  };
  const open = (beginning?: SlotBeginning): Promise<void> =>
    beginning === undefined || storage === undefined
      ? slot.open()
      : failing(() => load(slot, { number, storage, beginning, loadedId }));
  const preloadCheckpoint = (beginning: SlotBeginning): Promise<void> =>
    failing(async () => {
      if (storage === undefined) return;
      await preload(slot, { number, storage, beginning, loadedId });
      loadedId = beginning.checkpoint.checkpointId;
    });
  const checkpointEnded = (checkpointId: number, completed: boolean): void => {
    upload?.checkpointEnded(checkpointId, completed);
    slot.checkpointEnded(checkpointId, completed);
  };
  return { ...slot, open, preload: preloadCheckpoint, checkpointEnded };
};
