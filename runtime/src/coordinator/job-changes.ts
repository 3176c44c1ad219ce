import { nothing, type Restored } from '../checkpoint/restored.ts';
import { type Role, roleOf } from '../checkpoint/role.ts';
import type { LiveSettings } from '../contract/live-settings.ts';
import { reasonOf } from '../contract/reason.ts';
import { restartPolicyOf } from '../contract/restart.ts';
import type { Attempts } from './attempts.ts';
import { checkpointPolicyOf } from './checkpoint-times.ts';
import type { DeploymentHooks } from './deployment-hooks.ts';
import { HandOver } from './hand-over.ts';
import type { SwitchOverEvent } from './job-observer.ts';
import { inBatchMode, isSwitching, noStore, tooParallel } from './job-refusals.ts';
import type { JobRevision } from './job-revision.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import type { Restarts } from './restarts.ts';
import { Standby } from './standby.ts';
import { requireLongTransactions } from './transaction-times.ts';
import { Upgrade } from './upgrade.ts';

export interface JobChangesSettings
  extends Pick<DeploymentHooks, 'lead' | 'handedOver' | 'end' | 'onHandOver'> {
  readonly job: LocalJobSettings;
  readonly attempts: Attempts;
  readonly restarts: Restarts;
  /** @throws MillraceError unless the job runs; `what` it cannot do now */
  refuseUnlessRunning(what: string): void;
  /** Ends what runs, and goes on as what ran before the hand-over. */
  rollBack(reason: string): void;
  onSwitchOver(event: SwitchOverEvent): void;
  /** The status of the next revision has changed. */
  onDeployment(): void;
}

/** The changes that a running job is asked for. All but other settings are switch-overs, one at a time. */
export class JobChanges {
  /** Of the code. */
  readonly upgrade: Upgrade;
  /** To another deployment; absent where this is the only one. */
  readonly handOver: HandOver | undefined;
  /** From another deployment; absent as well. */
  readonly standby: Standby | undefined;
  private readonly settings: JobChangesSettings;

  constructor(settings: JobChangesSettings) {
    this.settings = settings;
    const { deployed } = settings.job;
    if (deployed !== undefined) {
      const hooks = { ...settings, deployed, isUnderWay: () => this.isUnderWay };
      this.handOver = new HandOver(hooks);
      this.standby = new Standby(hooks, (plan) => this.upgrade.offer(plan));
    }
    this.upgrade = new Upgrade({ ...settings, standby: this.standby });
  }

  /** What this deployment is to the job. */
  get role(): Role {
    if (this.handOver?.isParked === true) return 'handedOver';
    return this.standby?.isOn === true ? 'standby' : 'leading';
  }

  /** What the log knows this deployment by; null = there is none. */
  get deployment(): string | null {
    return this.settings.attempts.checkpoints?.log.deployment ?? null;
  }

  /** What the job has gone back to last because somebody wished it. */
  get restored(): Restored | undefined {
    const restored = this.settings.attempts.checkpoints?.log.restored() ?? [];
    return restored.findLast(({ from }) => from !== nothing);
  }

  /** Whether the log says that another deployment runs the job. */
  async isElsewhere(): Promise<boolean> {
    const { log } = this.settings.attempts.checkpoints ?? {};
    return log !== undefined && roleOf(await log.follow(), log.deployment) !== 'leading';
  }

  /** Whether one is under way, the trial of another revision included. */
  get isUnderWay(): boolean {
    return (
      this.settings.attempts.isSwitching || this.upgrade.isUnderWay || this.handOver?.isUnderWay === true
    );
  }

  /** The job is started: false = it is over, or runs elsewhere, and this deployment looks on. */
  begin(): boolean {
    const { role, over } = this.settings.job.deployed ?? { role: 'leading' };
    if (over !== undefined) this.settings.end(over);
    if (role === 'standby') this.standby?.start();
    if (role === 'handedOver') this.handOver?.park();
    return role === 'leading' && over === undefined;
  }

  /** An attempt runs. */
  onRunning(): void {
    this.upgrade.onRunning();
    this.standby?.onRunning();
  }

  /** The job has ended. */
  end(): void {
    this.upgrade.end();
    this.handOver?.end();
    this.standby?.end();
  }

  /** Settings that nothing restarts for. @throws MillraceError when a sink cannot wait for such checkpoints; nothing is changed then */
  configure({ checkpoint, restart }: LiveSettings): void {
    const { attempts, restarts } = this.settings;
    const { checkpoints, graph, running } = attempts;
    if (checkpoint !== undefined && checkpoints?.tune !== undefined) {
      requireLongTransactions(graph, checkpointPolicyOf(checkpoint));
      checkpoints.tune(checkpoint);
      running?.policyChanged();
    }
    restarts.policy = restartPolicyOf(restart, checkpoints !== undefined);
  }

  /** @throws MillraceError when the job can never have this number of slots while it runs */
  refuseParallelism(parallelism: number): void {
    const { attempts } = this.settings;
    const { maxParallelism } = attempts.graph;
    if (parallelism > maxParallelism) throw tooParallel(parallelism, maxParallelism);
    if (attempts.replan === undefined || attempts.checkpoints === undefined) throw noStore();
    if (attempts.checkpoints.onlyLast) throw inBatchMode();
  }

  /**
   * Goes on with another number of slots, which are prepared before those that run stop. Resolves when they run. Rejects when the job goes
   * on as it was.
   */
  async rescale(parallelism: number): Promise<void> {
    const { attempts, job, refuseUnlessRunning, onSwitchOver } = this.settings;
    refuseUnlessRunning('be rescaled');
    this.refuseParallelism(parallelism);
    if (this.isUnderWay) throw isSwitching();
    const [from, to] = [String(attempts.graph.slots), String(parallelism)];
    const replan = attempts.replan as NonNullable<JobRevision['replan']>;
    try {
      const pauseMs = await attempts.switchTo(await replan(parallelism));
      job.logger.info(`${from} slots are ${to} now; records stood still for ${Math.round(pauseMs)} ms`);
      onSwitchOver({ kind: 'rescale', from, to, pauseMs, outcome: 'done' });
    } catch (error) {
      onSwitchOver({ kind: 'rescale', from, to, pauseMs: 0, outcome: 'rolledBack', reason: reasonOf(error) });
      throw error;
    }
  }
}
