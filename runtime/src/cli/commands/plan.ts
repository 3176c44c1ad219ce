import type { Command } from 'commander';
import type { PhysicalGraph } from '../../graph/physical-graph.ts';
import { type CommandIo, ExitCode, type Outcome } from '../command-io.ts';
import { findTarget } from '../find-target.ts';
import type { JobTarget } from '../job-target.ts';
import { addRename, renamesOf } from '../start-point.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../target-options.ts';

interface PlanOptions extends TargetOptions {
  readonly allowRemoved?: boolean;
  readonly rename?: ReadonlyMap<string, string>;
  readonly json?: boolean;
}

const examples = `
Examples:
  millrace plan ./checkpoints/jobs/UID/savepoints/before job.yaml
  millrace plan s3://bucket/savepoints/before job.ts --rename count=tally
  millrace plan ./before job.yaml --json | jq '.differences[] | select(.change == "incompatible")'

Functions with state are opened once, to hear which they have, and closed again. Exit code 1: the job cannot go on like this.`;

const compare = async (
  io: CommandIo,
  place: string,
  target: JobTarget,
  { allowRemoved = target.allowRemoved, rename }: PlanOptions,
) => {
  const [{ openFolder }, { readSavepointManifest }, { describeJob }, { planTarget }, states] =
    await Promise.all([
      import('../../offline/open-folder.ts'),
      import('../../checkpoint/savepoint-folder.ts'),
      import('../../offline/describe-job.ts'),
      import('../plan-target.ts'),
      import('../../checkpoint/compare-states.ts'),
    ]);
  const { system, environment, workingDirectory } = io;
  const folder = await openFolder(system, place, { baseDirectory: workingDirectory, environment });
  try {
    const manifest = await readSavepointManifest(system, folder);
    const graph: PhysicalGraph = await planTarget(io, {
      ...target,
      // As when it is started from there: the key groups are those of the state, unless the job says others.
      maxParallelism: target.maxParallelism ?? manifest.maxParallelism,
    });
    const job = await describeJob({ system, ...target }, graph);
    const differences = [
      ...states.compareStates(states.statefulPart(manifest), job, renamesOf(target, rename)),
    ];
    if (graph.maxParallelism !== manifest.maxParallelism) {
      const why = `the job has ${graph.maxParallelism} key groups and the savepoint ${manifest.maxParallelism}`;
      const next = `Set spec.maxParallelism to ${manifest.maxParallelism}: it cannot change over the life of the state.`;
      differences.push({ uid: target.name, change: 'incompatible', why, next });
    }
    const refused = states.refusedDifferences(differences, allowRemoved);
    return { manifest, differences, refused, text: states.formatDifferences(differences) };
  } finally {
    await folder.close();
  }
};

/** `millrace plan`. */
export const addPlan = (program: Command, io: CommandIo, outcome: Outcome): void => {
  addTargetOptions(
    program
      .command('plan')
      .argument('<savepoint>', 'the folder of a savepoint: a directory, or s3://bucket/prefix'),
  )
    .description('Compare the state of a savepoint with a job that shall go on from it; run nothing.')
    .option('--allow-removed', 'state that the job has no place for may be left behind')
    .option('--rename <old=new>', 'the uid that a transform of the savepoint has now; repeatable', addRename)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (savepoint: string, job: string, options: PlanOptions) => {
      const target = findTarget(io, job, overridesOf(options));
      const { differences, refused, text } = await compare(io, savepoint, target, options);
      const isPossible = refused.length === 0;
      if (!isPossible) outcome.code = ExitCode.failed;
      if (options.json === true) {
        io.out(`${JSON.stringify({ possible: isPossible, differences }, undefined, 2)}\n`);
        return;
      }
      const verdict = isPossible
        ? 'The job can go on from it.'
        : `The job cannot go on from it: ${refused.length} in the way.`;
      io.out(`${text === '' ? 'The savepoint and the job have no state.' : text}\n\n${verdict}\n`);
    });
};
