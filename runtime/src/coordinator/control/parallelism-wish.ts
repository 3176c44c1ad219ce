import type { Parallelism, ParallelismRequest } from '../../contract/control/deployment.ts';
import { reasonOf } from '../../contract/reason.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { outOfOrder } from '../job-refusals.ts';
import type { LocalJob } from '../local-job.ts';

/** How many slots a job is wished to have. The newest wish counts: the job goes after it as soon as it runs and nothing else changes it. */
export class ParallelismWish {
  private readonly job: LocalJob;
  private readonly logger: Logger;
  private wanted: number | undefined;
  private sequence: number | null = null;
  private isFollowing = false;

  constructor(job: LocalJob, logger: Logger) {
    this.job = job;
    this.logger = logger;
  }

  get answer(): Parallelism {
    const { slots: actual, maxParallelism: maximum } = this.job.graph;
    return { desired: this.wanted ?? actual, actual, maximum, sequence: this.sequence };
  }

  /** Takes a wish; what becomes of it is told by the status. @throws MillraceError when it can never come true, or is older than another */
  take({ parallelism, sequence }: ParallelismRequest): Parallelism {
    this.job.changes.refuseParallelism(parallelism);
    if (sequence !== undefined && this.sequence !== null && sequence < this.sequence)
      throw outOfOrder(sequence, this.sequence);
    this.wanted = parallelism;
    this.sequence = sequence ?? this.sequence;
    void this.follow();
    return this.answer;
  }

  /** Another revision has taken over, with as many slots as it is to have: only what is wished for from now on counts. */
  forget(): void {
    this.wanted = undefined;
  }

  /** The job runs again, or has ended a switch-over: a wish that waited is followed. */
  async follow(): Promise<void> {
    if (this.isFollowing) return;
    this.isFollowing = true;
    while (this.isDue()) await this.rescale(this.wanted as number);
    this.isFollowing = false;
  }

  private isDue(): boolean {
    const { job, wanted } = this;
    return (
      job.state === 'running' && !job.changes.isUnderWay && wanted !== undefined && wanted !== job.graph.slots
    );
  }

  /** A wish that could not be met is not tried again: the job would be held up by it for ever. */
  private async rescale(wanted: number): Promise<void> {
    try {
      await this.job.changes.rescale(wanted);
    } catch (error) {
      this.logger.warn(`The job does not get ${wanted} slots: ${reasonOf(error)}`);
      if (this.job.state === 'running' && this.wanted === wanted) this.wanted = undefined;
    }
  }
}
