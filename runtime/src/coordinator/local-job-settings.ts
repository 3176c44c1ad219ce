import type { RestartPolicy } from '../contract/restart.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobRevision } from './job-revision.ts';

/** A job and its first revision. */
export interface LocalJobSettings extends JobRevision {
  readonly system: System;
  readonly logger: Logger;
  readonly restart: RestartPolicy;
  /**
   * The same code for another number of slots; absent = it cannot be had. Rejects when it cannot be planned so.
   */
  readonly replan?: ((parallelism: number) => Promise<JobRevision>) | undefined;
}
