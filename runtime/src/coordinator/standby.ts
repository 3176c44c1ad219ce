import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { roleOf } from '../checkpoint/role.ts';
import { marksOf, putMark, removeMarks } from '../checkpoint/standby-marks.ts';
import type { Standing } from '../checkpoint/standing.ts';
import { reasonOf } from '../contract/reason.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { DeploymentHooks } from './deployment-hooks.ts';
import type { ForkSource } from './fork.ts';
import { LogWatch } from './log-watch.ts';
import { givenUp } from './switch-over.ts';
import { requireLongTransactions } from './transaction-times.ts';
import { planOf, planOfNothing, type UpgradePlan } from './upgrade-plan.ts';

/** What a standby is told to do, and tells. */
export type StandbyPhase = 'preparing' | 'prepared' | 'activating';

/** The job runs here: whose it was, and how long nothing was processed, in ms. */
export interface TakenOver {
  readonly from: string;
  readonly pauseMs: number;
}

interface Taking {
  readonly result: PromiseWithResolvers<TakenOver>;
  onPhase(phase: StandbyPhase): void;
  /** Not at a cut, but now, whoever leads. */
  isForced: boolean;
}

/** While a hand-over may come at any moment, and otherwise. */
const lookOftenMs = 20;
const lookSeldomMs = 500;
/** Whoever leads cuts soon after it has seen the mark, or is asked to by somebody who has seen that this one is prepared. */
const expectedForMs = 2000;
const expectedFirstMs = 60_000;

/**
 * A deployment that waits to take over a job from another, whose log it reads: it compares its code with the newest checkpoint; when it is
 * told to, it brings up the attempt that would follow, takes in the state of each checkpoint, and puts its mark into the store. When the
 * job is handed over to it, it claims it and begins.
 */
export class Standby {
  private readonly settings: DeploymentHooks;
  private readonly offer: (plan: UpgradePlan) => void;
  private readonly watch: LogWatch;
  private plan: UpgradePlan | undefined;
  private taking: Taking | undefined;
  private cut: { readonly from: string; readonly atMs: number } | undefined;
  private isCompared = false;
  private followed = 0;
  private expectedUntilMs = 0;
  private isPrepared = false;
  private standsBy = false;

  /** `offer`: takes what came of the comparison. */
  constructor(settings: DeploymentHooks, offer: (plan: UpgradePlan) => void) {
    this.settings = settings;
    this.offer = offer;
    const { logger, system } = settings.job;
    this.watch = new LogWatch({
      timers: system.timers,
      logger,
      look: () => this.look(),
      delayMs: () => (system.clock.monotonicMs() < this.expectedUntilMs ? lookOftenMs : lookSeldomMs),
    });
  }

  /** The job is elsewhere. */
  get isOn(): boolean {
    return this.standsBy;
  }

  /** What it cannot do at the moment, and tries again. */
  get trouble(): string | undefined {
    return this.watch.trouble;
  }

  /** The job is elsewhere: looks on. */
  start(): void {
    this.standsBy = true;
    void this.removeMarks();
    this.watch.start();
  }

  /** Prepares itself, and takes the job over when that is handed over. Rejects when it is given up. */
  takeOver(isForced: boolean, onPhase: (phase: StandbyPhase) => void): Promise<TakenOver> {
    const result = Promise.withResolvers<TakenOver>();
    this.taking = { result, onPhase, isForced };
    onPhase('preparing');
    this.watch.now();
    return result.promise;
  }

  /** Does not wait for a hand-over any more: whoever leads is gone, or is to be. */
  force(): void {
    if (this.taking !== undefined) this.taking.isForced = true;
    this.watch.now();
  }

  /** Waits for nothing any more. */
  giveUp(reason: string): void {
    const { taking } = this;
    this.taking = undefined;
    taking?.result.reject(givenUp(reason));
    void this.unprepare();
  }

  /** An attempt of the job runs here. */
  onRunning(): void {
    const { taking, cut, settings } = this;
    if (taking === undefined) return;
    this.taking = undefined;
    const pauseMs = Math.max(0, settings.job.system.clock.nowMs() - (cut?.atMs ?? Infinity));
    taking.result.resolve({ from: cut?.from ?? '', pauseMs });
    void this.removeMarks();
  }

  end(): void {
    this.standsBy = false;
    this.watch.end();
    this.giveUp('the job has ended');
  }

  private get checkpoints(): JobCheckpoints {
    return this.settings.attempts.checkpoints as JobCheckpoints;
  }

  private async look(): Promise<void> {
    const { log } = this.checkpoints;
    const standing = await log.follow();
    const { owner, line, switchOver } = standing;
    const latest = line.at(-1);
    await this.compare(this.wished?.manifest ?? latest?.manifest);
    if (!this.standsBy) return;
    const isHandedOver = standing.stopped === undefined && roleOf(standing, log.deployment) === 'leading';
    if (isHandedOver || this.taking?.isForced === true) {
      const from = switchOver?.from ?? owner;
      this.cut = latest && { from, atMs: latest.atMs };
      return this.lead();
    }
    if (this.taking !== undefined && latest !== undefined) await this.prepare(standing, latest.manifest);
  }

  /** What the job is to go back to when it is taken over; undefined = it goes on as it is. */
  private get wished(): ForkSource | undefined {
    const { from } = this.checkpoints;
    return from?.restore && from;
  }

  private lead(): void {
    this.standsBy = false;
    this.watch.end();
    this.taking?.onPhase('activating');
    this.settings.lead(this.taking?.isForced === true);
  }

  /** Once with a checkpoint: what one says of the state of a job stays true for as long as the same code runs. */
  private async compare(manifest: CheckpointManifest | undefined): Promise<void> {
    if (this.plan !== undefined && (this.isCompared || manifest === undefined)) return;
    const { deployed, job } = this.settings;
    const next = this.plan?.next ?? (await deployed.describe(job));
    const { graph, checkpoints } = next.revision;
    if (checkpoints !== undefined) requireLongTransactions(graph, checkpoints.policy, next.trial.timeoutMs);
    this.plan = manifest === undefined ? planOfNothing(next) : planOf(manifest, next);
    this.isCompared = manifest !== undefined;
    this.offer(this.plan);
  }

  /** The attempt that would follow, with the state of the newest checkpoint; again when the job was restarted meanwhile. */
  private async prepare({ attempt }: Standing, manifest: CheckpointManifest): Promise<void> {
    const { attempts, job } = this.settings;
    const { store, log } = this.checkpoints;
    const { checkpointId } = manifest;
    if (attempts.prepared?.attempt.number !== attempt + 1 || !attempts.prepared.isReady) {
      await this.unprepare();
      this.taking?.onPhase('preparing');
      await attempts.prepareNext(attempt + 1);
    }
    if (this.followed >= checkpointId || this.taking === undefined) return;
    // State of now is none that it goes on from, and nobody cuts for it.
    if (this.wished !== undefined) return this.enterPrepared();
    await attempts.prepared?.preload(manifest);
    if (this.taking === undefined) return;
    this.followed = checkpointId;
    await putMark(store, { deployment: log.deployment, attempt: attempt + 1, checkpointId });
    const forMs = this.isPrepared ? expectedForMs : expectedFirstMs;
    this.expectedUntilMs = Math.max(this.expectedUntilMs, job.system.clock.monotonicMs() + forMs);
    this.enterPrepared();
    await this.removeMarks(checkpointId);
  }

  private enterPrepared(): void {
    if (!this.isPrepared) this.taking?.onPhase('prepared');
    this.isPrepared = true;
  }

  private async unprepare(): Promise<void> {
    this.followed = 0;
    this.isPrepared = false;
    await this.settings.attempts.closePrepared();
    await this.removeMarks();
  }

  /** Of this deployment, also those that an earlier process has put. Those that stay are garbage once the attempt is another. */
  private async removeMarks(except?: number): Promise<void> {
    const { store, log } = this.checkpoints;
    try {
      const marks = await marksOf(store, log.deployment);
      await removeMarks(
        store,
        marks.filter(({ checkpointId }) => checkpointId !== except),
      );
    } catch (error) {
      this.settings.job.logger.debug(`Marks of ${log.deployment} stay: ${reasonOf(error)}`);
    }
  }
}
