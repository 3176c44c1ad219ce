import type { OnCheckpoint } from './checkpoint-events.ts';
import type { SavepointEvent } from './savepoints.ts';
import type { JobState } from './transitions.ts';

/** What has become of a switch-over; told again when its output is released, or it goes back after all. */
export interface SwitchOverEvent {
  readonly kind: 'rescale' | 'upgrade';
  /** A number of slots, or a revision. */
  readonly from: string;
  readonly to: string;
  /** How long nothing was processed; 0 when nothing took over. */
  readonly pauseMs: number;
  /** The same of committed output; absent = it is held back still, or there is no such difference. */
  readonly committedPauseMs?: number | undefined;
  readonly outcome: 'done' | 'rolledBack';
  /** Why the job goes on as it was. */
  readonly reason?: string | undefined;
}

/** Who wants to know what happens to a job, at once. */
export interface JobObserver {
  onState(state: JobState): void;
  /** `restarts`: it goes on with another attempt. */
  onFailure(error: unknown, attempt: number, restarts: boolean): void;
  readonly onCheckpoint: OnCheckpoint;
  onSavepoint(event: SavepointEvent): void;
  onSwitchOver(event: SwitchOverEvent): void;
  /** The status of the next deployment has changed, or that of the hand-over to another one. */
  onDeployment?(): void;
  onHandOver?(): void;
}
