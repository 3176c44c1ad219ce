import { refusedDifferences, type StateDifference } from '../checkpoint/compare-states.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { JobChangesSettings } from './job-changes.ts';
import {
  cannotBeRevised,
  doesNotStandBy,
  isIncompatible,
  isSwitching,
  nothingToRollBack,
  notPlanned,
  otherRevision,
} from './job-refusals.ts';
import { LagWatch } from './lag-watch.ts';
import type { Standby, TakenOver } from './standby.ts';
import { requireLongTransactions } from './transaction-times.ts';
import { judgeFailure, Trial, type TrialPolicy, type TrialStanding, usualTrial } from './trial.ts';
import { planOf, type UpgradePlan } from './upgrade-plan.ts';

export type UpgradePhase =
  | 'planned'
  | 'awaitingApproval'
  | 'preparing'
  | 'prepared'
  | 'activating'
  | 'held'
  | 'released'
  | 'promoted'
  | 'rolledBack'
  | 'stalled';

/** How far the next revision is. */
export interface UpgradeStatus {
  readonly phase: UpgradePhase;
  readonly name: string;
  readonly sinceMs: number;
  readonly differences: readonly StateDifference[];
  readonly needsApproval: boolean;
  readonly held: Trial['held'];
  /** Why it waits, or went back. */
  readonly reason: string | undefined;
}

export interface UpgradeSettings extends JobChangesSettings {
  /** Where this deployment may stand by to take the job over from another one: then it is itself the next revision. */
  readonly standby: Standby | undefined;
}

const requireFit = ({ differences }: UpgradePlan): void => {
  const refused = refusedDifferences(differences, true);
  if (refused.length > 0) throw isIncompatible(refused);
};

const underWay: readonly UpgradePhase[] = [
  'preparing',
  'prepared',
  'activating',
  'held',
  'released',
  'stalled',
];
/** From where a deployment that stands by may begin; also once more. */
const idle: readonly UpgradePhase[] = ['planned', 'awaitingApproval', 'rolledBack'];

/** Puts another revision of the code in the place of the one that runs: planned, prepared beside it, on trial, and promoted or rolled back. */
export class Upgrade {
  private readonly settings: UpgradeSettings;
  /** Does not wait for a hand-over. */
  private isForced = false;
  private plan: UpgradePlan | undefined;
  private trial: Trial | undefined;
  private failures = 0;
  private at:
    | { readonly phase: UpgradePhase; readonly sinceMs: number; readonly reason: string | undefined }
    | undefined;
  /** Of the switch-over that was done last. */
  private done: { readonly from: string; readonly pauseMs: number; readonly cutMs: number } | undefined;

  constructor(settings: UpgradeSettings) {
    this.settings = settings;
  }

  /** The newest one; undefined = there was none. */
  get status(): UpgradeStatus | undefined {
    const { at, plan, trial } = this;
    if (at === undefined) return undefined;
    return {
      ...at,
      name: plan?.next.name ?? this.settings.attempts.name ?? '',
      differences: plan?.differences ?? [],
      needsApproval: plan?.needsApproval ?? false,
      held: trial?.held ?? { completed: 0, wanted: plan?.next.trial.held ?? 0 },
    };
  }

  /** From its preparation to its end. */
  get isUnderWay(): boolean {
    return this.at !== undefined && underWay.includes(this.at.phase);
  }

  /** Whether what sinks have prepared is held back. */
  get isHeld(): boolean {
    return this.trial?.phase === 'held';
  }

  /**
   * Reads what the job is by now and compares it with its state; touches nothing. `name`: what the caller has seen.
   * @throws MillraceError when it cannot be read, or is another by now
   */
  async planNext(name: string): Promise<void> {
    const { job, attempts, refuseUnlessRunning } = this.settings;
    refuseUnlessRunning('be upgraded');
    if (job.revise === undefined || attempts.checkpoints === undefined) throw cannotBeRevised();
    if (this.isUnderWay || attempts.isSwitching) throw isSwitching();
    const next = await job.revise(attempts.slots);
    if (next.name !== name) {
      await next.revision.close?.();
      throw otherRevision(name, next.name);
    }
    try {
      const { graph, checkpoints } = next.revision;
      if (checkpoints !== undefined) requireLongTransactions(graph, checkpoints.policy, next.trial.timeoutMs);
      const manifest = attempts.latest ?? (await attempts.running?.takeCheckpoint('checkpoint'))?.manifest;
      await this.drop();
      // Whoever was quicker meanwhile goes on.
      if (this.isUnderWay || attempts.isSwitching) throw isSwitching();
      this.plan = planOf(manifest as CheckpointManifest, next);
    } catch (error) {
      await next.revision.close?.();
      throw error;
    }
    this.enter('planned');
  }

  /** Takes what came of the comparison where this deployment stands by. */
  offer(plan: UpgradePlan): void {
    if (this.at !== undefined && this.at.phase !== 'planned') return;
    this.plan = plan;
    this.enter('planned');
  }

  /** Begins the switch-over to what was planned, or waits for `approve`. @throws MillraceError when the state does not fit */
  prepare(name: string): void {
    const plan = this.planned(name);
    const { attempts, standby } = this.settings;
    // Who wishes by what there is asks again and again.
    if (standby?.isOn === true && this.isUnderWay) return;
    const mayBegin = this.at?.phase === 'planned' || (standby?.isOn === true && this.isIdle);
    if (!mayBegin || attempts.isSwitching) throw isSwitching();
    requireFit(plan);
    this.isForced = false;
    if (plan.needsApproval)
      this.enter('awaitingApproval', 'somebody has to agree to it: approve it, or plan another one');
    else void this.perform(plan);
  }

  /** Begins from the newest checkpoint, whoever leads. @throws MillraceError when it does not stand by, or the state does not fit */
  takeOver(name: string): void {
    const { standby } = this.settings;
    if (standby?.isOn === false && this.settings.attempts.name === name) return;
    if (standby === undefined) throw doesNotStandBy(name);
    const plan = this.planned(name);
    requireFit(plan);
    this.isForced = true;
    if (this.isUnderWay) return standby.force();
    if (this.at?.phase === 'planned' && plan.needsApproval)
      return this.enter('awaitingApproval', 'somebody has to agree to it: approve it, or plan another one');
    void this.perform(plan);
  }

  /** Goes on where it waits; also with a revision that has failed and cannot go back: what it holds is released, and it is promoted. */
  async approve(name: string): Promise<void> {
    const { at, trial } = this;
    if (at?.phase === 'stalled' && trial !== undefined && this.status?.name === name)
      return await trial.accept();
    const plan = this.planned(name);
    if (at?.phase !== 'awaitingApproval') throw notPlanned(name);
    if (this.settings.attempts.isSwitching) throw isSwitching();
    void this.perform(plan);
  }

  /** Goes back to the revision before. @throws MillraceError when there is nothing to go back from or to */
  rollBack(name: string): void {
    const phase = this.at?.phase;
    if (this.status?.name !== name || phase === undefined) throw notPlanned(name);
    const { standby } = this.settings;
    if (standby?.isOn === true) return standby.giveUp('it was not wanted');
    if (phase === 'planned' || phase === 'awaitingApproval') {
      void this.drop();
      return this.enter('rolledBack', 'it was not wanted');
    }
    if (!this.canGoBack || !this.isUnderWay) throw nothingToRollBack(name);
    this.goBack('somebody asked for it');
  }

  /** An attempt runs: if the log says that it is of a revision on trial, the trial begins or goes on. */
  onRunning(): void {
    const { attempts, job } = this.settings;
    const { trial: open, checkpoints } = attempts;
    if (open === undefined || checkpoints === undefined || this.at?.phase === 'stalled') return;
    this.trial ??= new Trial({
      system: job.system,
      logger: job.logger,
      policy: this.policy,
      log: checkpoints.log,
      commit: async (permit) => {
        await attempts.running?.commitHeld(permit);
      },
      onPhase: (phase) => this.onPhase(phase),
      lag: this.lagWatch(),
      onTimeout: (reason) => this.isUnfit(reason),
    });
    this.trial.begin(open);
  }

  checkpointCompleted(): void {
    this.trial?.checkpointCompleted();
  }

  /** What is to be done after a failure of the attempt that runs. */
  onFailed(error: unknown): 'restart' | 'rollBack' {
    const { trial } = this;
    const phase = trial?.phase ?? this.phaseBefore;
    if (phase === undefined || phase === 'promoted') return 'restart';
    // No code is to blame.
    if (MillraceError.is(error) && error.code === 'worker-lost') return 'restart';
    this.failures++;
    const { canGoBack } = this;
    const verdict = judgeFailure(this.policy, {
      phase,
      failures: this.failures,
      canGoBack,
    });
    if (verdict === 'stalled') this.stall(`it failed, and there is no way back: ${reasonOf(error)}`);
    if (verdict !== 'rollBack') return 'restart';
    this.endTrial(reasonOf(error));
    return 'rollBack';
  }

  /** The job comes to an orderly end: what is held back belongs to it. */
  async release(): Promise<void> {
    await this.trial?.release();
  }

  /** The job has ended. */
  end(): void {
    this.trial?.end();
    void this.drop();
  }

  /** Ends what a revision has brought up that was planned and has not taken over. */
  private async drop(): Promise<void> {
    const { at, plan } = this;
    // What stands by is the job itself.
    if (
      this.settings.standby !== undefined ||
      plan === undefined ||
      (at?.phase !== 'planned' && at?.phase !== 'awaitingApproval')
    )
      return;
    this.plan = undefined;
    await plan.next.revision.close?.();
  }

  private async perform(plan: UpgradePlan): Promise<void> {
    const { attempts, job, onSwitchOver } = this.settings;
    const { next } = plan;
    let from = attempts.name ?? '';
    this.enter('preparing');
    this.failures = 0;
    try {
      const taken = await this.bringIn(plan, from);
      const { pauseMs } = taken;
      from = taken.from;
      this.done = { from, pauseMs, cutMs: job.system.clock.monotonicMs() - pauseMs };
      job.logger.info(`The revision ${next.name} runs; records stood still for ${Math.round(pauseMs)} ms`);
      onSwitchOver({ kind: 'upgrade', from, to: next.name, pauseMs, outcome: 'done' });
      // It was not handed over: nothing is held back, and nobody waits.
      if (attempts.trial === undefined) this.enter('promoted');
    } catch (error) {
      const reason = reasonOf(error);
      job.logger.warn(`The revision ${next.name} does not take over: ${reason}`);
      this.enter('rolledBack', reason);
      onSwitchOver({ kind: 'upgrade', from, to: next.name, pauseMs: 0, outcome: 'rolledBack', reason });
    }
  }

  private async bringIn({ next }: UpgradePlan, from: string): Promise<TakenOver> {
    const { standby, attempts } = this.settings;
    if (standby?.isOn === true) return await standby.takeOver(this.isForced, (phase) => this.enter(phase));
    return { from, pauseMs: await attempts.switchTo(next.revision, next.deployment) };
  }

  private onPhase(phase: 'held' | 'released' | 'promoted'): void {
    const { attempts, job, onSwitchOver } = this.settings;
    const { done, plan } = this;
    this.enter(phase);
    if (phase === 'released' && done !== undefined && plan !== undefined) {
      const committedPauseMs = job.system.clock.monotonicMs() - done.cutMs;
      const { from, pauseMs } = done;
      onSwitchOver({ kind: 'upgrade', from, to: plan.next.name, pauseMs, committedPauseMs, outcome: 'done' });
    }
    if (phase !== 'promoted') return;
    attempts.promote();
    this.trial = undefined;
  }

  /** Where a failure would not bring the revision before back, a lag does not either. */
  private lagWatch(): LagWatch | undefined {
    const { attempts, job } = this.settings;
    const { windowMs, watchesLag, rollsBack } = this.policy;
    if (!watchesLag || !rollsBack) return undefined;
    return new LagWatch({
      system: job.system,
      windowMs,
      report: () => attempts.report(),
      onBehind: (reason) => this.isUnfit(reason),
    });
  }

  /** It has not failed, but it does not do what it should. */
  private isUnfit(reason: string): void {
    if (this.canGoBack) this.goBack(reason);
    else this.stall(reason);
  }

  /** It runs on, and whatever is held back stays so until somebody approves. */
  private stall(reason: string): void {
    this.trial?.stall();
    this.enter('stalled', reason);
  }

  private goBack(reason: string): void {
    this.endTrial(reason);
    this.settings.rollBack(reason);
  }

  private endTrial(reason: string): void {
    const { plan, done, settings } = this;
    // It has never run: whoever waits for that tells.
    if (this.at?.phase === 'activating') return settings.standby?.giveUp(reason);
    this.trial?.end();
    this.trial = undefined;
    this.enter('rolledBack', reason);
    const to = plan?.next.name ?? '';
    settings.onSwitchOver({
      kind: 'upgrade',
      from: done?.from ?? '',
      to,
      pauseMs: done?.pauseMs ?? 0,
      outcome: 'rolledBack',
      reason,
    });
  }

  /** Where the trial is of an attempt that has never run. */
  private get phaseBefore(): TrialStanding['phase'] | undefined {
    const { trial, canGiveBack } = this.settings.attempts;
    if (!canGiveBack) return undefined;
    return trial?.isReleased === true ? 'released' : 'held';
  }

  private get isIdle(): boolean {
    return this.at !== undefined && idle.includes(this.at.phase);
  }

  /** The revision before is here, and could go on: from the cut, or once released from what the new one has written. */
  private get canGoBack(): boolean {
    const { settings, trial, plan } = this;
    return (
      settings.attempts.canGoBack &&
      ((trial?.phase ?? this.phaseBefore) !== 'released' || plan?.isReversible === true)
    );
  }

  private get policy(): TrialPolicy {
    return this.plan?.next.trial ?? this.settings.job.trial ?? usualTrial;
  }

  private planned(name: string): UpgradePlan {
    if (this.plan?.next.name !== name) throw notPlanned(name);
    return this.plan;
  }

  private enter(phase: UpgradePhase, reason?: string): void {
    this.at = { phase, reason, sinceMs: this.settings.job.system.clock.nowMs() };
    this.settings.onDeployment();
    this.settings.job.logger.debug(
      `The next revision is ${phase}${reason === undefined ? '' : `: ${reason}`}`,
    );
  }
}
