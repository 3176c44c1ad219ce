import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import type { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Barrier, BarrierCheckpoint } from '../exchange/element.ts';
import type { RoutingTable } from '../exchange/routing-table.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SlotAck } from '../worker/snapshot-upload.ts';
import { buildManifest, type ManifestBase } from './build-manifest.ts';
import type { OnCheckpoint } from './checkpoint-events.ts';
import { type CheckpointPolicy, nextCheckpointDelayMs } from './checkpoint-times.ts';
import { abandoned, tooManyFailed } from './failed-checkpoints.ts';
import type { EnumeratorState } from './job-code.ts';

/** The attempt, as checkpoints need it. */
export interface CheckpointedAttempt {
  readonly number: number;
  readonly slots: number;
  /** See `JobCodeHandle.snapshot`. */
  snapshotEnumerators(take: (states: readonly EnumeratorState[]) => void): void;
  inject(barrier: Barrier): void;
  checkpointEnded(checkpointId: number, completed: boolean): void;
  /** The task that holds the barrier of a checkpoint up, in words; undefined = none is known. */
  slowTask(checkpointId: number): string | undefined;
  /** Makes visible what a permit allows, and tells the log. */
  commit(permit: CommitPermit): Promise<void>;
}

export interface CheckpointsSettings {
  readonly system: Pick<System, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly base: ManifestBase;
  readonly policy: CheckpointPolicy;
  /** Puts a manifest into the log: it exists when this resolves. Rejects when it does not, or nobody knows. */
  publish(manifest: CheckpointManifest): Promise<CommitPermit>;
  /** The attempt cannot go on: too many checkpoints came to nothing, or the log has another leader. */
  onFailed(error: unknown): void;
  readonly onCheckpoint?: OnCheckpoint | undefined;
}

type Kind = CheckpointManifest['kind'];

/** A checkpoint that exists. */
export interface CompletedCheckpoint {
  readonly manifest: CheckpointManifest;
  /** Resolves when all that sinks have prepared for it is visible. */
  readonly committed: Promise<void>;
}

/** A checkpoint from its trigger to its manifest. */
interface PendingCheckpoint {
  readonly id: number;
  readonly kind: Kind;
  readonly startedMs: number;
  readonly acks: Map<number, SlotAck>;
  readonly timeout: Cancellable;
  readonly slowness: Cancellable;
  readonly result: PromiseWithResolvers<CompletedCheckpoint>;
  enumerators: readonly EnumeratorState[];
  /** Of the routing table in force when its barrier went out. */
  routingVersion: number;
  isPublishing: boolean;
}

/** Those that are always aligned tell after so long which task they wait for. */
const slowAfterMs = 10_000;

const stopTimers = ({ timeout, slowness }: PendingCheckpoint): void => {
  timeout.cancel();
  slowness.cancel();
};

/**
 * The checkpoints of one attempt: one at a time, triggered by the policy or asked for, published when every slot has
 * acknowledged. What comes to nothing is told to the slots; what sinks have prepared is committed behind the manifest.
 */
export class Checkpoints {
  private readonly settings: CheckpointsSettings;
  private readonly attempt: CheckpointedAttempt;
  private readonly routing: () => RoutingTable;
  private pending: PendingCheckpoint | undefined;
  private readonly waiting: {
    readonly kind: Kind;
    readonly result: PromiseWithResolvers<CompletedCheckpoint>;
  }[] = [];
  private timer: Cancellable | undefined;
  private over = false;
  private followsPolicy = false;
  private keepsChains = false;
  private lastId: number;
  private failures = 0;
  /** Of the routing table that every subtask has for sure: no barrier that carries one is under way any more. */
  private settledVersion: number;
  private startedMs: number;
  private endedMs: number;

  /** `lastId`: no checkpoint of this attempt has this number or a lower one. */
  constructor(
    settings: CheckpointsSettings,
    attempt: CheckpointedAttempt,
    routing: () => RoutingTable,
    lastId: number,
  ) {
    this.settings = settings;
    this.attempt = attempt;
    this.routing = routing;
    this.lastId = lastId;
    this.settledVersion = routing().version;
    this.startedMs = settings.system.clock.monotonicMs();
    this.endedMs = this.startedMs;
  }

  /** Begins to take checkpoints by the policy; without, only those are taken that are asked for. */
  start(): void {
    this.followsPolicy = true;
    this.schedule();
  }

  /** The policy is another: it decides from now on when the next one is taken. */
  policyChanged(): void {
    if (this.pending === undefined) this.schedule();
  }

  /** See `BarrierCheckpoint.keepsChains`; from the next one on. */
  keepChains(keep: boolean): void {
    this.keepsChains = keep;
  }

  /** Takes one as soon as none is under way. Rejects when it comes to nothing. */
  take(kind: Kind): Promise<CompletedCheckpoint> {
    const result = Promise.withResolvers<CompletedCheckpoint>();
    result.promise.catch(() => undefined);
    this.waiting.push({ kind, result });
    this.next();
    return result.promise;
  }

  /** A slot has its share in the store. */
  acknowledge(ack: SlotAck): void {
    const { pending } = this;
    if (pending === undefined || pending.id !== ack.checkpointId || pending.isPublishing) return;
    pending.acks.set(ack.slot, ack);
    this.settings.onCheckpoint?.({ what: 'acknowledged', ack });
    if (pending.acks.size === this.attempt.slots) void this.publish(pending);
  }

  /** A slot cannot store its share. */
  refuse(checkpointId: number, error: unknown): void {
    if (this.pending?.id === checkpointId) this.abandon(this.pending, reasonOf(error), error);
  }

  /** The attempt is over: nothing is triggered or published any more, and what was asked for comes to nothing. */
  end(): void {
    this.over = true;
    this.timer?.cancel();
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) stopTimers(pending);
    if (pending !== undefined) this.tellFailed(pending, 'the attempt ended');
    for (const { result } of this.waiting.splice(0))
      result.reject(abandoned(this.lastId + 1, 'the attempt ended'));
  }

  private schedule(): void {
    if (this.over || !this.followsPolicy) return;
    const { system, policy } = this.settings;
    const delayMs = nextCheckpointDelayMs(
      policy,
      { startedMs: this.startedMs, endedMs: this.endedMs },
      system.clock.monotonicMs(),
    );
    this.timer?.cancel();
    this.timer = system.timers.after(delayMs, () => {
      if (this.pending === undefined && this.waiting.length === 0) void this.take('checkpoint');
    });
  }

  private next(): void {
    if (this.pending !== undefined || this.over) return;
    const wanted = this.waiting.shift();
    if (wanted === undefined) return this.schedule();
    const { system, policy, onCheckpoint } = this.settings;
    const id = ++this.lastId;
    this.startedMs = system.clock.monotonicMs();
    const pending: PendingCheckpoint = {
      ...wanted,
      id,
      startedMs: this.startedMs,
      acks: new Map(),
      timeout: system.timers.after(policy.timeoutMs, () =>
        this.abandon(pending, `it was not complete after ${policy.timeoutMs / 1000} s${this.waitsFor(id)}`),
      ),
      slowness: system.timers.after(slowAfterMs, () => this.tellSlow(pending)),
      enumerators: [],
      routingVersion: 0,
      isPublishing: false,
    };
    this.pending = pending;
    onCheckpoint?.({ what: 'triggered', id, kind: wanted.kind, attempt: this.attempt.number });
    // Barriers go out in the call that brings the states: no split is assigned between the two.
    this.attempt.snapshotEnumerators((states) => {
      if (this.pending !== pending) return;
      pending.enumerators = states;
      pending.routingVersion = this.routing().version;
      this.attempt.inject({ kind: 'barrier', id, checkpoint: this.barrierOf(pending) });
    });
  }

  /** A barrier must not overtake one that carries a table: the first checkpoint behind such a one is aligned. */
  private barrierOf({ id, kind, routingVersion }: PendingCheckpoint): BarrierCheckpoint {
    const { system, policy } = this.settings;
    const mayOvertake = kind === 'checkpoint' && routingVersion === this.settledVersion;
    return {
      id,
      triggeredMs: system.clock.nowMs(),
      isWhole: kind === 'savepoint',
      parks: kind === 'cut',
      keepsChains: this.keepsChains,
      ...(mayOvertake && policy.alignmentTimeoutMs !== undefined
        ? { alignmentTimeoutMs: policy.alignmentTimeoutMs }
        : {}),
    };
  }

  private async publish(pending: PendingCheckpoint): Promise<void> {
    pending.isPublishing = true;
    stopTimers(pending);
    const { base, publish, onFailed, system } = this.settings;
    const manifest = buildManifest(base, {
      checkpointId: pending.id,
      kind: pending.kind,
      attempt: this.attempt.number,
      createdMs: system.clock.nowMs(),
      routing: this.routing(),
      enumerators: pending.enumerators,
      acks: [...pending.acks.values()],
    });
    let permit: CommitPermit;
    try {
      permit = await publish(manifest);
    } catch (error) {
      // It may exist all the same: this attempt must not take another one of this number, nor go on as if there were none.
      if (this.over) return;
      this.tellFailed(pending, `its manifest is not in the log for sure: ${reasonOf(error)}`);
      this.pending = undefined;
      return onFailed(error);
    }
    if (!this.over) this.complete(pending, manifest, permit);
  }

  private complete(pending: PendingCheckpoint, manifest: CheckpointManifest, permit: CommitPermit): void {
    this.failures = 0;
    this.settledVersion = pending.routingVersion;
    this.attempt.checkpointEnded(pending.id, true);
    const committed = this.attempt.commit(permit);
    this.settings.onCheckpoint?.({ what: 'completed', manifest, entry: permit.entry });
    pending.result.resolve({ manifest, committed });
    committed.catch((error: unknown) => {
      if (!this.over) this.settings.onFailed(error);
    });
    this.leave(pending);
  }

  private abandon(pending: PendingCheckpoint, reason: string, cause?: unknown): void {
    if (this.pending !== pending || pending.isPublishing) return;
    stopTimers(pending);
    const error = this.tellFailed(pending, reason);
    this.attempt.checkpointEnded(pending.id, false);
    this.failures++;
    const { logger, policy, onFailed } = this.settings;
    logger.warn(error.message);
    if (this.failures > policy.tolerableFailures)
      return onFailed(tooManyFailed(this.failures, reason, cause));
    this.leave(pending);
  }

  private waitsFor(id: number): string {
    const slow = this.attempt.slowTask(id);
    return slow === undefined ? '' : `, since its barrier has not passed ${slow}`;
  }

  /** A checkpoint that overtakes needs no patience; a savepoint or a cut waits for the slowest task. */
  private tellSlow({ id, kind, startedMs }: PendingCheckpoint): void {
    const waitsFor = this.waitsFor(id);
    if (kind === 'checkpoint' || waitsFor === '') return;
    const { system, logger } = this.settings;
    const seconds = Math.round((system.clock.monotonicMs() - startedMs) / 1000);
    logger.warn(`The ${kind} at checkpoint ${id} is under way for ${seconds} s${waitsFor}`);
  }

  private tellFailed({ id, result }: PendingCheckpoint, reason: string): MillraceError {
    const error = abandoned(id, reason);
    result.reject(error);
    this.settings.onCheckpoint?.({ what: 'failed', id, reason });
    return error;
  }

  private leave(pending: PendingCheckpoint): void {
    if (this.pending !== pending) return;
    this.pending = undefined;
    this.endedMs = this.settings.system.clock.monotonicMs();
    this.next();
  }
}
