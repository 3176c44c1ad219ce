import type { ConfigureRequest } from '../../contract/control/deployment.ts';
import { outOfOrder } from '../job-refusals.ts';
import type { LocalJob } from '../local-job.ts';

/** Which settings a job was given last, of those that may be changed while it runs. */
export class SettingsWish {
  private readonly job: LocalJob;
  private last: string | null = null;
  private sequence = 0;

  constructor(job: LocalJob) {
    this.job = job;
  }

  /** null = those of its manifest. */
  get name(): string | null {
    return this.last;
  }

  /** @throws MillraceError when the job cannot have them, or has been given newer ones; nothing is changed then */
  take({ name, settings, sequence }: ConfigureRequest): void {
    if (sequence !== undefined && sequence < this.sequence) throw outOfOrder(sequence, this.sequence);
    this.job.changes.configure(settings);
    this.last = name;
    this.sequence = sequence ?? this.sequence;
  }

  /** Another revision has taken over, with the settings of its own manifest. */
  forget(): void {
    this.last = null;
  }
}
