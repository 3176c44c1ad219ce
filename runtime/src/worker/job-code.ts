import { buildGraph, loadJob } from '../artifact/load.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import { MillraceError } from '../contract/errors.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { PlanSettings } from '../graph/plan.ts';

/** What a thread needs in order to have the graph of a job. */
export interface JobCode {
  /** Path of the frozen module. */
  readonly artifact: string;
  readonly args: Readonly<Record<string, string>>;
  readonly plan: PlanSettings;
}

/**
 * Loads the job into this thread.
 * @throws MillraceError job-invalid when the code fails.
 */
export const loadGraph = async ({ artifact, args, plan }: JobCode): Promise<PhysicalGraph> => {
  resolveMillraceToThisRuntime();
  return buildGraph(await loadJob(artifact), args, plan);
};

/**
 * Makes sure that this thread has the coordinator's graph: none works on another one. `place` says which thread it is, e.g.
 * `slot 3`.
 * @throws MillraceError job-invalid when it has another one.
 */
export const assertSameGraph = (graph: PhysicalGraph, graphHash: string, place: string): void => {
  if (graph.hash === graphHash) return;
  throw new MillraceError(
    'job-invalid',
    `The job's function built another graph in ${place} (${graph.hash}) than in the coordinator (${graphHash}).`,
    {
      hint: 'Build the same graph at every call: no random, no clock, no environment of the thread in its shape.',
    },
  );
};
