import type { RestartPolicy } from '../contract/restart.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Deployed } from './deployment-hooks.ts';
import type { JobRevision } from './job-revision.ts';
import type { NextRevision } from './next-revision.ts';
import type { TrialPolicy } from './trial.ts';

/** A job and its first revision. */
export interface LocalJobSettings extends JobRevision {
  readonly system: System;
  readonly logger: Logger;
  readonly restart: RestartPolicy;
  /** How a revision is watched that another process has begun; absent = as usual. */
  readonly trial?: TrialPolicy | undefined;
  /** There may be other deployments of the job, in other processes; absent = this is the only one. */
  readonly deployed?: Deployed | undefined;
  /**
   * What the job is by now: its manifest and code are read again. `running`: how many slots it has, and was asked for by its manifest.
   * Absent = they cannot be. Rejects when they cannot be used.
   */
  readonly revise?: ((running: RunningSlots) => Promise<NextRevision>) | undefined;
}

export interface RunningSlots {
  readonly slots: number;
  readonly manifestParallelism: number | undefined;
  /** Key groups: they stay as they are. */
  readonly maxParallelism: number;
}
