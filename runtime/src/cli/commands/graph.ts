import { type Command, Option } from 'commander';
import type { CommandIo, Outcome } from '../command-io.ts';
import { findTarget } from '../find-target.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../target-options.ts';

interface GraphOptions extends TargetOptions {
  readonly output: 'text' | 'mermaid' | 'json';
}

const examples = `
Examples:
  millrace graph job.yaml
  millrace graph job.yaml -o mermaid > graph.mmd
  millrace graph job.ts -o json | jq '.tasks[].transforms'`;

/** `millrace graph`. */
export const addGraph = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addTargetOptions(program.command('graph'))
    .description("Show a job's tasks, how records move between them, and what its sinks promise.")
    .addOption(
      new Option('-o, --output <form>', 'form of the graph')
        .choices(['text', 'mermaid', 'json'])
        .default('text'),
    )
    .addHelpText('after', examples)
    .action(async (job: string, options: GraphOptions) => {
      const target = findTarget(io, job, overridesOf(options));
      const [{ planTarget }, describe] = await Promise.all([
        import('../plan-target.ts'),
        import('../../graph/describe.ts'),
      ]);
      const description = describe.describeGraph(await planTarget(io, target));
      const forms = { text: describe.graphText, mermaid: describe.graphMermaid, json: describe.graphJson };
      io.out(`${forms[options.output](description).trimEnd()}\n`);
    });
};
