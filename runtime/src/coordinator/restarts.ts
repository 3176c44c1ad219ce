import { reasonOf } from '../contract/reason.ts';
import type { RestartPolicy } from '../contract/restart.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import {
  decideRestart,
  type Failure,
  failureOf,
  noRestarts,
  policyFor,
  type RestartDecision,
} from './restart.ts';

/** Says what follows from a failure of an attempt; not for jobs that are never restarted, whose end says it. */
export const tellDecision = (
  logger: Logger,
  attempt: number,
  error: unknown,
  decision: RestartDecision,
): void => {
  if (decision.restart) {
    const delayMs = Math.round(decision.delayMs);
    return logger.warn(`Attempt ${attempt} failed, next in ${delayMs} ms: ${reasonOf(error)}`);
  }
  if (decision.reason !== noRestarts) logger.warn(`Attempt ${attempt} was the last: ${decision.reason}`);
};

/** The failures of a job, and what follows from each by its policy. */
export class Restarts {
  private readonly system: Pick<System, 'clock' | 'random'>;
  /** From the next failure on. */
  policy: RestartPolicy;
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
