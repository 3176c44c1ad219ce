import type { Artifact } from '../artifact/freeze.ts';
import { buildGraph, loadJob } from '../artifact/load.ts';
import {
  compareStates,
  type JobStates,
  requireCompatible,
  statefulPart,
} from '../checkpoint/compare-states.ts';
import { rolledBack } from '../checkpoint/decide.ts';
import { type CheckpointPoint, type FoundCheckpoint, findCheckpoint } from '../checkpoint/find-checkpoint.ts';
import { readLog } from '../checkpoint/log.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot } from '../checkpoint/paths.ts';
import type { NewUids } from '../checkpoint/rename-uids.ts';
import { readSavepointManifest } from '../checkpoint/savepoint-folder.ts';
import { type Published, restoredIn, type Standing, standingOf } from '../checkpoint/standing.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import type { Restore } from '../contract/restore.ts';
import { findNothing } from '../coordinator/begin-anew.ts';
import { type ForkSource, requireForkable } from '../coordinator/fork.ts';
import { runsAsBatch } from '../coordinator/local.ts';
import type { Beginning } from '../coordinator/local-state.ts';
import {
  findPin,
  findRestorePoint,
  pinPoint,
  type RestorePoint,
  type RestoreSettings,
  removePin,
} from '../coordinator/restore-point.ts';
import { type ClusterName, Succession } from '../coordinator/succession.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { describeJob } from '../offline/describe-job.ts';
import { openFolder } from '../offline/open-folder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findJobUid } from './checkpoint-place.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';
import { renamesOf, type StartOptions } from './start-point.ts';

export interface BeginningSettings {
  readonly io: CommandIo;
  readonly logger: Logger;
  readonly target: JobTarget;
  readonly artifact: Artifact;
  readonly options: StartOptions;
  /** What the job is called in its cluster; absent = it is in none. */
  readonly clusterName?: ClusterName | undefined;
  /** The deployment of the job that this is; absent = there is no other. */
  readonly deployment?: string | undefined;
  /** Where the savepoint lies that `spec.restore` names; absent = it is one of the job. */
  readonly savepointPlace?: string | undefined;
}

/** A wish to go back. */
type RestoreWish = Restore & { readonly id: string };

/**
 * Decides what a job goes on from, and refuses what it cannot go on from before anything is touched. Code that did not write the checkpoint
 * is asked what state it has: its functions with state are opened once and closed again.
 */
export class BeginningChoice {
  private readonly settings: BeginningSettings;
  private readonly renamed: NewUids;
  private readonly allowRemoved: boolean;
  private folder: ObjectStore | undefined;

  constructor(settings: BeginningSettings) {
    const { target, options } = settings;
    this.settings = settings;
    this.renamed = renamesOf(target, options.rename);
    this.allowRemoved = options.allowRemoved ?? target.allowRemoved;
  }

  /** @throws MillraceError when there is no such checkpoint or savepoint, or the job cannot go on from it */
  async choose(own: Standing, store: ObjectStore): Promise<Beginning> {
    const { clusterName } = this.settings;
    if (clusterName !== undefined) return await this.inCluster(own, store, clusterName);
    const { from, fromJob } = this.settings.options;
    const latest = own.line.at(-1);
    if (latest !== undefined && (from?.kind === 'savepoint' || fromJob !== undefined)) {
      const { checkpointId } = latest.manifest;
      this.settings.logger.info(
        `The job goes on from checkpoint ${checkpointId} of its own: --from is for a job that has none (--anew)`,
      );
      return await this.goOn(own, latest);
    }
    if (from?.kind === 'savepoint') return { from: await this.savepoint(from.place) };
    if (fromJob !== undefined)
      return { from: await this.otherJob(store, fromJob, from ?? { kind: 'latest' }) };
    if (from !== undefined) return await this.goOn(own, await this.find(own, store, from));
    return latest === undefined ? {} : await this.goOn(own, latest);
  }

  /** Gives back what was opened, when the job has ended. */
  async close(): Promise<void> {
    await this.folder?.close();
  }

  /**
   * A deployment that stands by goes on from whatever the job has come to; or from where somebody wishes it to go back to, which is put
   * aside meanwhile.
   */
  async standBy(own: Standing, store: ObjectStore): Promise<Beginning> {
    const { renamed } = this;
    const wish = this.wishOf(own);
    if (this.settings.clusterName === undefined) return { renamed };
    if (wish === undefined) return { renamed, from: await this.nothing(store, own, true) };
    const found = await this.restorePoint(store, own, wish);
    const point = await pinPoint(this.restoring(store), own.jobUid, wish.id, found);
    return { renamed, from: await this.restored(point, wish) };
  }

  /** A job of a cluster goes on from its own state, or from that of the job which had its name before, or goes back to where it is wished. */
  private async inCluster(own: Standing, store: ObjectStore, name: ClusterName): Promise<Beginning> {
    const { system } = this.settings.io;
    const succession = new Succession({ system, store, name, own });
    const hasBegun = () => succession.hasBegun();
    const latest = own.line.at(-1);
    const before = await succession.look();
    const state = latest === undefined ? before : own;
    const wish = this.wishOf(state);
    if (wish !== undefined) {
      const from = await this.restored(await this.restorePoint(store, state, wish), wish);
      const heritage = await succession.take();
      return { renamed: this.renamed, hasBegun, from: { ...from, heritage } };
    }
    const expected = before && (await this.inherited(store, before));
    const final = await succession.take();
    if (latest !== undefined) {
      await this.forgetWish(store, own);
      const from = await this.nothing(store, own, false);
      return from === undefined
        ? { ...(await this.goOn(own, latest)), hasBegun }
        : { renamed: this.renamed, hasBegun, from };
    }
    const manifest = final?.line.at(-1)?.manifest;
    if (final === undefined || manifest === undefined) return { renamed: this.renamed, hasBegun };
    const source = expected ?? (await this.inherited(store, final));
    this.settings.logger.info(
      `The job goes on from checkpoint ${manifest.checkpointId} of ${final.jobUid}, which had its name before`,
    );
    return { hasBegun, from: { ...source, manifest, heritage: final } };
  }

  /** What a revision goes on from that is to begin with nothing; undefined = it is not, or has begun. */
  private async nothing(
    store: ObjectStore,
    own: Standing,
    takesOver: boolean,
  ): Promise<ForkSource | undefined> {
    const { target, deployment } = this.settings;
    if (target.upgrade?.mode !== 'Stateless' || deployment === undefined) return undefined;
    const found = await findNothing(this.restoring(store), own, deployment, takesOver);
    return found && { ...(await this.sourceOf(found.manifest, found.folder)), restore: found.restore };
  }

  /** Somebody wishes a job to go back, and it has not done so yet. */
  private wishOf(state: Standing | undefined): RestoreWish | undefined {
    const { restore } = this.settings.target;
    if (restore?.id === undefined) return undefined;
    const { id } = restore;
    const isDone = state !== undefined && restoredIn(state).some((done) => done.id === id);
    return isDone ? undefined : { ...restore, id };
  }

  private restoring(store: ObjectStore): RestoreSettings {
    const { io, savepointPlace } = this.settings;
    return { reading: { store, system: io.system }, savepointPlace };
  }

  private async restorePoint(
    store: ObjectStore,
    state: Standing | undefined,
    wish: RestoreWish,
  ): Promise<RestorePoint> {
    const restoring = this.restoring(store);
    const pin = state && (await findPin(restoring, state.jobUid, wish.id));
    return pin ?? (await findRestorePoint(restoring, state, wish));
  }

  private async restored(point: RestorePoint, { id }: RestoreWish): Promise<ForkSource> {
    const { logger, target } = this.settings;
    logger.info(`The job goes back to ${point.from}, as ${id} wishes`);
    const source = await this.sourceOf(point.manifest, point.folder);
    const graph = await this.plan(point.manifest);
    requireForkable(source, graph, runsAsBatch(graph, target.mode));
    return { ...source, restore: { id, from: point.from } };
  }

  /** What was put aside for a wish that was carried out is not needed any more. */
  private async forgetWish(store: ObjectStore, own: Standing): Promise<void> {
    const id = this.settings.target.restore?.id;
    if (id !== undefined) await removePin(this.restoring(store), own.jobUid, id);
  }

  /** The latest checkpoint of a job that is taken over. Refused before anything is touched when this one cannot go on from it. */
  private async inherited(store: ObjectStore, standing: Standing): Promise<ForkSource> {
    const { manifest } = standing.line.at(-1) as Published;
    const source = await this.sourceOf(manifest, storeUnder(store, jobRoot(standing.jobUid)));
    const graph = await this.plan(manifest);
    requireForkable(source, graph, runsAsBatch(graph, this.settings.target.mode));
    return source;
  }

  private async goOn(own: Standing, target: Published): Promise<Beginning> {
    await this.requireFit(target.manifest);
    const { renamed } = this;
    const latest = own.line.at(-1);
    if (latest === undefined || latest.number === target.number) return { renamed };
    const { options, logger } = this.settings;
    const goBack = { to: target.number, acceptRepeats: options.acceptRepeats ?? false };
    const decision = rolledBack(own, { to: goBack.to, ...(goBack.acceptRepeats ? { repeats: true } : {}) });
    if (decision.do === 'refuse') throw decision.error;
    logger.warn(
      `Goes back from checkpoint ${latest.manifest.checkpointId} to ${target.manifest.checkpointId}: what sinks without transactions have shown since comes again`,
    );
    return { renamed, goBack };
  }

  private async find(standing: Standing, store: ObjectStore, point: CheckpointPoint): Promise<Published> {
    const { io, logger } = this.settings;
    const reading = { store: storeUnder(store, jobRoot(standing.jobUid)), system: io.system };
    const { published, passed }: FoundCheckpoint = await findCheckpoint(reading, standing, point);
    for (const { checkpointId, faults } of passed)
      logger.warn(`Checkpoint ${checkpointId} is passed over: ${faults[0]?.key ?? ''} ${faults[0]?.why}`);
    return published;
  }

  private async otherJob(store: ObjectStore, job: string, point: CheckpointPoint): Promise<ForkSource> {
    const { io } = this.settings;
    const jobUid = await findJobUid(io, store, job);
    const entries = await readLog({ store, jobUid, checksum: io.system.hashing });
    const { manifest } = await this.find(standingOf(jobUid, entries, store.place), store, point);
    return await this.sourceOf(manifest, storeUnder(store, jobRoot(jobUid)));
  }

  private async savepoint(place: string): Promise<ForkSource> {
    const { system, environment, workingDirectory } = this.settings.io;
    this.folder = await openFolder(system, place, { baseDirectory: workingDirectory, environment });
    return await this.sourceOf(await readSavepointManifest(system, this.folder), this.folder);
  }

  /** What `fork` compares before it copies. */
  private async sourceOf(manifest: CheckpointManifest, folder: ObjectStore): Promise<ForkSource> {
    const states = await this.statesOf(await this.plan(manifest));
    const { renamed, allowRemoved } = this;
    return { manifest, folder, states, allowRemoved, renamed };
  }

  private async requireFit(manifest: CheckpointManifest): Promise<void> {
    const graph = await this.plan(manifest);
    if (manifest.artifact === this.settings.artifact.sha256 && manifest.graphHash === graph.hash) return;
    const differences = compareStates(statefulPart(manifest), await this.statesOf(graph), this.renamed);
    requireCompatible(differences, this.allowRemoved, `checkpoint ${manifest.checkpointId}`);
  }

  private async plan(manifest: CheckpointManifest): Promise<PhysicalGraph> {
    const { target, artifact } = this.settings;
    const maxParallelism = target.maxParallelism ?? manifest.maxParallelism;
    return buildGraph(await loadJob(artifact.path), target.args, { ...target, maxParallelism });
  }

  private statesOf(graph: PhysicalGraph): Promise<JobStates> {
    const { io, target } = this.settings;
    return describeJob({ system: io.system, ...target }, graph);
  }
}
