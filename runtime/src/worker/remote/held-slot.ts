import type { StateObjectRef } from '../../checkpoint/manifest.ts';
import type { StoredCheckpoint } from '../../checkpoint/restore.ts';
import type { SlotRestore, SlotSnapshot } from '../../checkpoint/slot-snapshot.ts';
import type { SlotHandle, SlotReports } from '../slot-handle.ts';

/** What a slot says of a checkpoint once its state is in the store. */
export interface SlotAck extends SlotSnapshot {
  readonly objects: readonly StateObjectRef[];
}

/** What a slot goes on from after a restart; a plain value. */
export interface SlotBeginning {
  readonly restore: Omit<SlotRestore, 'subtaskState'>;
  readonly checkpoint: StoredCheckpoint;
  /** Slot by key group. */
  readonly slotOf: Uint16Array;
  /** Subtasks of each transform at the checkpoint and now, by uid. */
  readonly parallelism: ReadonlyMap<string, { readonly before: number; readonly now: number }>;
}

/** A slot that finds its state in the store by itself, as a coordinator in another process holds it. */
export interface HeldSlot extends Omit<SlotHandle, 'open' | 'load' | 'snapshotsHaveRoom'> {
  /** Opens the functions, and takes in all they had. Settles also when that fails: then `onFailed` was told. */
  open(beginning?: SlotBeginning): Promise<void>;
}

export interface HeldSlotReports extends Omit<SlotReports, 'snapshots' | 'onAck' | 'onRefused'> {
  /** Its share of a checkpoint is in the store. */
  onAck?(ack: SlotAck): void;
  /** Its share cannot be stored; the slot goes on. */
  onRefused?(checkpointId: number, error: unknown): void;
}
