import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { sizesOf } from '../checkpoint/manifest-size.ts';
import { checkpointHistory } from '../contract/control/checkpoints.ts';
import type { SavepointStatus } from '../contract/control/savepoints.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';
import type { SavepointEvent } from './savepoints.ts';

/** A savepoint as its manifest tells of it. */
export const storedSavepoint = (
  name: string,
  manifest: CheckpointManifest,
  location: string,
): SavepointStatus => ({
  name,
  state: 'completed',
  checkpointId: manifest.checkpointId,
  startedMs: manifest.createdMs,
  completedMs: manifest.createdMs,
  bytes: sizesOf(manifest).fullBytes,
  progress: 1,
  location,
  failure: null,
});

/** How far the savepoints are that this process has begun. Pure: it is told what happens, and when. */
export class SavepointHistory {
  private readonly subtasks: () => number;
  private readonly place: (name: string) => string;
  private readonly known = new Map<string, SavepointStatus>();
  private current: string | undefined;

  /** `subtasks`: of all tasks together. */
  constructor(subtasks: () => number, place: (name: string) => string) {
    this.subtasks = subtasks;
    this.place = place;
  }

  get(name: string): SavepointStatus | undefined {
    return this.known.get(name);
  }

  /** Those that are under way or have failed, the oldest first. */
  unfinished(): readonly SavepointStatus[] {
    return [...this.known.values()].filter(({ state }) => state !== 'completed');
  }

  /** It is in the store no more. */
  forget(name: string): void {
    this.known.delete(name);
  }

  take(event: SavepointEvent, nowMs: number): SavepointStatus | undefined {
    const { name } = event;
    switch (event.what) {
      case 'begun':
        return this.begin(name, nowMs);
      case 'completed':
        return this.end(name, {
          state: 'completed',
          checkpointId: event.manifest.checkpointId,
          completedMs: nowMs,
          bytes: sizesOf(event.manifest).fullBytes,
          progress: 1,
          location: this.place(name),
        });
      case 'failed':
        return this.end(name, { state: 'failed', failure: event.reason });
    }
  }

  /** The checkpoint that the savepoint under way is made of goes on. */
  takeCheckpoint(event: CheckpointEvent): void {
    const status = this.current === undefined ? undefined : this.known.get(this.current);
    if (status === undefined) return;
    if (event.what === 'triggered' && event.kind === 'savepoint')
      this.known.set(status.name, { ...status, checkpointId: event.id, progress: 0, bytes: 0 });
    if (event.what !== 'acknowledged' || event.ack.checkpointId !== status.checkpointId) return;
    const { subtasks, objects } = event.ack;
    const bytes = status.bytes + objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const progress = Math.min(1, status.progress + subtasks.length / this.subtasks());
    this.known.set(status.name, { ...status, bytes, progress });
  }

  private begin(name: string, startedMs: number): SavepointStatus {
    const status: SavepointStatus = {
      name,
      state: 'inProgress',
      checkpointId: null,
      startedMs,
      completedMs: null,
      bytes: 0,
      progress: 0,
      location: null,
      failure: null,
    };
    this.current = name;
    this.known.delete(name);
    this.known.set(name, status);
    const [oldest] = this.known.keys();
    if (this.known.size > checkpointHistory && oldest !== undefined) this.known.delete(oldest);
    return status;
  }

  private end(name: string, as: Partial<SavepointStatus>): SavepointStatus | undefined {
    const status = this.known.get(name);
    if (status === undefined) return undefined;
    this.current = undefined;
    const ended = { ...status, ...as };
    this.known.set(name, ended);
    return ended;
  }
}
