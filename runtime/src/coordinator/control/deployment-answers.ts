import type { StateDifference } from '../../checkpoint/compare-states.ts';
import type { NextDeployment, PlanChange, RevisionRequest } from '../../contract/control/deployment.ts';
import { outOfOrder } from '../job-refusals.ts';
import type { LocalJob } from '../local-job.ts';
import type { UpgradeStatus } from '../upgrade.ts';
import type { Answers } from './job-control.ts';

const none: NextDeployment = {
  phase: 'none',
  revision: null,
  sinceMs: 0,
  compatibility: null,
  changes: [],
  heldCheckpoints: { completed: 0, wanted: 0 },
  reason: null,
};

const changeOf = ({ uid, state, change, why, next }: StateDifference): PlanChange => ({
  transform: uid,
  state: state ?? null,
  change,
  explanation: [why, next].filter((text) => text !== undefined).join('. '),
});

const compatibilityOf = ({ differences, needsApproval }: UpgradeStatus): NextDeployment['compatibility'] => {
  if (differences.some(({ change }) => change === 'incompatible')) return 'incompatible';
  return needsApproval ? 'needsApproval' : 'compatible';
};

const answerOf = (status: UpgradeStatus | undefined): NextDeployment =>
  status === undefined
    ? none
    : {
        phase: status.phase,
        revision: status.name,
        sinceMs: status.sinceMs,
        compatibility: compatibilityOf(status),
        changes: status.differences.map(changeOf),
        heldCheckpoints: status.held,
        reason: status.reason ?? null,
      };

/** What stands by tells what it waits for as well. */
export const nextDeploymentOf = ({ changes: { upgrade, standby } }: LocalJob): NextDeployment => {
  const answer = answerOf(upgrade.status);
  return standby?.isOn === true ? { ...answer, reason: answer.reason ?? standby.trouble ?? null } : answer;
};

/** What the control API says of the next revision. */
export const deploymentAnswers = (
  job: LocalJob,
): Pick<
  Answers,
  | 'getNextDeployment'
  | 'planDeployment'
  | 'prepareDeployment'
  | 'approveDeployment'
  | 'rollBackDeployment'
  | 'takeOver'
> => {
  const { upgrade } = job.changes;
  let last = 0;
  const answering =
    (act: (revision: string) => void | Promise<void>) =>
    async ({ revision, sequence }: RevisionRequest): Promise<NextDeployment> => {
      if (sequence !== undefined && sequence < last) throw outOfOrder(sequence, last);
      last = sequence ?? last;
      await act(revision);
      return nextDeploymentOf(job);
    };
  return {
    getNextDeployment: () => nextDeploymentOf(job),
    planDeployment: answering((revision) => upgrade.planNext(revision)),
    prepareDeployment: answering((revision) => upgrade.prepare(revision)),
    approveDeployment: answering((revision) => upgrade.approve(revision)),
    rollBackDeployment: answering((revision) => upgrade.rollBack(revision)),
    takeOver: answering((revision) => upgrade.takeOver(revision)),
  };
};
