import type { RestartPolicy } from '../contract/restart.ts';
import type { System } from '../sys/system.ts';
import { decideRestart, type Failure, failureOf, policyFor, type RestartDecision } from './restart.ts';

/** The failures of a job, and what follows from each by its policy. */
export class Restarts {
  private readonly system: Pick<System, 'clock' | 'random'>;
  private readonly policy: RestartPolicy;
  private readonly failures: Failure[] = [];

  constructor(system: Pick<System, 'clock' | 'random'>, policy: RestartPolicy) {
    this.system = system;
    this.policy = policy;
  }

  /** `ranMs`: how long the attempt had been there. */
  afterFailure(error: unknown, ranMs: number): RestartDecision {
    const { clock, random } = this.system;
    this.failures.push(failureOf(error, clock.monotonicMs(), ranMs));
    return decideRestart(policyFor(error, this.policy), this.failures, random.next());
  }
}
