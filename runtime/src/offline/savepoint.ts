import { ByteReader, decodeValue } from '../batch/codec.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobsPrefix } from '../checkpoint/paths.ts';
import { openState, type StoredState } from '../checkpoint/restore.ts';
import { readSavepointManifest } from '../checkpoint/savepoint-folder.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { MillraceError } from '../contract/errors.ts';
import type { System } from '../sys/system.ts';
import { type KeyedRecord, readKeyedRecords } from './keyed-records.ts';

/** What reading and writing without a job takes of a machine. */
export type OfflineSystem = Pick<System, 'compression' | 'hashing'>;

/** A state of one subtask that belongs to no key. */
export interface SubtaskRecord {
  readonly state: string;
  readonly kind: 'list' | 'union' | 'broadcast';
  readonly subtask: number;
  /** Items of a list, or entries of broadcast state. */
  readonly items: readonly unknown[];
}

const decodeItem = (item: Uint8Array, kind: SubtaskRecord['kind']): unknown => {
  const reader = new ByteReader(item);
  return kind === 'broadcast' ? [decodeValue(reader), decodeValue(reader)] : decodeValue(reader);
};

/** The state of a job as a savepoint or checkpoint holds it, read without the job. */
export class Savepoint {
  readonly manifest: CheckpointManifest;
  private readonly state: StoredState;

  constructor(manifest: CheckpointManifest, state: StoredState) {
    this.manifest = manifest;
    this.state = state;
  }

  /**
   * The keys of a transform, each with its state and its timers.
   * @throws MillraceError job-invalid when the transform is not there, or its state is not that of a keyed function
   */
  keyedState(uid: string): AsyncGenerator<KeyedRecord, void, undefined> {
    this.requireKeyedFunction(uid);
    return readKeyedRecords(this.state, uid, this.manifest.maxParallelism);
  }

  /** The states of a transform that belong to no key. */
  async subtaskState(uid: string): Promise<readonly SubtaskRecord[]> {
    this.transform(uid);
    const records: SubtaskRecord[] = [];
    for await (const unit of this.state.read((entry) => entry.kind !== 'keyGroup' && entry.uid === uid)) {
      if (unit.kind === 'keyGroup' || unit.kind === 'inFlight') continue;
      const { state, kind, subtask } = unit;
      records.push({ state, kind, subtask, items: unit.items.map((item) => decodeItem(item, kind)) });
    }
    return records;
  }

  /** Pieces and bytes of each transform, as they are stored. */
  sizes(): ReadonlyMap<string, { readonly pieces: number; readonly bytes: number }> {
    const sizes = new Map<string, { readonly pieces: number; readonly bytes: number }>();
    for (const { uid, length } of this.state.entries()) {
      const { pieces, bytes } = sizes.get(uid) ?? { pieces: 0, bytes: 0 };
      sizes.set(uid, { pieces: pieces + 1, bytes: bytes + length });
    }
    return sizes;
  }

  private transform(uid: string): CheckpointManifest['transforms'][number] {
    const found = this.manifest.transforms.find((transform) => transform.uid === uid);
    if (found !== undefined) return found;
    const uids = this.manifest.transforms.map((transform) => transform.uid);
    throw new MillraceError('job-invalid', `The savepoint has no transform “${uid}”.`, {
      hint: uids.length === 0 ? 'It has none at all.' : `There are ${uids.join(', ')}.`,
      where: { transform: uid },
    });
  }

  private requireKeyedFunction(uid: string): void {
    const { kind } = this.transform(uid);
    if (keyedFunctions.includes(kind)) return;
    throw new MillraceError(
      'job-invalid',
      `The transform “${uid}” is of the kind ${kind}, whose keyed state cannot be read as records.`,
      {
        hint: 'Only state of process functions behind a keyBy, and of reduce, can be.',
        where: { transform: uid },
      },
    );
  }
}

/** Transforms whose state is that of a keyed function. */
export const keyedFunctions: readonly string[] = [
  'keyedProcess',
  'keyedCoProcess',
  'keyedBroadcast',
  'reduce',
];

/** A savepoint of a store that holds jobs. */
export interface ListedSavepoint {
  /** Where its manifest lies. */
  readonly folder: string;
  readonly manifest: CheckpointManifest;
}

/** The savepoints of all jobs of a store, oldest first. @throws MillraceError io when a manifest is damaged */
export const listSavepoints = async (
  system: OfflineSystem,
  store: ObjectStore,
): Promise<readonly ListedSavepoint[]> => {
  const found: ListedSavepoint[] = [];
  for (const { key } of await store.list(jobsPrefix)) {
    const folder = /^(jobs\/[^/]+\/savepoints\/[^/]+)\/manifest$/.exec(key)?.[1];
    if (folder === undefined) continue;
    found.push({ folder, manifest: await readSavepointManifest(system, storeUnder(store, `${folder}/`)) });
  }
  return found.sort((one, other) => one.manifest.createdMs - other.manifest.createdMs);
};

/** Opens state whose objects lie below `folder`. @throws MillraceError io when objects are damaged or missing */
export const openManifest = async (
  system: OfflineSystem,
  folder: ObjectStore,
  manifest: CheckpointManifest,
): Promise<Savepoint> => new Savepoint(manifest, await openState({ store: folder, system }, manifest));
