import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Attempt } from './attempt.ts';
import { givenUp, mostPreloads, quickMs, type Switching } from './switch-over.ts';

export interface HandOverCutSettings {
  readonly system: Pick<System, 'clock' | 'timers'>;
  readonly logger: Logger;
  /** The deployment that is to go on. */
  readonly to: string;
  readonly current: Attempt;
  /** The newest checkpoint that it has taken in for an attempt; undefined = it has not prepared that. */
  prepared(attempt: number): Promise<number | undefined>;
  onCutting(): void;
  /** Puts the hand-over into the log. */
  handOver(): Promise<void>;
  /** What fails behind the cut is a failure of the job. */
  onFailed(error: unknown): void;
}

const lookEveryMs = 100;
/** Whoever stands by tells that it is prepared before anybody asks for a hand-over; then it reads what has changed. */
const preparedWithinMs = 60_000;

const notPrepared = (to: string): MillraceError =>
  new MillraceError('conflict', `${to} is not prepared for the attempt that would follow.`, {
    hint: 'Ask that deployment how far it is (`getNextDeployment`), and again for the hand-over when it is prepared.',
  });

/**
 * Gives a job to another deployment, which has told by its mark in the store that it is prepared: *cut* at the barrier of a last checkpoint,
 * behind which nothing is done here, and *hand over* by an entry of the log. Until the cut exists all goes on when anything fails.
 */
export class HandOverCut implements Switching {
  isCut = false;
  private readonly settings: HandOverCutSettings;
  private readonly failed = Promise.withResolvers<never>();
  private isUnwanted = false;
  private performing: Promise<CheckpointManifest> | undefined;

  constructor(settings: HandOverCutSettings) {
    this.settings = settings;
    this.failed.promise.catch(() => undefined);
  }

  /** Resolves with the cut when the job is given away. */
  perform(): Promise<CheckpointManifest> {
    this.performing ??= this.performNow();
    return this.performing;
  }

  async ended(): Promise<void> {
    await this.performing?.catch(() => undefined);
  }

  abandon(reason: string): void {
    this.isUnwanted = true;
    if (this.isCut) return;
    this.settings.current.keepChains(false);
    this.failed.reject(givenUp(reason));
  }

  onCheckpoint(): void {
    // Nothing is measured here: the one that goes on knows when it does.
  }

  private async performNow(): Promise<CheckpointManifest> {
    let cut: CheckpointManifest;
    try {
      await Promise.race([this.approach(), this.failed.promise]);
      cut = await Promise.race([this.cut(), this.failed.promise]);
    } catch (error) {
      this.abandon(reasonOf(error));
      throw error;
    }
    try {
      await this.giveAway();
      return cut;
    } catch (error) {
      this.settings.onFailed(error);
      throw error;
    }
  }

  /** The other one reads what has changed, again and again until that is little. */
  private async approach(): Promise<void> {
    const { system, current } = this.settings;
    await this.untilPrepared(0);
    // What would be written whole again while the other one reads would be read again whole.
    current.keepChains(true);
    for (let preloads = 1; preloads <= mostPreloads; preloads++) {
      const beganMs = system.clock.monotonicMs();
      const { manifest } = await current.takeCheckpoint('checkpoint');
      await this.untilPrepared(manifest.checkpointId);
      if (system.clock.monotonicMs() - beganMs < quickMs) return;
    }
  }

  private async untilPrepared(checkpointId: number): Promise<void> {
    const { system, current, to, prepared } = this.settings;
    const untilMs = system.clock.monotonicMs() + preparedWithinMs;
    while (!this.isUnwanted) {
      if (((await prepared(current.number + 1)) ?? -1) >= checkpointId) return;
      if (system.clock.monotonicMs() >= untilMs) throw notPrepared(to);
      await new Promise<void>((resolve) => void system.timers.after(lookEveryMs, resolve));
    }
  }

  private async cut(): Promise<CheckpointManifest> {
    const { current, logger, onCutting } = this.settings;
    onCutting();
    const { manifest, committed } = await current.takeCheckpoint('cut');
    if (current.isOver || current.hasEnded) throw givenUp('the job has come to its end');
    this.isCut = true;
    // The other one commits what this one cannot.
    await committed.catch((error: unknown) =>
      logger.warn(`After the cut ${manifest.checkpointId}: ${reasonOf(error)}`),
    );
    return manifest;
  }

  private async giveAway(): Promise<void> {
    const { current, handOver } = this.settings;
    await current.close();
    if (this.isUnwanted) throw givenUp('the job has ended');
    await handOver();
  }
}
