import type { StreamJobSpec } from '../../../../runtime/src/contract/stream-job.ts';
import type { ObservedJob, ObservedRevision } from '../observed.ts';
import { type Choice, inForce, underWay } from './choice.ts';
import { hasNeverLed, isDown, isOnTrial } from './current.ts';
import { full, none } from './steady.ts';

const suspended = (current: string): Choice => ({
  standing: inForce('Suspended', 'Suspended', 'The job is suspended; its state is in the store.'),
  current,
  deployments: [none(current)],
});

/** Stops a job with a checkpoint and keeps it, without pods. `name`: what would run. */
export const decideSuspension = (
  observed: ObservedJob,
  spec: StreamJobSpec,
  name: string,
  current: ObservedRevision | undefined,
): Choice => {
  if (current === undefined) return suspended(name);
  const { status } = current.view ?? {};
  const hasLetGo =
    status?.state === 'suspended' || status?.state === 'failed' || status?.state === 'finished';
  if (isDown(current) || hasLetGo || hasNeverLed(observed, current)) return suspended(current.name);
  const slots = status?.parallelism.actual ?? spec.parallelism;
  const running = full(current.name, { ...spec, parallelism: slots }, current);
  const trial = observed.revisions.find((other) => other !== current && isOnTrial(other));
  if (trial !== undefined)
    return {
      standing: underWay('Suspending', 'WaitingForUpgrade', `The switch-over to ${trial.name} ends first.`),
      current: current.name,
      next: trial.name,
      deployments: [running, full(trial.name, spec, trial)],
    };
  return {
    standing: underWay('Suspending', 'Suspending', 'The job takes a last checkpoint and lets its pods go.'),
    current: current.name,
    deployments: [running],
    wishes: [{ revision: current.name, wish: { operation: 'suspend', request: {} } }],
  };
};
