import { pathToFileURL } from 'node:url';
import { createEnvironment, type Job } from '../api/environment.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { type PlanSettings, planJob } from '../graph/plan.ts';

/**
 * Imports a frozen job.
 * @throws MillraceError job-invalid when the module fails while loading or exports no job.
 */
export const loadJob = async (path: string): Promise<Job> => {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    throw new MillraceError('job-invalid', `The job's module failed while loading: ${reasonOf(error)}`, {
      cause: error,
      hint: 'Correct what the module does or imports at its top.',
    });
  }
  if (typeof module.default !== 'function') {
    throw new MillraceError('job-invalid', 'The job has no default export that is a function.', {
      hint: 'Write: export default (env: StreamEnvironment) => { … }',
    });
  }
  return module.default as Job;
};

/**
 * Runs the job's function and plans its graph. The function only describes: nothing is read or written.
 * @throws MillraceError job-invalid with what is wrong with the job.
 */
export const buildGraph = (
  job: Job,
  args: Readonly<Record<string, string>>,
  settings: PlanSettings,
): PhysicalGraph => {
  const environment = createEnvironment({ parallelism: settings.parallelism });
  let result: unknown;
  try {
    result = (job as (...parameters: unknown[]) => unknown)(environment, args);
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    throw new MillraceError('job-invalid', `The job's function failed: ${reasonOf(error)}`, {
      cause: error,
      hint: 'Correct the function; it only describes the graph, with the arguments that it is given.',
    });
  }
  if (result instanceof Promise) {
    throw new MillraceError('job-invalid', "The job's function returned a promise.", {
      hint: 'Describe the graph at once; use top-level await for what must be loaded first.',
    });
  }
  return planJob(environment.nodes, settings);
};
