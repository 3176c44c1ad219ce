import type { Command } from 'commander';
import type { CommandIo, Outcome } from '../command-io.ts';
import { missingVariables } from '../environment.ts';
import { findTarget } from '../find-target.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../target-options.ts';

const examples = `
Examples:
  millrace validate job.yaml && kubectl apply -f job.yaml
  millrace validate job.ts -p 8`;

/** `millrace validate`. */
export const addValidate = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addTargetOptions(program.command('validate'))
    .description("Check a job's manifest, code and graph; run nothing.")
    .addHelpText('after', examples)
    .action(async (job: string, options: TargetOptions) => {
      const target = findTarget(io, job, overridesOf(options));
      const { planTarget } = await import('../plan-target.ts');
      const graph = await planTarget(io, target);
      const tasks = graph.tasks.length;
      for (const note of target.notes) io.out(`note: ${note}\n`);
      for (const { name, field } of missingVariables(io, target.environment)) {
        io.out(`note: ${field}: a local run takes ${name} from your shell, where it is not set\n`);
      }
      io.out(
        `${job} is valid: ${tasks} ${tasks === 1 ? 'task' : 'tasks'}, ${graph.slots} ${graph.slots === 1 ? 'slot' : 'slots'}\n`,
      );
    });
};
