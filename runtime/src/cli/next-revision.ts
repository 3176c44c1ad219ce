import type { Artifact } from '../artifact/freeze.ts';
import { parseDuration } from '../contract/duration.ts';
import { MillraceError } from '../contract/errors.ts';
import type { Upgrade } from '../contract/upgrade.ts';
import type { Deployed } from '../coordinator/deployment-hooks.ts';
import type { JobRevision } from '../coordinator/job-revision.ts';
import type { LocalSettings } from '../coordinator/local.ts';
import type { RunningSlots } from '../coordinator/local-job-settings.ts';
import { localDeployment, type OpenedState } from '../coordinator/local-state.ts';
import type { NextRevision } from '../coordinator/next-revision.ts';
import { type TrialPolicy, usualTrial } from '../coordinator/trial.ts';
import { describeJob } from '../offline/describe-job.ts';
import type { System } from '../sys/system.ts';
import { atEntry } from './at-entry.ts';
import type { CommandIo } from './command-io.ts';
import type { JobCreation } from './create-job.ts';
import { requireVariables, setVariables } from './environment.ts';
import { freezeTarget } from './freeze-target.ts';
import type { JobTarget } from './job-target.ts';
import { renamesOf } from './start-point.ts';

/** Names code and arguments; short, since people read it. */
export const revisionName = (
  system: System,
  { sha256 }: Pick<Artifact, 'sha256'>,
  args: Readonly<Record<string, string>>,
): string => {
  const sorted = Object.entries(args).sort(([one], [other]) => (one < other ? -1 : 1));
  return system.hashing.sha256(new TextEncoder().encode(JSON.stringify([sha256, sorted]))).slice(0, 12);
};

const refuse = (why: string, hint: string): MillraceError =>
  new MillraceError('manifest-invalid', `The job cannot be upgraded while it runs: ${why}.`, { hint });

const requireUpgradable = (next: JobTarget, before: JobTarget, { maxParallelism }: RunningSlots): void => {
  const { upgrade } = next;
  if (next.name !== before.name)
    throw refuse(
      `it is called “${next.name}” now, and “${before.name}” runs`,
      'Another name is another job: start that.',
    );
  if (next.maxParallelism !== undefined && next.maxParallelism !== maxParallelism)
    throw refuse(
      `its state is split into ${maxParallelism} key groups, and spec.maxParallelism is ${next.maxParallelism}`,
      `Set spec.maxParallelism to ${maxParallelism} or leave it out: it is fixed when a job is created.`,
    );
  if (next.checkpoint === undefined || upgrade === undefined)
    throw refuse('it takes no checkpoints', 'Name a store in spec.checkpoint.store.');
  if (upgrade.mode !== 'Cut' || upgrade.strategy !== 'Standby')
    throw refuse(
      `spec.upgrade says ${upgrade.mode}, ${upgrade.strategy}`,
      'On one machine a change is always a cut to a standby: leave spec.upgrade.mode and strategy out, or stop the job and start it with --from.',
    );
};

export const trialOf = ({ stability, rollback }: Upgrade): TrialPolicy => ({
  held: stability.held,
  windowMs: parseDuration(stability.window),
  maxRestarts: stability.maxRestarts,
  rollsBack: rollback.enabled,
  timeoutMs: parseDuration(rollback.timeout),
  watchesLag: stability.lag === 'NotGrowing',
});

/** Plans code that was frozen. */
export type BringUp = (artifact: Artifact, settings: LocalSettings) => Promise<JobRevision>;

/** After these ends a deployment that is started again does not run the job again; one that was suspended goes on. */
const ends: ReadonlyMap<string, Deployed['over']> = new Map([
  ['finished', 'finished'],
  ['drained', 'finished'],
  ['stopped', 'stopped'],
  ['cancelled', 'cancelled'],
]);

/** A target as one of several deployments of its job. */
export const deployedAs = (
  { system }: CommandIo,
  target: JobTarget,
  name: string,
  { role, stopped, state }: Pick<OpenedState, 'role' | 'stopped' | 'state'>,
): Deployed => {
  const trial = target.upgrade === undefined ? usualTrial : trialOf(target.upgrade);
  return {
    role,
    // Who wishes it to go back wishes it to run.
    over: state.from?.restore === undefined ? ends.get(stopped ?? '') : undefined,
    trial,
    describe: (revision) =>
      atEntry(target.entry, async () => ({
        name,
        deployment: name,
        revision,
        states: await describeJob({ system, ...target }, revision.graph),
        allowRemoved: target.allowRemoved,
        trial,
        waitsForApproval: target.upgrade?.policy === 'Plan',
      })),
  };
};

/**
 * What a job is by now: its manifest and its code are read, and its functions with state are opened once, to hear which they have.
 * @throws MillraceError when it cannot take the place of what runs
 */
export const nextRevision = async (
  { io, target: before, reread }: Pick<JobCreation, 'io' | 'target' | 'reread'>,
  settings: LocalSettings,
  opened: OpenedState,
  running: RunningSlots,
  bringUp: BringUp,
): Promise<NextRevision> => {
  const target = reread();
  requireUpgradable(target, before, running);
  const { checkpoint, upgrade } = target as JobTarget & {
    readonly checkpoint: object;
    readonly upgrade: Upgrade;
  };
  requireVariables(io, target.environment);
  setVariables(io, target.environment);
  return await atEntry(target.entry, async () => {
    const artifact = await freezeTarget(io, target);
    const name = revisionName(io.system, artifact, target.args);
    const state = opened.revise({
      checkpoint: checkpoint as NonNullable<JobTarget['checkpoint']>,
      artifact: artifact.sha256,
      revision: name,
      renamed: renamesOf(target),
    });
    const { memoryBytes } = settings;
    const wanted: LocalSettings = {
      ...settings,
      ...target,
      // Whoever has rescaled the job meant it, until the manifest says another number than before.
      parallelism: target.parallelism === running.manifestParallelism ? running.slots : target.parallelism,
      state,
      maxParallelism: running.maxParallelism,
      memoryBytes: target.memoryBytes ?? memoryBytes,
    };
    const revision = await bringUp(artifact, wanted);
    try {
      return {
        name,
        deployment: localDeployment(name),
        revision: { ...revision, name, manifestParallelism: target.parallelism },
        states: await describeJob({ system: io.system, ...target }, revision.graph),
        allowRemoved: target.allowRemoved,
        trial: trialOf(upgrade),
        waitsForApproval: upgrade.policy === 'Plan',
      };
    } catch (error) {
      await revision.close?.();
      throw error;
    }
  });
};
