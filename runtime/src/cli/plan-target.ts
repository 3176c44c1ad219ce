import { buildGraph, loadJob } from '../artifact/load.ts';
import { resolveMillraceToThisRuntime } from '../artifact/resolve.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { atEntry } from './at-entry.ts';
import type { CommandIo } from './command-io.ts';
import { setVariables } from './environment.ts';
import { freezeTarget } from './freeze-target.ts';
import type { JobTarget } from './job-target.ts';

/** Bundles, loads and plans a job without running it. Variables that a cluster would give it may be missing. */
export const planTarget = async (io: CommandIo, target: JobTarget): Promise<PhysicalGraph> => {
  setVariables(io, target.environment);
  resolveMillraceToThisRuntime();
  return await atEntry(target.entry, async () => {
    const { path } = await freezeTarget(io, target);
    return buildGraph(await loadJob(path), target.args, target);
  });
};
