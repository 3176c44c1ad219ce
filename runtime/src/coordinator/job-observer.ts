import type { OnCheckpoint } from './checkpoint-events.ts';
import type { SavepointEvent } from './savepoints.ts';
import type { JobState } from './transitions.ts';

/** A switch-over that has ended. */
export interface SwitchOverEvent {
  readonly kind: 'rescale' | 'upgrade';
  /** A number of slots, or a revision. */
  readonly from: string;
  readonly to: string;
  /** How long nothing was processed; 0 when it failed. */
  readonly pauseMs: number;
  /** Why the job goes on as it was. */
  readonly failure: string | undefined;
}

/** Who wants to know what happens to a job, at once. */
export interface JobObserver {
  onState(state: JobState): void;
  /** `restarts`: it goes on with another attempt. */
  onFailure(error: unknown, attempt: number, restarts: boolean): void;
  readonly onCheckpoint: OnCheckpoint;
  onSavepoint(event: SavepointEvent): void;
  onSwitchOver(event: SwitchOverEvent): void;
}
