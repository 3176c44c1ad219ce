import type { Committer, CommitterContext } from '../api/connectors.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Committers } from './committers.ts';
import { type EnumeratorReports, Enumerators } from './enumerators.ts';

/** What the enumerator of a source had handed out at a checkpoint and had still to find: a value of the value domain. */
export interface EnumeratorState {
  /** Of the source. */
  readonly uid: string;
  readonly state: unknown;
}

/** A split that a reader was given behind a checkpoint. */
export interface AssignedSplit {
  readonly task: number;
  readonly split: unknown;
}

/** The transactions of one sink that one checkpoint has prepared. */
export interface SinkCommittables {
  /** Of the sink. */
  readonly uid: string;
  readonly kind: string;
  readonly committables: readonly unknown[];
}

/**
 * The code of a job that runs in no slot: the enumerators of its sources and the committers of its two-phase sinks. How the job
 * holds it, whether it runs on this thread or on one of its own.
 */
export interface JobCodeHandle {
  /** Resolves when the job's code is loaded; rejects when it never will be. */
  readonly ready: Promise<void>;
  /**
   * Makes the enumerators, each with the state that it had at a checkpoint, and lets them look for splits; resolves when all of them
   * have begun. A source without a state begins anew. Committers work before that. `assigned`: readers have gone on from there and were
   * given these; rejects where a source knows no way to follow them.
   */
  start(restored?: readonly EnumeratorState[], assigned?: readonly AssignedSplit[]): Promise<void>;
  requestSplit(task: number, slot: number): void;
  /** Splits of a reader that is gone, with their positions. */
  addSplitsBack(task: number, slot: number, splits: readonly unknown[]): void;
  /**
   * Takes the state of all enumerators. `take` is called by the very call that reads them or that brings them from their thread: no split
   * that is assigned after them is told before it returns. When an enumerator fails, the job fails and `take` is not called.
   */
  snapshot(take: (states: readonly EnumeratorState[]) => void): void;
  /**
   * Commits what a checkpoint in the log has prepared; of each sink one checkpoint after the other, in the order of the calls. What is
   * committed already may be given again. What fails is tried again for a while, so a rejection is the end of the attempt.
   */
  commit(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void>;
  /** Gives up what a checkpoint has prepared that will never be in the log. */
  abort(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void>;
  /**
   * Ends whatever attempts before this one have left open in the targets of all sinks. Only when the new attempt is sure to run, and
   * when all that was in the log is committed. `jobUid`: attempts of that job, whose place this one has taken.
   */
  abortOlder(attempt: number, jobUid?: string): Promise<void>;
  /** Ends all of it; rejects when that fails. */
  close(): Promise<void>;
}

export interface JobCodeSurroundings {
  readonly system: System;
  readonly logger: Logger;
  readonly baseDirectory: string;
  readonly jobName: string;
  /** See `OwningJob`. */
  readonly jobUid: string | undefined;
  /** Makes the committer of a sink that the job has no more, by its kind; undefined = there is none for it. */
  readonly committerOfKind?: CommitterOfKind | undefined;
}

export type CommitterOfKind = (kind: string, context: CommitterContext) => Committer<unknown> | undefined;

/** The code of a job on this thread. */
export const createJobCode = (
  graph: PhysicalGraph,
  surroundings: JobCodeSurroundings,
  reports: EnumeratorReports,
): JobCodeHandle => {
  const enumerators = new Enumerators(graph, surroundings, reports);
  const committers = new Committers(graph, surroundings);
  return {
    ready: Promise.resolve(),
    start: (restored, assigned) => enumerators.start(restored, assigned),
    requestSplit: (task, slot) => enumerators.requestSplit(task, slot),
    addSplitsBack: (task, slot, splits) => enumerators.addSplitsBack(task, slot, splits),
    snapshot: (take) => enumerators.snapshot(take),
    commit: (checkpointId, sinks) => committers.commit(checkpointId, sinks),
    abort: (checkpointId, sinks) => committers.abort(checkpointId, sinks),
    abortOlder: (attempt, jobUid) => committers.abortOlder(attempt, jobUid),
    close: async () => {
      try {
        await committers.close();
      } finally {
        await enumerators.close();
      }
    },
  };
};
