import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Clock } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Attempt, AttemptEvents } from './attempt.ts';
import type { CheckpointEvent } from './checkpoint-events.ts';
import type { Claimed } from './job-log.ts';
import type { JobRevision } from './job-revision.ts';

/** What the job does for a switch-over. */
export interface SwitchOverSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The attempt that runs. */
  readonly current: Attempt;
  /** What takes its place. */
  readonly revision: JobRevision;
  /** Resolves when nothing is left of an earlier one that was given up: its attempt had the same number. */
  readonly cleared: Promise<void>;
  create(number: number, revision: JobRevision, events: AttemptEvents): Attempt;
  /** The cut exists and the current attempt does nothing more: what happens to the next one from now on is what happens to the job. */
  replace(next: Attempt): AttemptEvents;
  /** Claims the job for the next attempt. */
  claim(): Promise<Claimed>;
}

/** A change of attempts that is under way. */
export interface Switching {
  /** The attempt that runs has been cut, so that it cannot go on any more. */
  readonly isCut: boolean;
  /** Gives up what is not cut yet: the job ends, or goes on in another way. */
  abandon(reason: string): void;
  /** Resolves when it has come to its end, whatever that was. */
  ended(): Promise<void>;
  /** What happens to the checkpoints of the attempt that runs. */
  onCheckpoint(event: CheckpointEvent): void;
}

/** A pre-load that is through so quickly leaves little for the cut. */
export const quickMs = 500;
/** A job that changes its state faster than it is read is cut all the same. */
export const mostPreloads = 3;

export const givenUp = (reason: string): MillraceError =>
  new MillraceError('conflict', `The switch-over was given up: ${reason}.`, {
    hint: 'The job goes on as it was. Ask again when the cause is gone.',
  });

const overtaken = (number: number, claimed: number): MillraceError =>
  new MillraceError(
    'io',
    `Attempt ${number} was prepared, and attempt ${claimed} is to run: another process has begun one.`,
  );

/**
 * Puts another revision of a job in the place of the one that runs: *prepare* its attempt beside the running one, with the state of a
 * checkpoint taken in; *cut* at the barrier of a last checkpoint, behind which the running attempt does nothing; *activate*: the next
 * attempt claims the job, takes in what has changed since, and runs. Until the cut exists the running attempt can go on, and does when
 * anything fails.
 */
export class SwitchOver implements Switching {
  private readonly settings: SwitchOverSettings;
  private readonly next: Attempt;
  /** Whom the next attempt tells, once it has taken over. */
  private jobEvents: AttemptEvents | undefined;
  private readonly failed = Promise.withResolvers<never>();
  private hasRun = false;
  private cutMs = 0;
  private readonly steps: string[] = [];
  private performing: Promise<number> | undefined;

  constructor(settings: SwitchOverSettings) {
    this.settings = settings;
    this.failed.promise.catch(() => undefined);
    const { current, revision, create } = settings;
    this.next = create(current.number + 1, revision, {
      onRunning: () => {
        this.hasRun = true;
        this.jobEvents?.onRunning();
      },
      onEnded: (drained) => this.jobEvents?.onEnded?.(drained),
      onFinished: (drained) => this.jobEvents?.onFinished(drained),
      onFailed: (error) => this.onFailed(error),
    });
  }

  get isCut(): boolean {
    return this.jobEvents !== undefined;
  }

  /**
   * Resolves with how long nothing was processed, in ms, when the next attempt runs. Rejects when the current one goes on, or when the next
   * one has failed as the job's.
   */
  perform(): Promise<number> {
    this.performing ??= this.performNow();
    return this.performing;
  }

  /** Also when an attempt that was given up is closed. */
  async ended(): Promise<void> {
    await this.performing?.catch(() => this.next.close());
  }

  abandon(reason: string): void {
    if (this.isCut) return;
    this.settings.current.keepChains(false);
    this.failed.reject(givenUp(reason));
    void this.next.close();
  }

  onCheckpoint(event: CheckpointEvent): void {
    if (event.what === 'triggered' && event.kind === 'cut') this.cutMs = this.settings.clock.monotonicMs();
  }

  private async performNow(): Promise<number> {
    try {
      await Promise.race([this.settings.cleared, this.failed.promise]);
      await Promise.race([this.prepare(), this.failed.promise]);
      await Promise.race([this.cut(), this.failed.promise]);
    } catch (error) {
      this.abandon(reasonOf(error));
      throw error;
    }
    await Promise.race([this.activate(), this.failed.promise]);
    this.passed('runs');
    this.settings.logger.debug(`Records stood still: ${this.steps.join(', ')}`);
    return this.settings.clock.monotonicMs() - this.cutMs;
  }

  /** The keyed state of a checkpoint, and again what has changed while it was read, until that is little. */
  private async prepare(): Promise<void> {
    const { clock, current } = this.settings;
    if (!(await this.next.prepare(undefined, current.number))) await this.failed.promise;
    // What would be written whole again while the next slots read would be read again whole.
    current.keepChains(true);
    for (let preloads = 1; preloads <= mostPreloads; preloads++) {
      const beganMs = clock.monotonicMs();
      const { manifest } = await current.takeCheckpoint('checkpoint');
      if (!(await this.next.preload(manifest))) await this.failed.promise;
      if (clock.monotonicMs() - beganMs < quickMs) return;
    }
  }

  private async cut(): Promise<void> {
    const { current, replace, logger } = this.settings;
    const { manifest, committed } = await current.takeCheckpoint('cut');
    if (current.isOver || current.hasEnded) throw givenUp('the job has come to its end');
    this.jobEvents = replace(this.next);
    this.passed('cut');
    // The next attempt commits what this one cannot.
    await committed.catch((error: unknown) =>
      logger.warn(`After the cut ${manifest.checkpointId}: ${reasonOf(error)}`),
    );
  }

  private async activate(): Promise<void> {
    const { current, claim } = this.settings;
    const { next } = this;
    try {
      this.passed('committed');
      await current.close();
      this.passed('closed');
      if (next.isOver) throw givenUp('the job has ended');
      const claimed = await claim();
      this.passed('claimed');
      if (claimed.attempt !== next.number) throw overtaken(next.number, claimed.attempt);
      await next.begin(claimed);
    } catch (error) {
      next.giveUp(error);
      throw error;
    }
    if (!this.hasRun) throw givenUp('the job has ended');
  }

  /** Notes how far into the pause a step was done. */
  private passed(step: string): void {
    this.steps.push(`${step} after ${Math.round(this.settings.clock.monotonicMs() - this.cutMs)} ms`);
  }

  private onFailed(error: unknown): void {
    this.jobEvents?.onFailed(error);
    this.failed.reject(error);
  }
}
