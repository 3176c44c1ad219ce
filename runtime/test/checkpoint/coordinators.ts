import { type Me, type Protocol, theProtocol, type Wish } from '../../src/checkpoint/decide.ts';
import { collectGarbage } from '../../src/checkpoint/gc.ts';
import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import type { CheckpointManifest, Committable, StateObjectRef } from '../../src/checkpoint/manifest.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { jobRoot, stateKey } from '../../src/checkpoint/paths.ts';
import type { CommitPermit } from '../../src/checkpoint/permit.ts';
import type { Standing } from '../../src/checkpoint/standing.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { checksum, jobUid, manifestOf } from './entries.ts';
import { type Choose, noAnswer, type Process, storeOf } from './interleaving.ts';

/** One incarnation of a data plane: how far it has read, and what it has sealed that may be in no manifest. */
interface Plane {
  position: number;
  sealed: readonly Committable[];
}

/** What a run is made of; a planted fault replaces a part. */
export interface Parts {
  readonly protocol: Protocol;
  store(store: ObjectStore): ObjectStore;
  collect(settings: Parameters<typeof collectGarbage>[0]): Promise<unknown>;
}

export const rightParts: Parts = {
  protocol: theProtocol,
  store: (store) => store,
  collect: collectGarbage,
};

const clock = { nowMs: () => 0, monotonicMs: () => 0 };

/**
 * A job in miniature: every checkpoint reads one record more, seals one committable for it, and writes one object. Manifests keep the position
 * in `createdMs`. Whatever coordinators do, in the end each record must be visible once.
 */
export class World {
  readonly memory = new MemoryStore(clock);
  readonly wrong: string[] = [];
  private readonly store: ObjectStore;
  private readonly parts: Parts;
  private readonly choose: Choose;
  private readonly planes = new Map<number, Plane>();
  /** What is visible: by record, the committables that brought it. */
  private readonly visible = new Map<number, Set<string>>();
  /** The highest checkpoint that any worker has heard of. */
  private highestStarted = 0;
  private readonly actedOn = new Map<number, string>();

  constructor(parts: Parts, choose: Choose) {
    this.parts = parts;
    this.choose = choose;
    this.store = parts.store(this.memory);
  }

  /** A coordinator: claims, rolls back what is not its own, takes checkpoints, hands over or is handed to. */
  async coordinate(process: Process, deployment: string, rounds: number, isLast: boolean): Promise<void> {
    const me: Me = { writer: process.name, deployment };
    const store = storeOf(process, this.store);
    const { protocol } = this.parts;
    const log = new LogWriter({
      store,
      jobUid,
      checksum,
      me,
      clock,
      retained: () => 2,
      protocol,
    });
    const append = async (wish: Wish): Promise<CommitPermit | undefined> => {
      const appended = await this.again(() => log.append(wish));
      return appended.outcome === 'done' ? appended.permit : undefined;
    };
    const before = await log.refresh();
    const canAdopt = before.attempt > 0 && before.owner === deployment && before.stopped === undefined;
    if (
      (await append({
        kind: 'claim',
        attempt: canAdopt && this.choose(2) === 0 ? 'same' : 'next',
      })) === undefined
    )
      return;
    if (log.standing.owner !== deployment) {
      const { switchOver, line } = log.standing;
      if (switchOver === undefined) return;
      const to = switchOver.isReleased ? line.at(-1) : switchOver.cut;
      if ((await append({ kind: 'rolledBack', to: to?.number ?? 0 })) === undefined) return;
    }
    const plane = await this.planeOf(store, log);
    for (let round = 0; round < rounds; round++) {
      if (!(await this.commit(process, log, append))) return;
      const isCut =
        deployment === 'green' && log.standing.switchOver === undefined && !isLast && this.choose(4) === 0;
      const manifest = await this.takeCheckpoint(store, log.standing, plane, isCut ? 'cut' : 'checkpoint');
      if ((await append({ kind: 'manifest', manifest })) === undefined) return;
      this.actOn(manifest, me);
      if (isCut) {
        await append({ kind: 'handOver', to: 'blue' });
        return;
      }
      const { switchOver } = log.standing;
      if (switchOver === undefined || (round === 0 && !isLast)) continue;
      if (
        (await append({
          kind: switchOver.isReleased ? 'promoted' : 'released',
        })) === undefined
      )
        return;
    }
    await this.commit(process, log, append);
  }

  async collect(process: Process): Promise<void> {
    for (let times = 0; times < 3; times++)
      await this.parts.collect({
        store: storeOf(process, this.store),
        jobUid,
        checksum,
        clock,
        minimumAgeMs: 0,
      });
  }

  /** What is wrong at the end, after a coordinator ran alone: nothing, if each record is visible once and all state is there. */
  check(standing: Standing): readonly string[] {
    const latest = standing.line.at(-1);
    const records = latest?.manifest.createdMs ?? 0;
    const seen = Math.max(records, ...this.visible.keys());
    const counts = Array.from({ length: seen }, (_, at) => this.visible.get(at + 1)?.size ?? 0);
    const missing = counts.findIndex((count, at) => count === 0 && at < records);
    if (missing >= 0) this.wrong.push(`record ${missing + 1} is not visible`);
    const twice = counts.findIndex((count) => count > 1);
    if (twice >= 0) this.wrong.push(`record ${twice + 1} is visible twice`);
    return this.wrong;
  }

  /** Whoever gets no answer asks again; whether the first call was heard is for the log to say. */
  private async again<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!MillraceError.is(error) || error.message !== noAnswer) throw error;
      }
    }
  }

  private async planeOf(store: ObjectStore, log: LogWriter): Promise<Plane> {
    const { attempt, line } = log.standing;
    const latest = line.at(-1)?.manifest;
    for (const { key } of latest?.objects ?? []) {
      const isMissing = (await store.get(jobRoot(jobUid) + key)) === undefined;
      // Who was deposed meanwhile may find that gc took what it restores.
      if (isMissing && (await this.again(() => log.permit())) !== undefined)
        this.wrong.push(`${key} of checkpoint ${latest?.checkpointId} is missing`);
    }
    const running = this.planes.get(attempt);
    if (running !== undefined) {
      this.forgetPublished(running, latest?.checkpointId ?? 0);
      return running;
    }
    const plane: Plane = { position: latest?.createdMs ?? 0, sealed: [] };
    this.planes.set(attempt, plane);
    return plane;
  }

  private async takeCheckpoint(
    store: ObjectStore,
    { attempt, line, highestCheckpointId }: Standing,
    plane: Plane,
    kind: CheckpointManifest['kind'],
  ): Promise<CheckpointManifest> {
    this.highestStarted = Math.max(this.highestStarted, highestCheckpointId) + 1;
    const checkpointId = this.highestStarted;
    plane.position++;
    const sealed = {
      id: `${plane.position}@${attempt}.${checkpointId}`,
      checkpointId,
      value: '',
    };
    plane.sealed = [...plane.sealed, sealed];
    const [position, committables] = [plane.position, plane.sealed];
    const key = stateKey(asAttempt(attempt), asCheckpointId(checkpointId), 0, 0);
    await store.put(jobRoot(jobUid) + key, new Uint8Array(1));
    const own: StateObjectRef = {
      key,
      checkpointId,
      slot: 0,
      sizeBytes: 1,
      crc32: 0,
      indexOffset: 0,
      indexBytes: 1,
      keyGroups: '',
    };
    const inherited = line.at(-1)?.manifest.objects.slice(-1) ?? [];
    return manifestOf(checkpointId, {
      attempt: asAttempt(attempt),
      kind,
      createdMs: position,
      objects: [...inherited, own],
      sinks: [{ uid: 'out', kind: 'files', committables }],
    });
  }

  private actOn({ checkpointId, attempt }: CheckpointManifest, { writer }: Me): void {
    const other = this.actedOn.get(checkpointId);
    if (other !== undefined && other !== writer)
      this.wrong.push(`${other} and ${writer} act on a checkpoint ${checkpointId}`);
    this.actedOn.set(checkpointId, writer);
    const plane = this.planes.get(attempt);
    if (plane !== undefined) this.forgetPublished(plane, checkpointId);
  }

  private forgetPublished(plane: Plane, checkpointId: number): void {
    plane.sealed = plane.sealed.filter((sealed) => sealed.checkpointId > checkpointId);
  }

  private async commit(
    process: Process,
    log: LogWriter,
    append: (wish: Wish) => Promise<CommitPermit | undefined>,
  ): Promise<boolean> {
    const permit = await log.permit();
    if (permit === undefined) return false;
    const sinks = permit.sinks.map(({ uid, committables }) => ({
      uid,
      ids: committables.map(({ id }) => id),
    }));
    for (const id of sinks.flatMap(({ ids }) => ids)) await process.io(async () => this.show(id));
    return sinks.length === 0 || (await append({ kind: 'committed', sinks })) !== undefined;
  }

  private show(id: string): void {
    const record = Number.parseInt(id, 10);
    this.visible.set(record, (this.visible.get(record) ?? new Set()).add(id));
  }
}
