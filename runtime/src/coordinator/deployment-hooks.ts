import type { Role } from '../checkpoint/role.ts';
import type { Attempts } from './attempts.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import type { NextRevision } from './next-revision.ts';
import type { TrialPolicy } from './trial.ts';

/** A job of which several deployments may be there, each in processes of its own: what this one is to it. */
export interface Deployed {
  /** By the log, when it was started. */
  readonly role: Role;
  readonly trial: TrialPolicy;
  /** This deployment as the next one of a job that runs elsewhere: its code is asked for its state. */
  describe(): Promise<NextRevision>;
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
  /** It never comes back. */
  replaced(): void;
  /** The status of the hand-over has changed. */
  onHandOver(): void;
}
