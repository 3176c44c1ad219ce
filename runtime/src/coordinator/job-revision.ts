import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { SlotHandle, SlotReports } from '../worker/slot-handle.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { EnumeratorReports } from './enumerators.ts';
import type { JobCodeHandle } from './job-code.ts';

/** What an attempt is made of. Neither reads before it is started. */
export interface Deployment {
  readonly slots: readonly SlotHandle[];
  /** Enumerators and committers. */
  readonly jobCode: JobCodeHandle;
}

/** Brings up the slots and the enumerators of one attempt, all at the same time. */
export type Deploy = (
  attempt: number,
  slotReports: (slot: number) => SlotReports,
  enumeratorReports: EnumeratorReports,
) => Deployment;

/** What a job runs as: its code, planned for a number of slots. A switch-over puts another one in its place. */
export interface JobRevision {
  readonly graph: PhysicalGraph;
  readonly deploy: Deploy;
  /** Absent = the job takes no checkpoints, and each attempt begins anew. */
  readonly checkpoints?: JobCheckpoints | undefined;
  /** Ends what its attempts have in common, when there will be none any more. */
  close?(): Promise<void>;
}
