import type { CommitPermit } from '../checkpoint/permit.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobLog, OpenTrial } from './job-log.ts';
import type { LagWatch } from './lag-watch.ts';

/** What a revision must show before the one that it replaced is let go. */
export interface TrialPolicy {
  /** Checkpoints until its output is released. */
  readonly held: number;
  /** How long it is watched after that. */
  readonly windowMs: number;
  /** Failures that are forgiven. */
  readonly maxRestarts: number;
  /** Whether it is replaced by the one before when it fails. */
  readonly rollsBack: boolean;
  /** How long its output is held at most. */
  readonly timeoutMs: number;
  /** Whether it fails by falling behind its input, too. */
  readonly watchesLag: boolean;
}

/** A revision that was begun by another process is watched like one that nobody said anything about. */
export const usualTrial: TrialPolicy = {
  held: 2,
  windowMs: 120_000,
  maxRestarts: 0,
  rollsBack: true,
  timeoutMs: 600_000,
  watchesLag: true,
};

/** From the hand-over to its end: see design of switch-overs in ARCHITECTURE. */
export type TrialPhase = 'held' | 'released' | 'promoted';

/** Where a trial is when something fails. */
export interface TrialStanding {
  readonly phase: TrialPhase;
  /** This failure included. */
  readonly failures: number;
  /** The revision before is here, and can go on from what it would find: the cut, or the newest checkpoint of the new one. */
  readonly canGoBack: boolean;
}

/** What follows from a failure: another attempt of the new revision, or of the one before. `stalled`: it should go back, and cannot. */
export type TrialVerdict = 'restart' | 'rollBack' | 'stalled';

/** What a failure means for a revision on trial. Pure. */
export const judgeFailure = (
  policy: Pick<TrialPolicy, 'maxRestarts' | 'rollsBack'>,
  { phase, failures, canGoBack }: TrialStanding,
): TrialVerdict => {
  if (phase === 'promoted' || failures <= policy.maxRestarts || !policy.rollsBack) return 'restart';
  return canGoBack ? 'rollBack' : 'stalled';
};

export interface TrialSettings {
  readonly system: Pick<System, 'timers'>;
  readonly logger: Logger;
  readonly policy: TrialPolicy;
  /** Of the revision on trial. */
  readonly log: Pick<JobLog, 'released' | 'promoted'>;
  /** Makes visible what a permit allows. */
  commit(permit: CommitPermit): Promise<void>;
  /** The phase has changed. */
  onPhase(phase: TrialPhase): void;
  /** From the beginning of each attempt on. */
  readonly lag?: Pick<LagWatch, 'begin' | 'end'> | undefined;
  /** It was held for too long. */
  onTimeout(reason: string): void;
}

/**
 * A revision on trial: *held*, until it has completed some checkpoints, then its output is *released* and it is watched, then it is
 * *promoted*. Each step is an entry of the log before it is true.
 */
export class Trial {
  private readonly settings: TrialSettings;
  private current: TrialPhase = 'held';
  private checkpoints = 0;
  private timer: Cancellable | undefined;
  private releasing: Promise<void> | undefined;
  private isOver = false;
  private isStalled = false;

  constructor(settings: TrialSettings) {
    this.settings = settings;
  }

  get phase(): TrialPhase {
    return this.current;
  }

  /** Checkpoints that were completed while output was held, and how many there must be. */
  get held(): { readonly completed: number; readonly wanted: number } {
    return { completed: this.checkpoints, wanted: this.settings.policy.held };
  }

  /** The revision runs. */
  begin({ isReleased, completed }: OpenTrial): void {
    const { policy, onPhase, onTimeout, system } = this.settings;
    this.checkpoints = completed;
    this.current = isReleased ? 'released' : 'held';
    this.settings.lag?.begin();
    onPhase(this.current);
    this.timer?.cancel();
    if (isReleased) return this.watch();
    const reason = `its output was held for ${policy.timeoutMs / 1000} s without ${policy.held} checkpoints`;
    this.timer = system.timers.after(policy.timeoutMs, () => onTimeout(reason));
    this.releaseWhenDue();
  }

  checkpointCompleted(): void {
    if (this.current !== 'held' || this.isOver || this.isStalled) return;
    this.checkpoints++;
    this.releaseWhenDue();
  }

  /** Releases output before its time: the job comes to an orderly end. Resolves when it is visible. */
  async release(): Promise<void> {
    if (this.current !== 'held' || this.isOver) return this.releasing;
    this.releasing ??= this.releaseNow();
    await this.releasing;
  }

  /** It goes no further by itself. */
  stall(): void {
    this.isStalled = true;
    this.stopWatching();
  }

  /** Somebody has seen enough: releases what is held, and promotes. */
  async accept(): Promise<void> {
    await this.release();
    this.stopWatching();
    await this.promote();
  }

  /** Nothing comes of it any more. */
  end(): void {
    this.isOver = true;
    this.stopWatching();
  }

  private releaseWhenDue(): void {
    if (this.checkpoints >= this.settings.policy.held) this.attempt('released', this.release());
  }

  private async releaseNow(): Promise<void> {
    const { log, commit, onPhase } = this.settings;
    const permit = await log.released();
    if (this.isOver) return;
    this.current = 'released';
    await commit(permit);
    if (this.isOver) return;
    onPhase('released');
    this.watch();
  }

  private stopWatching(): void {
    this.timer?.cancel();
    this.settings.lag?.end();
  }

  private watch(): void {
    const { system, policy } = this.settings;
    this.timer?.cancel();
    this.timer = system.timers.after(policy.windowMs, () => this.attempt('promoted', this.promote()));
  }

  private async promote(): Promise<void> {
    await this.settings.log.promoted();
    if (this.isOver) return;
    this.current = 'promoted';
    this.end();
    this.settings.onPhase('promoted');
  }

  /** What cannot be put into the log now fails the job at its next checkpoint, when that cannot be either. */
  private attempt(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.releasing = undefined;
      this.settings.logger.warn(`The new revision is not ${what} yet: ${reasonOf(error)}`);
    });
  }
}
