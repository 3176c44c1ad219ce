import type { Command } from 'commander';
import type { Ask } from '../../contract/control/client.ts';
import type { NextDeployment } from '../../contract/control/deployment.ts';
import { type CommandIo, ExitCode, type Outcome } from '../command-io.ts';
import { addControlOptions, type ControlOptions } from '../control-options.ts';
import { findTarget } from '../find-target.ts';
import type { JobTarget } from '../job-target.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../target-options.ts';
import { visible } from '../visible.ts';

interface UpgradeOptions extends TargetOptions, ControlOptions {
  readonly planOnly?: boolean;
  readonly approve?: boolean;
  readonly rollBack?: boolean;
}

const examples = `
Examples:
  millrace upgrade job.yaml              what the file says now takes the place of what runs
  millrace upgrade job.yaml --plan-only  what becomes of the state; nothing is touched
  millrace upgrade job.yaml --approve    also where state is left behind, spec.upgrade.policy is Plan, or it is stalled
  millrace upgrade job.yaml --roll-back  back to the revision before

Waits until the output of the new revision is released, or it has gone back. Exit code 1: the old one goes on.`;

const pollMs = 200;

const waits: readonly NextDeployment['phase'][] = ['preparing', 'prepared', 'activating', 'held'];
const good: readonly NextDeployment['phase'][] = ['planned', 'released', 'promoted'];

const changesText = ({ changes }: NextDeployment): string =>
  changes
    .map(({ transform, state, change, explanation }) => {
      const place = state === null ? transform : `${transform} / ${state}`;
      return visible(`  ${change.padEnd(12)}  ${place}${explanation === '' ? '' : `: ${explanation}`}`);
    })
    .join('\n');

const phaseText = ({ phase, revision, heldCheckpoints, reason }: NextDeployment): string => {
  const { completed, wanted } = heldCheckpoints;
  const held = phase === 'held' ? `, ${completed} of ${wanted} checkpoints` : '';
  return visible(`${revision ?? ''} is ${phase}${held}${reason === null ? '' : `: ${reason}`}`);
};

/** The name of what a file says now, as the running job makes it. */
const nameOf = async (io: CommandIo, target: JobTarget): Promise<string> => {
  const [{ freezeTarget }, { revisionName }] = await Promise.all([
    import('../freeze-target.ts'),
    import('../next-revision.ts'),
  ]);
  return revisionName(io.system, await freezeTarget(io, target), target.args);
};

/** Tells each phase, until nothing more is to be waited for. */
const follow = async (io: CommandIo, ask: Ask, begun: NextDeployment, tell: (at: NextDeployment) => void) => {
  let at = begun;
  tell(at);
  while (waits.includes(at.phase)) {
    await new Promise<void>((resolve) => void io.system.timers.after(pollMs, resolve));
    const next = await ask('getNextDeployment', {});
    const isNews = next.phase !== at.phase || next.heldCheckpoints.completed !== at.heldCheckpoints.completed;
    at = next;
    if (isNews) tell(at);
  }
  return at;
};

const upgrade = async (
  io: CommandIo,
  job: string,
  { planOnly, approve, rollBack, ...options }: UpgradeOptions,
): Promise<NextDeployment> => {
  const { controlOf } = await import('../ask-control.ts');
  const ask = controlOf(io, options);
  const isText = options.output === 'text';
  const tell = (at: NextDeployment): void => {
    if (isText) io.out(`${phaseText(at)}\n`);
  };
  const revision = await nameOf(io, findTarget(io, job, overridesOf(options)));
  if (rollBack === true) {
    const { revision: under } = await ask('getNextDeployment', {});
    return await follow(io, ask, await ask('rollBackDeployment', { revision: under ?? revision }), tell);
  }
  const before = await ask('getNextDeployment', {});
  if (approve === true && before.phase === 'stalled' && before.revision !== null)
    return await follow(io, ask, await ask('approveDeployment', { revision: before.revision }), tell);
  const plan = await ask('planDeployment', { revision });
  if (isText) io.out(`${phaseText(plan)}\n${changesText(plan)}\n`);
  if (planOnly === true || plan.compatibility === 'incompatible') return plan;
  const begun = await ask('prepareDeployment', { revision });
  const isWaiting = begun.phase === 'awaitingApproval' && approve === true;
  return await follow(io, ask, isWaiting ? await ask('approveDeployment', { revision }) : begun, tell);
};

/** `millrace upgrade`. */
export const addUpgrade = (program: Command, io: CommandIo, outcome: Outcome): void => {
  addControlOptions(addTargetOptions(program.command('upgrade')))
    .description(
      'Put what a file says now in the place of the job that runs, without losing or repeating anything.',
    )
    .option('--plan-only', 'compare the state, and touch nothing')
    .option('--approve', 'go on also where somebody has to agree')
    .option('--roll-back', 'go back to the revision before, while that is possible')
    .addHelpText('after', examples)
    .action(async (job: string, options: UpgradeOptions) => {
      const at = await upgrade(io, job, options);
      if (options.output === 'json') io.out(`${JSON.stringify(at, undefined, 2)}\n`);
      const isWanted = good.includes(at.phase) || (options.rollBack === true && at.phase === 'rolledBack');
      if (!isWanted || at.compatibility === 'incompatible') outcome.code = ExitCode.failed;
    });
};
