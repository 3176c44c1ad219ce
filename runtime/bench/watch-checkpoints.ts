import type { CheckpointEvent } from '../src/coordinator/checkpoint-events.ts';
import type { LocalJob } from '../src/coordinator/local-job.ts';

const nothing = (): void => undefined;

/** Calls back at all that happens to the checkpoints of a job. */
export const watchCheckpoints = (job: LocalJob, onCheckpoint: (event: CheckpointEvent) => void): void =>
  job.observe({
    onState: nothing,
    onFailure: nothing,
    onSavepoint: nothing,
    onSwitchOver: nothing,
    onCheckpoint,
  });
