import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { HeldSlot } from '../worker/remote/slot-journal.ts';
import type { SlotHandle, SlotReports } from '../worker/slot-handle.ts';
import type { JobCheckpoints } from './attempt-state.ts';
import type { EnumeratorReports } from './enumerators.ts';
import type { JobCodeHandle } from './job-code.ts';
import type { Claimed } from './job-log.ts';

/** What an attempt is made of. Neither reads before it is started. */
export interface Deployment {
  readonly slots: readonly SlotHandle[];
  /** Enumerators and committers. */
  readonly jobCode: JobCodeHandle;
  /** How far slots are that were adopted; absent where they begin. */
  readonly held?: (() => readonly HeldSlot[]) | undefined;
}

/**
 * Brings up the slots and the enumerators of one attempt, all at the same time. `beside`: the attempt that runs meanwhile; absent = those
 * before are over.
 */
export type Deploy = (
  attempt: number,
  slotReports: (slot: number) => SlotReports,
  enumeratorReports: EnumeratorReports,
  beside?: number,
) => Deployment;

/** The way to an attempt that runs without a coordinator. */
export interface Adoption {
  /** Claims it, if all of it is there; undefined = it is not. */
  claim(): Promise<Claimed | undefined>;
  /** Takes its slots as they run, and brings up the enumerators. */
  readonly deploy: Deploy;
}

/** What a job runs as: its code, planned for a number of slots. A switch-over puts another one in its place. */
export interface JobRevision {
  /** Names its code and arguments: two with the same name are the same. Absent = nobody asks. */
  readonly name?: string | undefined;
  /** The number of slots that its manifest asks for; it may have been given another since. */
  readonly manifestParallelism?: number | undefined;
  readonly graph: PhysicalGraph;
  readonly deploy: Deploy;
  /** Tells those who run its slots in which term they are led from now on, before any attempt of that term. */
  lead?(term: number): void;
  /** Tried before the first attempt; absent = nothing runs without a coordinator. */
  readonly adopt?: Adoption | undefined;
  /** Absent = the job takes no checkpoints, and each attempt begins anew. */
  readonly checkpoints?: JobCheckpoints | undefined;
  /** The same code for another number of slots; absent = it cannot be had. Rejects when it cannot be planned so. */
  readonly replan?: ((parallelism: number) => Promise<JobRevision>) | undefined;
  /** Ends what its attempts have in common, when there will be none any more. */
  close?(): Promise<void>;
}
