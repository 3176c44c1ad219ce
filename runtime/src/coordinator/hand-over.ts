import { markedCheckpoint } from '../checkpoint/standby-marks.ts';
import { reasonOf } from '../contract/reason.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { DeploymentHooks } from './deployment-hooks.ts';
import { isSwitching } from './job-refusals.ts';
import { LogWatch } from './log-watch.ts';
import { judgeParked, type ParkedLimits } from './parked.ts';
import type { TrialPolicy } from './trial.ts';

export type HandOverPhase = 'waiting' | 'cutting' | 'handedOver' | 'promoted' | 'rolledBack';

/** How far the job is given away. */
export interface HandOverStatus {
  readonly phase: HandOverPhase;
  readonly to: string;
  readonly sinceMs: number;
  /** The checkpoint from which the other deployment goes on. */
  readonly cut: number | undefined;
  /** Why the job was not given away, or came back. */
  readonly reason: string | undefined;
}

const lookEveryMs = 500;
/** Whoever has prepared an attempt begins it within a second; a process that starts anew needs longer. */
const claimWithinMs = 30_000;

/** The other one goes back by itself when its time is up: it is asked whether it does. */
const limitsOf = ({ rollsBack, timeoutMs }: TrialPolicy): ParkedLimits => ({
  claimWithinMs,
  releaseWithinMs: rollsBack ? timeoutMs + claimWithinMs : Infinity,
});

/** Gives the job to another deployment, and looks on until that is promoted, or the job is to go on here. */
export class HandOver {
  private readonly settings: DeploymentHooks;
  private readonly watch: LogWatch;
  private at: HandOverStatus | undefined;
  private parkedMs = 0;
  private parked = false;

  constructor(settings: DeploymentHooks) {
    this.settings = settings;
    const { timers } = settings.job.system;
    const { logger } = settings.job;
    this.watch = new LogWatch({ timers, logger, look: () => this.look(), delayMs: () => lookEveryMs });
  }

  /** The newest one; undefined = there was none. */
  get status(): HandOverStatus | undefined {
    return this.at;
  }

  /** The job is elsewhere, and may come back. */
  get isParked(): boolean {
    return this.parked;
  }

  get isUnderWay(): boolean {
    return this.at?.phase === 'waiting' || this.at?.phase === 'cutting' || this.parked;
  }

  /** Begins to give the job away, when `to` is prepared; what becomes of it is told by the status. @throws MillraceError when it cannot be now */
  request(to: string): void {
    const { refuseUnlessRunning, isUnderWay } = this.settings;
    if (this.isUnderWay && this.at?.to === to) return;
    refuseUnlessRunning('be handed over');
    if (isUnderWay()) throw isSwitching();
    void this.perform(to);
  }

  /** The job is elsewhere: looks on. */
  park(): void {
    const { clock } = this.settings.job.system;
    this.parked = true;
    this.parkedMs = clock.monotonicMs();
    this.watch.start();
  }

  end(): void {
    this.parked = false;
    this.watch.end();
  }

  private get checkpoints(): JobCheckpoints {
    return this.settings.attempts.checkpoints as JobCheckpoints;
  }

  private async perform(to: string): Promise<void> {
    const { attempts, handedOver, job } = this.settings;
    const { store } = this.checkpoints;
    this.enter('waiting', to);
    try {
      const cut = await attempts.handOver(
        to,
        (attempt) => markedCheckpoint(store, to, attempt),
        () => this.enter('cutting', to),
      );
      this.at = { ...(this.at as HandOverStatus), cut: cut.checkpointId };
      job.logger.info(`The job was handed over to ${to}, from checkpoint ${cut.checkpointId}`);
      this.enter('handedOver', to);
      handedOver();
      this.park();
    } catch (error) {
      const reason = reasonOf(error);
      job.logger.warn(`The job is not handed over to ${to}: ${reason}`);
      this.enter('rolledBack', to, reason);
    }
  }

  private async look(): Promise<void> {
    const { job, attempts, lead, end, deployed } = this.settings;
    const { log } = this.checkpoints;
    const standing = await log.follow();
    if (!this.parked) return;
    const to = standing.switchOver?.to ?? this.at?.to ?? standing.owner;
    if (this.at === undefined) this.enter('handedOver', to);
    const elapsedMs = job.system.clock.monotonicMs() - this.parkedMs;
    const verdict = judgeParked(standing, log.deployment, elapsedMs, limitsOf(deployed.trial));
    if (verdict.what === 'wait') return;
    this.end();
    if (verdict.what === 'replaced') {
      this.enter('promoted', to);
      job.logger.info(`${to} runs the job for good: ${attempts.name} ends`);
      return end('replaced');
    }
    job.logger.warn(`The job goes on here: ${verdict.reason}`);
    this.enter('rolledBack', to, verdict.reason);
    lead(false);
  }

  private enter(phase: HandOverPhase, to: string, reason?: string): void {
    const cut = phase === 'waiting' ? undefined : this.at?.cut;
    this.at = { phase, to, reason, cut, sinceMs: this.settings.job.system.clock.nowMs() };
    this.settings.onHandOver();
  }
}
