import { formatDifferences, type StateDifference } from '../checkpoint/compare-states.ts';
import { MillraceError } from '../contract/errors.ts';
import type { JobState } from './transitions.ts';

export const noStore = (): MillraceError =>
  new MillraceError('job-invalid', 'The job takes no checkpoints.', {
    hint: 'Name a store in spec.checkpoint.store.',
  });

export const inBatchMode = (): MillraceError =>
  new MillraceError('conflict', 'The job runs in batch mode, and its only checkpoint is its last.', {
    hint: 'With spec.mode: Streaming a job takes checkpoints on the way.',
  });

export const notRunning = (state: JobState, what: string): MillraceError =>
  new MillraceError('conflict', `The job is ${state} and cannot ${what} now.`, {
    hint: 'Ask again when it is running.',
  });

export const notSuspended = (state: JobState): MillraceError =>
  new MillraceError('conflict', `The job is ${state}: only a suspended one is resumed.`);

/** What has been sorted and folded is in no checkpoint, and what has come out of it is a part of the results. */
export const stoppedInBatchMode =
  'Stopped in batch mode: what its sinks would have committed is left out, and the next run reads all again.';

export const isSwitching = (): MillraceError =>
  new MillraceError('conflict', 'Another switch-over of the job is under way.', {
    hint: 'Ask again when it has ended.',
  });

export const tooParallel = (wanted: number, maximum: number): MillraceError =>
  new MillraceError(
    'job-invalid',
    `The job cannot have ${wanted} slots: its state is split into ${maximum} key groups.`,
    {
      hint: `Ask for ${maximum} slots at most. The number of key groups is fixed when a job is created (spec.maxParallelism).`,
    },
  );

export const cannotBeRevised = (): MillraceError =>
  new MillraceError('unsupported', 'The job cannot be replaced by other code while it runs.', {
    hint: 'That takes a job of `millrace run` with a store (spec.checkpoint). Stop this one, and start the other.',
  });

export const doesNotStandBy = (name: string): MillraceError =>
  new MillraceError('conflict', `${name} does not stand by: there is nothing to take over.`, {
    hint: 'Ask the coordinator of the deployment that is to run the job.',
  });

export const notShared = (): MillraceError =>
  new MillraceError('unsupported', 'The job cannot be handed over: this coordinator has no deployment.', {
    hint: 'Start it with --deployment, and with a store (spec.checkpoint).',
  });

export const otherRevision = (wanted: string, found: string): MillraceError =>
  new MillraceError('conflict', `The job is the revision ${found} by now, not ${wanted}.`, {
    hint: 'The file was changed meanwhile, or another file is meant: plan it again.',
  });

export const notPlanned = (name: string): MillraceError =>
  new MillraceError('conflict', `The revision ${name} does not wait for this.`, {
    hint: 'Plan it first; `millrace status` says which revision is under way.',
  });

export const isIncompatible = (refused: readonly StateDifference[]): MillraceError =>
  new MillraceError('job-invalid', `The state of the job does not fit:\n${formatDifferences(refused)}`, {
    hint: 'The job goes on as it was. Change the code as advised, and plan it again.',
  });

export const nothingToRollBack = (name: string): MillraceError =>
  new MillraceError('conflict', `There is no way back from the revision ${name}.`, {
    hint: 'It was promoted, never took over, or has written state that the code before cannot read. Put that code back, and upgrade to it.',
  });

export const outputIsHeld = (): MillraceError =>
  new MillraceError(
    'conflict',
    'Output is held back by a switch-over, and would be missing in a savepoint.',
    {
      hint: 'Ask again when the new revision is released (`millrace status`).',
    },
  );

export const outOfOrder = (sequence: number, last: number): MillraceError =>
  new MillraceError('conflict', `A wish of number ${sequence} comes behind one of number ${last}.`, {
    hint: 'Give each wish a higher number than the one before.',
    where: { sequence },
  });
