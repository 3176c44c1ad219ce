import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import { type NewUids, renameUids } from '../checkpoint/rename-uids.ts';
import type { LiveCheckpoint } from '../contract/checkpoint.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { HeldSlot } from '../worker/remote/slot-journal.ts';
import type { SlotBeginning, SlotHandle } from '../worker/slot-handle.ts';
import { assignedBehind, endCheckpoints } from './adoption.ts';
import type { ManifestBase } from './build-manifest.ts';
import type { OnCheckpoint } from './checkpoint-events.ts';
import type { CheckpointPolicy } from './checkpoint-times.ts';
import { Checkpoints, type CompletedCheckpoint } from './checkpoints.ts';
import { Commits } from './commits.ts';
import type { ForkSource } from './fork.ts';
import type { GarbageTimes } from './garbage.ts';
import type { JobCodeHandle } from './job-code.ts';
import type { Claimed, JobLog } from './job-log.ts';
import { pendingCommits, planRestore, type RestorePlan } from './restore-plan.ts';
import { slowTaskOf } from './slow-task.ts';

/** Where a job keeps its state, and how often. */
export interface JobCheckpoints {
  readonly log: JobLog;
  /** The part of the store that belongs to the job. */
  readonly store: ObjectStore;
  readonly base: ManifestBase;
  /** Read again whenever it matters. */
  readonly policy: CheckpointPolicy;
  /** Makes it another one; absent = it stays as it is. */
  readonly tune?: ((checkpoint: LiveCheckpoint) => void) | undefined;
  /** Batch mode: nothing is cut, and the only checkpoint is the one at the end of the input. */
  readonly onlyLast: boolean;
  /** Transforms have other uids than checkpoints of earlier revisions know them by. */
  readonly renamed?: NewUids | undefined;
  /** What it goes on from while it has no checkpoint of its own. */
  readonly from?: ForkSource | undefined;
  /** Absent = the usual. */
  readonly garbage?: GarbageTimes | undefined;
}

export interface AttemptStateSettings extends JobCheckpoints {
  readonly system: Pick<System, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly attempt: number;
  readonly routing: () => RoutingTable;
  onFailed(error: unknown): void;
  readonly onCheckpoint?: OnCheckpoint | undefined;
}

/** What an attempt is made of, as far as its state goes. */
interface Parts {
  readonly slots: readonly SlotHandle[];
  readonly jobCode: JobCodeHandle;
  /** See `Deployment`. */
  readonly held?: (() => readonly HeldSlot[]) | undefined;
}

/** Subtasks of each transform at the checkpoint and now. */
const parallelismOf = ({ manifest }: RestorePlan, graph: PhysicalGraph): SlotBeginning['parallelism'] => {
  const before = new Map(manifest.transforms.map(({ uid, parallelism }) => [uid, parallelism]));
  return new Map(
    graph.tasks.flatMap(({ chain, parallelism: now }) =>
      chain.map((node) => [uidOf(node), { before: before.get(uidOf(node)) ?? 0, now }] as const),
    ),
  );
};

/** What slots go on from. */
const beginningsOf = (
  plan: RestorePlan,
  { slotOf }: RoutingTable,
  graph: PhysicalGraph,
): readonly SlotBeginning[] => {
  const { checkpointId, objects, maxParallelism } = plan.manifest;
  const parallelism = parallelismOf(plan, graph);
  return plan.slots.map((restore) => ({
    restore,
    checkpoint: { checkpointId, objects, maxParallelism },
    slotOf,
    parallelism,
  }));
};

/** Of a job that has ended. */
const allAttempts = Number.MAX_SAFE_INTEGER;

/** Attempts before this one have prepared what may not be made visible yet, and must not be aborted. */
const isHeld = ({ trial }: Claimed): boolean => trial !== undefined && !trial.isReleased;

/** The state of one attempt: what it goes on from, and the checkpoints that it takes. */
export class AttemptState {
  private readonly settings: AttemptStateSettings;
  private checkpoints: Checkpoints | undefined;
  private commits: Commits | undefined;
  /** The highest number that a checkpoint had before. */
  private lastId = 0;

  constructor(settings: AttemptStateSettings) {
    this.settings = settings;
  }

  /** Takes in the keyed state of a checkpoint that may not be the last before `restore`: see `SlotHandle.preload`. */
  async preload({ slots }: Pick<Parts, 'slots'>, manifest: CheckpointManifest): Promise<void> {
    const { base, routing, renamed = new Map() } = this.settings;
    const known = renameUids(manifest, renamed);
    // What is in flight at the last checkpoint before is of no interest: a cut has nothing of it.
    const plan = planRestore({ ...known, inFlight: undefined }, base.graph, routing());
    const beginnings = beginningsOf(plan, routing(), base.graph);
    await Promise.all(slots.map((slot, i) => slot.preload(beginnings[i] as SlotBeginning)));
  }

  /**
   * Gives every part what it had: what sinks had prepared is made visible, what a rollback or earlier attempts left open is ended, enumerators
   * begin, and slots take in their state. Rejects when the attempt cannot go on.
   */
  async restore({ slots, jobCode }: Parts, claimed: Claimed): Promise<void> {
    const { attempt, base, logger, routing, onCheckpoint } = this.settings;
    const { manifest, permit, highestCheckpointId, aborted = [] } = claimed;
    this.lastId = highestCheckpointId;
    const plan = manifest && planRestore(manifest, base.graph, routing());
    if (manifest !== undefined) {
      logger.info(`Attempt ${attempt} goes on from checkpoint ${manifest.checkpointId}`);
    }
    await this.commitsOf(jobCode).perform(permit);
    for (const { checkpointId, sinks } of pendingCommits(aborted)) await jobCode.abort(checkpointId, sinks);
    if (claimed.predecessor !== undefined) await jobCode.abortOlder(allAttempts, claimed.predecessor);
    if (!isHeld(claimed)) await jobCode.abortOlder(attempt);
    await jobCode.start(plan?.enumerators);
    const beginnings = plan && beginningsOf(plan, routing(), base.graph);
    await Promise.all(slots.map((slot, i) => slot.open(beginnings?.[i])));
    if (manifest !== undefined) onCheckpoint?.({ what: 'restored', id: manifest.checkpointId });
  }

  /**
   * Slots run, and have told how far they are: what the coordinator before has begun is ended, and enumerators go to where the readers are.
   * Rejects when they cannot.
   */
  async adopt(
    { slots, jobCode, held: tell }: Parts,
    { manifest, permit, term, ...rest }: Claimed,
  ): Promise<void> {
    const { attempt, base, logger, system } = this.settings;
    const completedId = manifest?.checkpointId ?? 0;
    const held = tell?.() ?? [];
    logger.info(`Term ${term} goes on with attempt ${attempt}, which runs behind checkpoint ${completedId}`);
    const highestId = endCheckpoints(slots, held, completedId, system.clock.nowMs());
    this.lastId = Math.max(rest.highestCheckpointId, highestId);
    await this.commitsOf(jobCode).perform(permit);
    const plan = manifest && planRestore(manifest, base.graph, this.settings.routing());
    await jobCode.start(plan?.enumerators, assignedBehind(completedId, held));
  }

  /**
   * Ends once more what earlier attempts have left open: one that was stopped, not ended, when this one began may have written since. All
   * that checkpoints name is visible by now.
   */
  async removeLeftovers({ jobCode }: Pick<Parts, 'jobCode'>): Promise<void> {
    await jobCode.abortOlder(this.settings.attempt);
  }

  /** Makes visible what was held back, and then ends what earlier attempts have left open: until then some of it was to be kept. */
  async commitHeld(parts: Pick<Parts, 'jobCode'>, permit: CommitPermit): Promise<void> {
    await this.commitsOf(parts.jobCode).perform(permit);
    await this.removeLeftovers(parts);
  }

  /** Takes checkpoints from now on. */
  run({ slots, jobCode }: Parts): void {
    const { attempt, log, routing, onFailed, onlyLast } = this.settings;
    const commits = this.commitsOf(jobCode);
    this.checkpoints = new Checkpoints(
      { ...this.settings, publish: (manifest) => log.publish(manifest), onFailed },
      {
        number: attempt,
        slots: slots.length,
        snapshotEnumerators: (take) => jobCode.snapshot(take),
        inject: (barrier) => {
          for (const slot of slots) slot.inject(barrier);
        },
        checkpointEnded: (id, completed) => {
          for (const slot of slots) slot.checkpointEnded(id, completed);
        },
        slowTask: (id) =>
          slowTaskOf(
            slots.flatMap((slot) => slot.report()),
            id,
          ),
        commit: (permit: CommitPermit) => commits.perform(permit),
      },
      routing,
      this.lastId,
    );
    if (!onlyLast) this.checkpoints.start();
  }

  /** See `Checkpoints.take`. */
  take(kind: Parameters<Checkpoints['take']>[0]): Promise<CompletedCheckpoint> {
    const { checkpoints } = this;
    if (checkpoints === undefined) return Promise.reject(new Error('The attempt takes no checkpoints yet.'));
    return checkpoints.take(kind);
  }

  /** See `Checkpoints.policyChanged`. */
  policyChanged(): void {
    if (!this.settings.onlyLast) this.checkpoints?.policyChanged();
  }

  /** See `Checkpoints.keepChains`. */
  keepChains(keep: boolean): void {
    this.checkpoints?.keepChains(keep);
  }

  /** What slots tell. */
  get reports(): Pick<Checkpoints, 'acknowledge' | 'refuse'> | undefined {
    return this.checkpoints;
  }

  end(): void {
    this.checkpoints?.end();
  }

  /** One for all of the attempt: what two of them made visible at the same time, both would report. */
  private commitsOf(jobCode: JobCodeHandle): Commits {
    this.commits ??= new Commits({
      commit: (checkpointId, sinks) => jobCode.commit(checkpointId, sinks),
      committed: (sinks) => this.settings.log.committed(sinks),
    });
    return this.commits;
  }
}
