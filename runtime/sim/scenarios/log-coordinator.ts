import { type Me, type Protocol, theProtocol } from '../../src/checkpoint/decide.ts';
import { collectGarbage } from '../../src/checkpoint/gc.ts';
import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { CheckpointManifest, StateObjectRef } from '../../src/checkpoint/manifest.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot, stateKey } from '../../src/checkpoint/paths.ts';
import type { CommitPermit } from '../../src/checkpoint/permit.ts';
import { openStateObject } from '../../src/checkpoint/state-object-reader.ts';
import { StateObjectWriter } from '../../src/checkpoint/state-object-writer.ts';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import type { Cluster } from '../cluster.ts';
import { FaultyStore } from '../faulty-store.ts';
import type { SimulatedProcess } from '../process.ts';
import type { Row } from '../workload/outlet.ts';

/** What a planted bug may put in the place of the right thing. */
export interface LogSeams {
  readonly protocol: Protocol;
  /** What a coordinator sees of the store. */
  store(store: ObjectStore): ObjectStore;
  collectGarbage: typeof collectGarbage;
  /** Called between sealing a transaction and publishing the checkpoint that names it. */
  sealed(id: string, publish: Publish): Promise<void>;
  /** Called when the log did not take a checkpoint, as far as anybody knows. */
  failed(id: string, abort: (id: string) => Promise<void>): Promise<void>;
  /** Makes visible what a permit allows, and tells the log that it is. */
  commit(permit: CommitPermit, publish: Publish, tell: Publish): Promise<void>;
  /** The number that a new attempt goes on from. */
  restore(read: () => Promise<number>): Promise<number>;
}

type Publish = (ids: readonly string[]) => Promise<void>;

export const jobUid = 'log-job';
export const uid = 'numbers';
const perCheckpoint = 6;
const checkpointEveryMs = 1000;

/** What the job publishes for a number. */
export const rowOf = (number: number): Row => ({ key: `${number}`, value: `${number * number}` });

/** What one coordinator works with. */
export interface Coordinator {
  readonly cluster: Cluster;
  readonly process: SimulatedProcess;
  readonly seams: LogSeams;
  readonly writer: LogWriter;
  /** The whole store, and the part of the job. */
  readonly whole: ObjectStore;
  readonly store: ObjectStore;
}

/** Another leads. */
export class Deposed extends Error {}

const writeState = async (
  { process, store }: Coordinator,
  attempt: number,
  checkpointId: number,
  number: number,
): Promise<StateObjectRef> => {
  const object = new StateObjectWriter(process.system, false);
  const bytes = new TextEncoder().encode(`${number}`);
  object.add({ kind: 'keyGroup', uid, keyGroup: 0, mode: 'whole', bytes });
  const { bytes: all, rawBytes: _rawBytes, ...facts } = await object.finish();
  const key = stateKey(asAttempt(attempt), asCheckpointId(checkpointId), 0, 0);
  await store.put(key, all);
  return { ...facts, key, checkpointId, slot: 0 };
};

/** The number that a checkpoint has reached. */
export const readState = async (
  { process, store }: Coordinator,
  manifest: CheckpointManifest,
): Promise<number> => {
  const [ref] = manifest.objects;
  if (ref === undefined) return 0;
  const object = await openStateObject({ store, system: process.system }, ref);
  for await (const unit of object.read(() => true)) {
    if (unit.kind === 'keyGroup') return Number(new TextDecoder().decode(unit.bytes));
  }
  throw new Error(`${ref.key} has no number in it.`);
};

const unanswered = (): Error => new Error('The outlet did not answer.');

/** Makes rows durable that nobody sees yet. */
const seal = async (
  { cluster, process }: Coordinator,
  attempt: number,
  checkpointId: number,
  numbers: readonly number[],
): Promise<string> => {
  const id = `${process.name}-${attempt}-${checkpointId}`;
  const transaction = { id, sink: uid, subtask: 0, attempt, checkpointId, rows: numbers.map(rowOf) };
  await process.call('outlet.seal', id, () => cluster.outlet.seal(transaction), unanswered);
  return id;
};

export const publish = async ({ cluster, process }: Coordinator, ids: readonly string[]): Promise<void> => {
  for (const id of ids) await process.call('outlet.commit', id, () => cluster.outlet.commit(id), unanswered);
};

export const abort = ({ cluster, process }: Coordinator, id: string): Promise<void> =>
  process.call('outlet.abort', id, () => cluster.outlet.abort(id), unanswered);

export const commit = (coordinator: Coordinator, permit: CommitPermit): Promise<void> =>
  coordinator.seams.commit(
    permit,
    (ids) => publish(coordinator, ids),
    async (ids) => {
      await append(coordinator.writer, { kind: 'committed', sinks: [{ uid, ids }] });
    },
  );

export const append = async (
  writer: LogWriter,
  wish: Parameters<LogWriter['append']>[0],
): Promise<CommitPermit> => {
  const result = await writer.append(wish);
  if (result.outcome === 'deposed') throw new Deposed(`term ${result.standing.term} is another's`);
  return result.permit;
};

const manifestOf = (
  attempt: number,
  checkpointId: number,
  kind: CheckpointManifest['kind'],
  object: StateObjectRef,
  committable: string,
): CheckpointManifest => ({
  format: 1,
  jobUid,
  jobName: 'log job',
  checkpointId: asCheckpointId(checkpointId),
  attempt: asAttempt(attempt),
  kind,
  createdMs: 0,
  runtimeVersion: '0',
  artifact: 'none',
  graphHash: 'none',
  slots: 1,
  maxParallelism: 1,
  objects: [object],
  schemas: [],
  transforms: [],
  sources: [],
  watermarks: [],
  sinks: [{ uid, kind: 'outlet', committables: [{ id: committable, checkpointId, value: '' }] }],
  routing: [{ slot: 0, keyGroups: '0' }],
});

export const sleep = (process: SimulatedProcess, ms: number): Promise<void> =>
  new Promise((resolve) => void process.system.timers.after(ms, resolve));

/** Counts on from a number, seals, stores, publishes, commits and cleans up, once. Gives the number that it has reached. */
export const takeCheckpoint = async (
  coordinator: Coordinator,
  number: number,
  kind: CheckpointManifest['kind'] = 'checkpoint',
): Promise<number> => {
  const { process, seams, writer, whole } = coordinator;
  await sleep(process, checkpointEveryMs);
  const { attempt, highestCheckpointId } = writer.standing;
  const checkpointId = highestCheckpointId + 1;
  const numbers = Array.from({ length: perCheckpoint }, (_, i) => number + i + 1);
  const id = await seal(coordinator, attempt, checkpointId, numbers);
  await seams.sealed(id, (ids) => publish(coordinator, ids));
  const object = await writeState(coordinator, attempt, checkpointId, numbers.at(-1) as number);
  const manifest = manifestOf(attempt, checkpointId, kind, object, id);
  let permit: CommitPermit;
  try {
    permit = await append(writer, { kind: 'manifest', manifest });
  } catch (error) {
    await seams.failed(id, (sealed) => abort(coordinator, sealed));
    throw error;
  }
  await commit(coordinator, permit);
  const { clock, hashing } = process.system;
  const garbage = { store: whole, jobUid, checksum: hashing, clock, minimumAgeMs: 0 };
  // What stays is for the next time.
  await seams.collectGarbage(garbage).catch(() => []);
  return numbers.at(-1) as number;
};

/** The number that the latest checkpoint has reached. */
export const latestNumber = async (coordinator: Coordinator): Promise<number> => {
  const latest = coordinator.writer.standing.line.at(-1)?.manifest;
  return latest === undefined ? 0 : coordinator.seams.restore(() => readState(coordinator, latest));
};

/** Begins an attempt, and makes visible what the last one had prepared. */
export const claim = async (coordinator: Coordinator): Promise<void> =>
  commit(coordinator, await append(coordinator.writer, { kind: 'claim', attempt: 'next' }));

/** What a coordinator does between two failures; `done` = there is nothing more to do. */
export type Work = (coordinator: Coordinator) => Promise<'done' | 'again'>;

/** Does the work again and again until it is done or another leads; whatever fails is tried again after a while. */
export const runCoordinator = async (
  cluster: Cluster,
  process: SimulatedProcess,
  seams: LogSeams,
  deployment: string,
  work: Work,
): Promise<'done' | 'deposed'> => {
  const { random, clock, hashing } = process.system;
  const whole = seams.store(new FaultyStore(process, cluster.storage));
  const me: Me = { writer: random.id(), deployment };
  const settings = { store: whole, jobUid, checksum: hashing, me, clock, retained: () => 2 };
  const writer = new LogWriter({ ...settings, protocol: seams.protocol });
  const store = storeUnder(whole, jobRoot(jobUid));
  for (;;) {
    try {
      const { stopped } = await writer.refresh();
      if (stopped !== undefined) return 'done';
      if ((await work({ cluster, process, seams, writer, whole, store })) === 'done') return 'done';
    } catch (error) {
      cluster.world.note(`${process.name}: ${(error as Error).message}`);
      if (error instanceof Deposed) return 'deposed';
    }
    await sleep(process, 500 + random.next() * 500);
  }
};

/** As it is right. */
export const logSeams: LogSeams = {
  protocol: theProtocol,
  store: (store) => store,
  collectGarbage,
  sealed: async () => undefined,
  failed: async () => undefined,
  commit: async ({ sinks }, publishAll, tell) => {
    const ids = sinks.flatMap(({ committables }) => committables.map(({ id }) => id));
    if (ids.length === 0) return;
    await publishAll(ids);
    await tell(ids);
  },
  restore: (read) => read(),
};
