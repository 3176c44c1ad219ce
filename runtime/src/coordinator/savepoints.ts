import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { savepointFolder, savepointManifest } from '../checkpoint/paths.ts';
import {
  disposeSavepoint,
  keepSavepoint,
  type SavepointSystem,
  savepointsOf,
  savepointTaken,
} from '../checkpoint/savepoint-folder.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { CompletedCheckpoint } from './checkpoints.ts';

/** What happens to the savepoints of a job. */
export type SavepointEvent =
  | { readonly what: 'begun'; readonly name: string }
  | { readonly what: 'completed'; readonly name: string; readonly manifest: CheckpointManifest }
  | { readonly what: 'failed'; readonly name: string; readonly reason: string };

export interface SavepointsSettings {
  readonly system: SavepointSystem;
  /** The part of the store that belongs to the job. */
  readonly store: ObjectStore;
  onSavepoint(event: SavepointEvent): void;
}

/** A savepoint that was begun. */
export interface BegunSavepoint {
  /** Resolves when it exists; rejects when it never will. */
  readonly kept: Promise<CheckpointManifest>;
}

/**
 * The savepoints of a job: a name is taken first, then a checkpoint, and when all that sinks had prepared for it is visible its objects
 * are copied under the name. One at a time.
 */
export class Savepoints {
  private readonly settings: SavepointsSettings;
  private current: string | undefined;
  private keeping: Promise<unknown> | undefined;

  constructor(settings: SavepointsSettings) {
    this.settings = settings;
  }

  /** Whether one is on its way: objects of the checkpoint that it is made of must not be removed. */
  get isUnderWay(): boolean {
    return this.current !== undefined;
  }

  /** Takes a name. @throws MillraceError conflict when it is taken, or another savepoint is under way */
  async begin(name: string): Promise<void> {
    const { store, onSavepoint } = this.settings;
    const folder = storeUnder(store, savepointFolder(name));
    if (this.current !== undefined) {
      throw new MillraceError('conflict', `The savepoint ${this.current} is under way.`, {
        hint: 'Begin another one when it is done.',
      });
    }
    this.current = name;
    try {
      if ((await folder.get(savepointManifest)) !== undefined) throw savepointTaken(folder);
    } catch (error) {
      this.current = undefined;
      throw error;
    }
    onSavepoint({ what: 'begun', name });
  }

  /** Makes the savepoint that was begun of a checkpoint. */
  keep(taken: Promise<CompletedCheckpoint>): Promise<CheckpointManifest> {
    const kept = this.keepNow(this.current as string, taken);
    this.keeping = kept;
    // Whoever wants to know asks the promise, or hears the event.
    kept.catch(() => undefined);
    return kept;
  }

  /** Gives up what was begun and for which no checkpoint came; resolves when what is being copied is there. */
  async end(reason: string): Promise<void> {
    if (this.keeping === undefined) return this.fail(reason);
    await this.keeping.catch(() => undefined);
  }

  /** All that are in the store, by name. */
  list(): Promise<ReadonlyMap<string, CheckpointManifest>> {
    return savepointsOf(this.settings.system, this.settings.store);
  }

  place(name: string): string {
    return `${this.settings.store.place}${savepointFolder(name)}`;
  }

  /** @throws MillraceError not-found when there is none of this name */
  async dispose(name: string): Promise<CheckpointManifest> {
    const { system, store } = this.settings;
    if (this.current === name) {
      throw new MillraceError('conflict', `The savepoint ${name} is under way.`, {
        hint: 'Dispose of it when it is done.',
      });
    }
    const folder = storeUnder(store, savepointFolder(name));
    if ((await folder.get(savepointManifest)) === undefined) {
      throw new MillraceError('not-found', `There is no savepoint ${name} in ${store.place}.`, {
        hint: '`millrace savepoint list` shows those of the job.',
      });
    }
    return disposeSavepoint(system, folder);
  }

  private async keepNow(name: string, taken: Promise<CompletedCheckpoint>): Promise<CheckpointManifest> {
    const { system, store, onSavepoint } = this.settings;
    try {
      const { manifest, committed } = await taken;
      await committed;
      const kept = await keepSavepoint(system, store, name, manifest);
      this.current = this.keeping = undefined;
      onSavepoint({ what: 'completed', name, manifest: kept });
      return kept;
    } catch (error) {
      this.keeping = undefined;
      const reason = reasonOf(error);
      this.fail(reason);
      throw new MillraceError('io', `The savepoint ${name} came to nothing: ${reason}`, {
        hint: 'What the job holds is in its checkpoints: see to the cause, then take another savepoint.',
        where: { savepoint: name },
        cause: error,
      });
    }
  }

  private fail(reason: string): void {
    const { current: name } = this;
    this.current = undefined;
    if (name !== undefined) this.settings.onSavepoint({ what: 'failed', name, reason });
  }
}
