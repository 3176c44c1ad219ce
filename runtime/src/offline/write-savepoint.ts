import type { StateDescriptor } from '../api/state.ts';
import { asAttempt, asCheckpointId } from '../checkpoint/ids.ts';
import { formatRanges } from '../checkpoint/key-group-ranges.ts';
import { encodeSavepoint } from '../checkpoint/log-entry.ts';
import type { CheckpointManifest, StateObjectRef, StateSchema } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { savepointManifest, stateKey } from '../checkpoint/paths.ts';
import { savepointTaken } from '../checkpoint/savepoint-folder.ts';
import { StateObjectWriter } from '../checkpoint/state-object-writer.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { asStored, type KeyedRecord, storeRecord } from './keyed-records.ts';
import type { OfflineSystem } from './savepoint.ts';

/** What one transform of the job shall find. */
export interface BootstrappedTransform {
  readonly uid: string;
  /** What kind of transform the job has for it; default a keyed process function. */
  readonly kind?: 'keyedProcess' | 'keyedCoProcess' | 'keyedBroadcast' | 'reduce';
  /** The descriptors that its function uses. */
  readonly states: readonly StateDescriptor[];
  /** Each key once. */
  readonly records: AsyncIterable<KeyedRecord> | Iterable<KeyedRecord>;
}

/** What a savepoint made without a job holds. Sources are not in it: they begin as the job says. */
export interface BootstrappedState {
  readonly jobName: string;
  readonly jobUid?: string;
  /** The key groups of the job; a job of another number cannot take it. */
  readonly maxParallelism: number;
  readonly transforms: readonly BootstrappedTransform[];
}

/** An object is closed when it is so large. */
const objectBytes = 64 * 1024 * 1024;
const [attempt, checkpointId] = [asAttempt(1), asCheckpointId(1)];

/** Puts units into objects of a bounded size. */
class ObjectsWriter {
  readonly refs: StateObjectRef[] = [];
  private readonly system: OfflineSystem;
  private readonly folder: ObjectStore;
  private writer: StateObjectWriter;

  constructor(system: OfflineSystem, folder: ObjectStore) {
    this.system = system;
    this.folder = folder;
    this.writer = new StateObjectWriter(system);
  }

  async add(uid: string, keyGroup: number, bytes: Uint8Array): Promise<void> {
    this.writer.add({ kind: 'keyGroup', uid, keyGroup, mode: 'whole', bytes });
    if (this.writer.rawBytes >= objectBytes) await this.finish();
  }

  async finish(): Promise<void> {
    if (this.writer.isEmpty) return;
    const { bytes, sizeBytes, crc32, indexOffset, indexBytes, keyGroups } = await this.writer.finish();
    const key = stateKey(attempt, checkpointId, 0, this.refs.length);
    await this.folder.put(key, bytes);
    this.refs.push({ key, checkpointId, slot: 0, sizeBytes, crc32, indexOffset, indexBytes, keyGroups });
    this.writer = new StateObjectWriter(this.system);
  }
}

const storeOf = async (
  { states, records }: BootstrappedTransform,
  maxParallelism: number,
  nowMs: number,
): Promise<KeyedStore> => {
  const store = new KeyedStore({ maxParallelism, nowMs: () => nowMs });
  const stored = states.map(asStored);
  for (const descriptor of stored) store.register(descriptor);
  for await (const record of records) storeRecord(store, stored, record);
  store.clearCurrentKey();
  return store;
};

const schemasOf = (uid: string, store: KeyedStore): readonly StateSchema[] =>
  store.describe().map(({ name, kind, type, fields }) => ({
    uid,
    name,
    kind,
    ...(type === undefined ? {} : { type }),
    ...(fields === undefined ? {} : { fields }),
  }));

/**
 * Writes a savepoint into an empty folder of a store. The keys of one transform are in memory at a time.
 * @throws MillraceError conflict when there is a savepoint already, record-invalid when a record has no place in the descriptors
 */
export const writeSavepoint = async (
  system: OfflineSystem,
  folder: ObjectStore,
  state: BootstrappedState,
  { createdMs, runtimeVersion }: { readonly createdMs: number; readonly runtimeVersion: string },
): Promise<CheckpointManifest> => {
  if ((await folder.get(savepointManifest)) !== undefined) throw savepointTaken(folder);
  const { maxParallelism, jobName, jobUid = 'bootstrapped' } = state;
  const objects = new ObjectsWriter(system, folder);
  const schemas: StateSchema[] = [];
  for (const transform of state.transforms) {
    const { uid } = transform;
    const store = await storeOf(transform, maxParallelism, createdMs);
    schemas.push(...schemasOf(uid, store));
    for (let keyGroup = 0; keyGroup < maxParallelism; keyGroup++) {
      const bytes = store.exportKeyGroup(keyGroup);
      if (bytes !== undefined) await objects.add(uid, keyGroup, bytes);
    }
  }
  await objects.finish();
  const manifest: CheckpointManifest = {
    format: 1,
    jobUid,
    jobName,
    checkpointId,
    attempt,
    kind: 'savepoint',
    createdMs,
    runtimeVersion,
    artifact: 'none',
    graphHash: 'none',
    slots: 1,
    maxParallelism,
    objects: objects.refs,
    schemas,
    transforms: state.transforms.map(({ uid, kind = 'keyedProcess' }) => ({
      uid,
      name: uid,
      kind,
      task: uid,
      parallelism: 1,
    })),
    sources: [],
    watermarks: [],
    sinks: [],
    routing: [
      { slot: 0, keyGroups: formatRanges(Array.from({ length: maxParallelism }, (_, group) => group)) },
    ],
  };
  // The manifest is last: without it there is no savepoint, whatever else was written.
  if ((await folder.putIfAbsent(savepointManifest, encodeSavepoint(manifest, system.hashing))) === 'exists')
    throw savepointTaken(folder);
  return manifest;
};
