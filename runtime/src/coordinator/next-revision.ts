import type { JobStates } from '../checkpoint/compare-states.ts';
import type { JobRevision } from './job-revision.ts';
import type { TrialPolicy } from './trial.ts';

/** A revision that may take the place of the one that runs. */
export interface NextRevision {
  /** Names code and arguments: two with the same name are the same. */
  readonly name: string;
  /** As the log knows it. */
  readonly deployment: string;
  readonly revision: JobRevision;
  /** What state it has, to be compared before anything is touched. */
  readonly states: JobStates;
  /** State that it has no place for may be left behind without asking. */
  readonly allowRemoved: boolean;
  readonly trial: TrialPolicy;
  /** Someone has to agree, whatever the comparison says. */
  readonly waitsForApproval: boolean;
}
