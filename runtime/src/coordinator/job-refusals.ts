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
