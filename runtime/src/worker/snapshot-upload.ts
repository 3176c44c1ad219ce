import { asAttempt, asCheckpointId } from '../checkpoint/ids.ts';
import type { StateObjectRef } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { stateKey } from '../checkpoint/paths.ts';
import type { SlotSnapshot } from '../checkpoint/slot-snapshot.ts';
import type { SnapshotUnit } from '../checkpoint/snapshot-unit.ts';
import { StateObjectWriter } from '../checkpoint/state-object-writer.ts';
import type { System } from '../sys/system.ts';
import type { SnapshotOutput } from '../task/slot-snapshots.ts';
import { LiveObjects } from './live-objects.ts';

/** What a slot says of a checkpoint once its state is in the store. */
export interface SlotAck extends SlotSnapshot {
  readonly objects: readonly StateObjectRef[];
}

export interface SnapshotUploadSettings {
  readonly system: Pick<System, 'clock' | 'compression' | 'hashing'>;
  /** The part of the store that belongs to the job. */
  readonly store: ObjectStore;
  readonly attempt: number;
  readonly slot: number;
  onAck(ack: SlotAck): void;
  /** The snapshot cannot be stored: the checkpoint comes to nothing, and the slot goes on. */
  onRefused(checkpointId: number, error: unknown): void;
  /** There is room for units again. */
  onRoom(): void;
}

/** An object is closed when it has so many bytes before compression: one put holds it in memory. */
const objectBytes = 64 * 2 ** 20;
/** No more is taken while so much waits to be compressed and put. */
const mostPendingBytes = 2 * objectBytes;

/** One slot's snapshot on its way into the store. */
interface Upload {
  readonly checkpointId: number;
  writer: StateObjectWriter;
  parts: number;
  readonly puts: Promise<StateObjectRef>[];
}

/**
 * Takes the units of one slot and puts them into the store as state objects, off the slot's thread; acknowledges when all are
 * durable. One snapshot at a time: the units of another one end what is left of the one before.
 */
export class SnapshotUpload implements SnapshotOutput {
  private readonly settings: SnapshotUploadSettings;
  private current: Upload | undefined;
  private readonly live: LiveObjects = new LiveObjects();
  /** Bytes given to objects that are not durable yet. */
  private pendingBytes = 0;

  constructor(settings: SnapshotUploadSettings) {
    this.settings = settings;
  }

  hasRoom(): boolean {
    return this.pendingBytes + (this.current?.writer.rawBytes ?? 0) < mostPendingBytes;
  }

  unit(checkpointId: number, unit: SnapshotUnit): void {
    const upload = this.uploadOf(checkpointId);
    upload.writer.add(unit);
    if (unit.kind === 'keyGroup') this.live.add(checkpointId, unit);
    if (upload.writer.rawBytes >= objectBytes) this.close(upload);
  }

  taken(snapshot: SlotSnapshot): void {
    const upload = this.uploadOf(snapshot.checkpointId);
    this.current = undefined;
    if (!upload.writer.isEmpty) this.close(upload);
    const { onAck, onRefused, system } = this.settings;
    const encodedMs = system.clock.monotonicMs();
    Promise.all(upload.puts).then(
      (objects) =>
        onAck({
          ...snapshot,
          // What is encoded is not safe yet.
          subtasks: snapshot.subtasks.map((subtask) => ({
            ...subtask,
            asyncMs: subtask.asyncMs + system.clock.monotonicMs() - encodedMs,
          })),
          objects: this.live.needed(snapshot, objects),
        }),
      (error: unknown) => onRefused(snapshot.checkpointId, error),
    );
  }

  /** The checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.live.ended(checkpointId, completed);
  }

  private uploadOf(checkpointId: number): Upload {
    if (this.current?.checkpointId === checkpointId) return this.current;
    this.current = { checkpointId, writer: this.newWriter(), parts: 0, puts: [] };
    return this.current;
  }

  private newWriter(): StateObjectWriter {
    return new StateObjectWriter(this.settings.system);
  }

  private close(upload: Upload): void {
    const { writer } = upload;
    upload.writer = this.newWriter();
    const put = this.put(writer, upload.checkpointId, upload.parts++);
    // It is looked at in `taken`, which never comes when the checkpoint is aborted.
    put.catch(() => undefined);
    upload.puts.push(put);
  }

  private async put(writer: StateObjectWriter, checkpointId: number, part: number): Promise<StateObjectRef> {
    const { store, attempt, slot, onRoom } = this.settings;
    const { rawBytes } = writer;
    this.pendingBytes += rawBytes;
    try {
      const { bytes, sizeBytes, crc32, indexOffset, indexBytes, keyGroups } = await writer.finish();
      const key = stateKey(asAttempt(attempt), asCheckpointId(checkpointId), slot, part);
      await store.put(key, bytes);
      return { key, checkpointId, slot, sizeBytes, crc32, indexOffset, indexBytes, keyGroups };
    } finally {
      this.pendingBytes -= rawBytes;
      onRoom();
    }
  }
}
