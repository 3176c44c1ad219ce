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
  /** The coordinator's graph: no thread works on another one. */
  readonly graphHash: string;
}

/**
 * Loads the job into this thread. `place` says which thread it is, e.g. `slot 3`.
 * @throws MillraceError job-invalid when the code fails, or builds another graph than in the coordinator.
 */
export const loadGraph = async (code: JobCode, place: string): Promise<PhysicalGraph> => {
  resolveMillraceToThisRuntime();
  const graph = buildGraph(await loadJob(code.artifact), code.args, code.plan);
  if (graph.hash === code.graphHash) return graph;
  throw new MillraceError(
    'job-invalid',
    `The job's function built another graph in ${place} (${graph.hash}) than in the coordinator (${code.graphHash}).`,
    {
      hint: 'Build the same graph at every call: no random, no clock, no environment of the thread in its shape.',
    },
  );
};
