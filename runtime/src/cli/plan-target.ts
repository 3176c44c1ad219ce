import { buildGraph, loadJob } from '../artifact/load.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';
import { freezeTarget } from './run-target.ts';

/** Bundles, loads and plans a job without running it. */
export const planTarget = async (io: CommandIo, target: JobTarget): Promise<PhysicalGraph> => {
  resolveMillraceToThisRuntime();
  const { path } = await freezeTarget(io, target);
  return buildGraph(await loadJob(path), target.args, target);
};
