import { reasonOf } from '../contract/reason.ts';
import type { Attempts } from './attempts.ts';
import type { SwitchOverEvent } from './job-observer.ts';
import { inBatchMode, isSwitching, noStore, tooParallel } from './job-refusals.ts';
import type { JobRevision } from './job-revision.ts';
import type { LocalJobSettings } from './local-job-settings.ts';

export interface JobChangesSettings {
  readonly job: LocalJobSettings;
  readonly attempts: Attempts;
  /** @throws MillraceError unless the job runs; `what` it cannot do now */
  refuseUnlessRunning(what: string): void;
  onSwitchOver(event: SwitchOverEvent): void;
}

/** The changes that a running job is asked for, each of which is a switch-over. One at a time. */
export class JobChanges {
  private readonly settings: JobChangesSettings;

  constructor(settings: JobChangesSettings) {
    this.settings = settings;
  }

  /** Whether one is under way. */
  get isUnderWay(): boolean {
    return this.settings.attempts.isSwitching;
  }

  /** @throws MillraceError when the job can never have this number of slots while it runs */
  refuseParallelism(parallelism: number): void {
    const { job, attempts } = this.settings;
    const { maxParallelism } = attempts.graph;
    if (parallelism > maxParallelism) throw tooParallel(parallelism, maxParallelism);
    if (job.replan === undefined || job.checkpoints === undefined) throw noStore();
    if (job.checkpoints.onlyLast) throw inBatchMode();
  }

  /**
   * Goes on with another number of slots, which are prepared before those that run stop. Resolves when they run. Rejects when the job goes
   * on as it was.
   */
  async rescale(parallelism: number): Promise<void> {
    const { job, attempts, refuseUnlessRunning } = this.settings;
    refuseUnlessRunning('be rescaled');
    this.refuseParallelism(parallelism);
    await this.perform('rescale', String(attempts.graph.slots), String(parallelism), () =>
      (job.replan as NonNullable<LocalJobSettings['replan']>)(parallelism),
    );
  }

  private async perform(
    kind: SwitchOverEvent['kind'],
    from: string,
    to: string,
    plan: () => Promise<JobRevision>,
  ): Promise<void> {
    const { attempts, job, onSwitchOver } = this.settings;
    if (this.isUnderWay) throw isSwitching();
    try {
      const pauseMs = await attempts.switchTo(await plan());
      job.logger.info(`${kind} from ${from} to ${to}: records stood still for ${Math.round(pauseMs)} ms`);
      onSwitchOver({ kind, from, to, pauseMs, failure: undefined });
    } catch (error) {
      onSwitchOver({ kind, from, to, pauseMs: 0, failure: reasonOf(error) });
      throw error;
    }
  }
}
