import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { reasonOf } from '../contract/reason.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { mergeMetrics } from '../telemetry/merge-metrics.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SubtaskReport } from '../worker/slot-handle.ts';
import { Attempt, type AttemptEvents } from './attempt.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';
import { fork, isForkDue } from './fork.ts';
import { HandOverCut } from './hand-over-cut.ts';
import type { Claimed, OpenTrial } from './job-log.ts';
import { isSwitching } from './job-refusals.ts';
import type { JobRevision } from './job-revision.ts';
import type { RunningSlots } from './local-job-settings.ts';
import { PreparedAttempt } from './prepared-attempt.ts';
import { Retries } from './retries.ts';
import { type Switching, SwitchOver } from './switch-over.ts';

export interface AttemptsSettings {
  readonly system: System;
  readonly logger: Logger;
  /** What the job runs as at first. */
  readonly revision: JobRevision;
  /** What happens to the attempt that runs. */
  readonly events: AttemptEvents;
  onCheckpoint(event: CheckpointEvent): void;
  /** There are other deployments of the job: one that was handed the job gives it back. */
  readonly isShared: boolean;
}

/** The attempts of a job, one after the other: after a failure from the last checkpoint, at a switch-over from the cut. */
export class Attempts {
  private readonly settings: AttemptsSettings;
  private current: Attempt | undefined;
  private startedMs = 0;
  private begun = 0;
  /** What the next attempt runs as. */
  private revision: JobRevision;
  private switching: Switching | undefined;
  /** For when this deployment leads. */
  private next: PreparedAttempt | undefined;
  /** What the job ran as before a hand-over, for as long as it may go back. */
  private before: JobRevision | undefined;
  /** Resolves when what was to take over and was given up is closed: the next attempt has its number. */
  private cleared: Promise<void> = Promise.resolve();
  private claimed: Claimed | undefined;
  private lastManifest: CheckpointManifest | undefined;

  constructor(settings: AttemptsSettings) {
    this.settings = settings;
    this.revision = settings.revision;
  }

  /** The newest attempt that has begun. */
  get running(): Attempt | undefined {
    return this.current;
  }

  /** Attempts begun here; an attempt's number counts those of other processes too. */
  get count(): number {
    return this.begun;
  }

  /** How long the newest attempt has been there, in ms. */
  get ranMs(): number {
    return this.settings.system.clock.monotonicMs() - this.startedMs;
  }

  get graph(): JobRevision['graph'] {
    return this.revision.graph;
  }

  /** Of the revision that runs. */
  get checkpoints(): JobCheckpoints | undefined {
    return this.revision.checkpoints;
  }

  /** Of the revision that runs. */
  get name(): string | undefined {
    return this.revision.name;
  }

  get slots(): RunningSlots {
    const { graph, manifestParallelism } = this.revision;
    return { slots: graph.slots, manifestParallelism, maxParallelism: graph.maxParallelism };
  }

  get replan(): JobRevision['replan'] {
    return this.revision.replan;
  }

  /** The newest checkpoint that the job goes on from. */
  get latest(): CheckpointManifest | undefined {
    return this.lastManifest;
  }

  /** The newest attempt is of a revision on trial, as the log said when it was claimed. */
  get trial(): OpenTrial | undefined {
    return this.claimed?.trial;
  }

  /** Whether `rollBack` has somewhere to go. */
  get canGoBack(): boolean {
    return this.before !== undefined || this.canGiveBack;
  }

  /** Another deployment looks on, and would go on. */
  get canGiveBack(): boolean {
    return this.settings.isShared && this.before === undefined && this.trial !== undefined;
  }

  /** What was brought up for when this deployment leads. */
  get prepared(): PreparedAttempt | undefined {
    return this.next;
  }

  /** The attempt that runs was cut, and what takes its place does not run yet. */
  get isActivating(): boolean {
    return this.switching?.isCut === true;
  }

  get isSwitching(): boolean {
    return this.switching !== undefined;
  }

  /** Counters of every subtask of the newest attempt. */
  report(): readonly SubtaskReport[] {
    return this.current?.report() ?? [];
  }

  metrics(): MetricSnapshot {
    return this.current?.metrics() ?? mergeMetrics([]);
  }

  /**
   * Claims the job and begins an attempt, of which the events tell from then on. `isWanted` is asked once when it is claimed. Rejects when
   * it cannot be claimed. `takesOver`: whichever deployment runs it.
   */
  async deploy(isWanted: () => boolean, takesOver = false): Promise<void> {
    const { checkpoints } = this.revision;
    const number = (this.current?.number ?? 0) + 1;
    const claimed = checkpoints && (await this.claim(checkpoints, takesOver));
    if (!isWanted()) return;
    const { events } = this.settings;
    const prepared = this.next && (await this.takePrepared(this.next, claimed));
    const attempt = prepared ?? this.create(claimed?.attempt ?? number, this.revision, events);
    this.follow(attempt);
    void (prepared === undefined ? attempt.start(claimed) : attempt.begin(claimed));
  }

  /** Brings up the attempt of a number, for when this deployment leads. Rejects when that fails. */
  async prepareNext(number: number): Promise<void> {
    this.next = new PreparedAttempt((events) => this.create(number, this.revision, events));
    await this.next.prepare();
  }

  /** Ends what was prepared; resolves when it is gone. */
  async closePrepared(): Promise<void> {
    const { next } = this;
    this.next = undefined;
    await next?.attempt.close();
  }

  /** Gives the job to another deployment: see `HandOverCut`. */
  async handOver(
    to: string,
    prepared: (attempt: number) => Promise<number | undefined>,
    onCutting: () => void,
  ): Promise<CheckpointManifest> {
    const { current, revision, settings } = this;
    if (this.switching !== undefined) throw isSwitching();
    const switching = new HandOverCut({
      system: settings.system,
      logger: settings.logger,
      to,
      current: current as Attempt,
      prepared,
      onCutting,
      handOver: () => (revision.checkpoints as JobCheckpoints).log.handOver(to),
      onFailed: (error) => settings.events.onFailed(error),
    });
    this.switching = switching;
    try {
      return await switching.perform();
    } finally {
      this.switching = undefined;
    }
  }

  /**
   * Puts a revision in the place of the one that runs, by a switch-over. `handOver`: the deployment that it runs as, which is on trial from
   * then on; absent = it is the same code. Resolves with the pause in ms; until then what fails goes on as the revision before.
   */
  async switchTo(revision: JobRevision, handOver?: string): Promise<number> {
    const { current, revision: before, settings } = this;
    if (this.switching !== undefined) {
      await revision.close?.();
      throw isSwitching();
    }
    const log = (before.checkpoints as JobCheckpoints).log;
    const nextLog = (revision.checkpoints as JobCheckpoints).log;
    const switching = new SwitchOver({
      clock: settings.system.clock,
      logger: settings.logger,
      current: current as Attempt,
      revision,
      cleared: this.cleared,
      create: (number, wanted, events) => this.create(number, wanted, events),
      replace: (next) => {
        this.follow(next);
        return { ...settings.events, onRunning: () => this.settle(revision, handOver !== undefined) };
      },
      claim: async () => {
        if (handOver !== undefined) await log.handOver(handOver);
        return this.lead(revision, await nextLog.claim());
      },
    });
    this.switching = switching;
    try {
      return await switching.perform();
    } catch (error) {
      this.cleared = this.clear(switching, revision);
      throw error;
    } finally {
      this.switching = undefined;
    }
  }

  /** The next attempt is one of the revision before. The newest one is to be closed first. */
  rollBack(): void {
    const { before, revision } = this;
    if (before === undefined) return;
    this.revision = before;
    this.before = undefined;
    void revision.close?.();
  }

  /**
   * Ends the attempt that runs, and lets the deployment before go on. Tried again for a while, since that one would wait for long; resolves
   * also when the log says already that another goes on.
   */
  async giveBack(reason: string): Promise<void> {
    const { logger, system } = this.settings;
    await this.close(reason);
    try {
      await new Retries(system.timers).run(() =>
        (this.revision.checkpoints as JobCheckpoints).log.giveBack(),
      );
    } catch (error) {
      logger.warn(`The job was not given back: ${reasonOf(error)}`);
    }
    this.claimed = undefined;
  }

  /** There is no way back any more. */
  promote(): void {
    void this.before?.close?.();
    this.before = undefined;
    this.claimed = this.claimed && { ...this.claimed, trial: undefined };
  }

  /** Ends the newest attempt and whatever is to take its place; resolves when they are gone. */
  async close(reason: string): Promise<void> {
    const { switching, current } = this;
    switching?.abandon(reason);
    await Promise.all([switching?.ended(), current?.close(), this.closePrepared(), this.cleared]);
  }

  /** There will be no attempt any more. */
  async release(): Promise<void> {
    this.promote();
    await this.revision.close?.();
  }

  /** Every claim is a term of its own in the log: whoever has led before is deposed. */
  private async claim(checkpoints: JobCheckpoints, takesOver: boolean): Promise<Claimed> {
    const mayAdopt = this.begun === 0 && this.next === undefined;
    const adopted = mayAdopt ? await this.revision.adopt?.claim() : undefined;
    const claimed = this.lead(this.revision, adopted ?? (await checkpoints.log.claim(takesOver)));
    const { from } = checkpoints;
    if (claimed.isAdopted || from === undefined || !isForkDue(from, claimed)) return claimed;
    return await fork(this.settings.system.hashing, from, checkpoints, claimed);
  }

  /** What was prepared, if it is that attempt. */
  private async takePrepared(
    next: PreparedAttempt,
    claimed: Claimed | undefined,
  ): Promise<Attempt | undefined> {
    if (!next.isReady || next.attempt.number !== claimed?.attempt) {
      await this.closePrepared();
      return undefined;
    }
    this.next = undefined;
    return next.take(this.settings.events);
  }

  private lead({ lead }: JobRevision, claimed: Claimed): Claimed {
    this.claimed = claimed;
    this.lastManifest = claimed.manifest;
    lead?.(claimed.term);
    return claimed;
  }

  private async clear(switching: SwitchOver, revision: JobRevision): Promise<void> {
    await switching.ended();
    try {
      await revision.close?.();
    } catch (error) {
      this.settings.logger.warn(`What was to take over does not end in order: ${reasonOf(error)}`);
    }
  }

  /** What runs is a revision of its own now, and tells so. */
  private settle(revision: JobRevision, isOnTrial: boolean): void {
    this.before = this.revision;
    // Another number of slots is still the same code.
    const { name, manifestParallelism } = this.before;
    this.revision = { name, manifestParallelism, ...revision };
    if (!isOnTrial) this.promote();
    this.settings.events.onRunning();
  }

  private create(number: number, revision: JobRevision, events: AttemptEvents): Attempt {
    const { system, logger } = this.settings;
    const onCheckpoint = (event: CheckpointEvent): void => {
      this.switching?.onCheckpoint(event);
      if (event.what === 'completed') this.lastManifest = event.manifest;
      this.settings.onCheckpoint(event);
    };
    return new Attempt(number, { system, logger, revision, onCheckpoint }, events);
  }

  private follow(attempt: Attempt): void {
    this.begun++;
    this.current = attempt;
    this.startedMs = this.settings.system.clock.monotonicMs();
  }
}
