import type { HandOver, HandOverRequest } from '../../contract/control/hand-over.ts';
import { notShared, outOfOrder } from '../job-refusals.ts';
import type { LocalJob } from '../local-job.ts';

/** To which deployment the job is wished to go. */
export class HandOverWish {
  private readonly job: LocalJob;
  private sequence: number | null = null;

  constructor(job: LocalJob) {
    this.job = job;
  }

  get answer(): HandOver {
    const status = this.job.changes.handOver?.status;
    return {
      phase: status?.phase ?? 'none',
      to: status?.to ?? null,
      sinceMs: status?.sinceMs ?? 0,
      cut: status?.cut ?? null,
      reason: status?.reason ?? null,
      sequence: this.sequence,
    };
  }

  /** @throws MillraceError when the job cannot be given away now, or the wish is older than another */
  take({ to, sequence }: HandOverRequest): HandOver {
    const { handOver } = this.job.changes;
    if (handOver === undefined) throw notShared();
    if (sequence !== undefined && this.sequence !== null && sequence < this.sequence)
      throw outOfOrder(sequence, this.sequence);
    handOver.request(to);
    this.sequence = sequence ?? this.sequence;
    return this.answer;
  }
}
