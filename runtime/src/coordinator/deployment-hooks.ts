import type { Role } from '../checkpoint/role.ts';
import type { Attempts } from './attempts.ts';
import type { JobResult } from './job-result.ts';
import type { JobRevision } from './job-revision.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import type { NextRevision } from './next-revision.ts';
import type { TrialPolicy } from './trial.ts';

/** An end without a failure. */
export type JobEnd = Exclude<JobResult['state'], 'failed'>;

/** A job of which several deployments may be there, each in processes of its own: what this one is to it. */
export interface Deployed {
  /** By the log, when it was started. */
  readonly role: Role;
  /** How the job has ended before; absent = it goes on. */
  readonly over?: JobEnd | undefined;
  readonly trial: TrialPolicy;
  /** This deployment as the next one of a job that runs elsewhere: its code, planned as `revision`, is asked for its state. */
  describe(revision: JobRevision): Promise<NextRevision>;
}

/** What a job does for hand-overs between deployments. */
export interface DeploymentHooks {
  readonly job: LocalJobSettings;
  readonly deployed: Deployed;
  readonly attempts: Attempts;
  /** @throws MillraceError unless the job runs; `what` it cannot do now */
  refuseUnlessRunning(what: string): void;
  /** Whether any change is under way. */
  isUnderWay(): boolean;
  /** The job begins here, or goes on. `takesOver`: whoever leads it. */
  lead(takesOver: boolean): void;
  /** What ran here has ended, since the job is elsewhere. */
  handedOver(): void;
  /** The job is over, as far as this deployment goes. */
  end(state: JobEnd): void;
  /** The status of the hand-over has changed. */
  onHandOver(): void;
}
