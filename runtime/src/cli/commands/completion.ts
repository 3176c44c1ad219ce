import { Argument, type Command } from 'commander';
import type { CommandIo, Outcome } from '../command-io.ts';
import { completionScript, type Shell, shells } from '../completion.ts';

const examples = `
Examples:
  source <(millrace completion bash)       for this shell
  millrace completion fish | source`;

/** `millrace completion`. */
export const addCompletion = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  program
    .command('completion')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices([...shells]))
    .addHelpText('after', examples)
    .action((shell: Shell) => {
      const commands = program.commands.map((command) => ({
        name: command.name(),
        description: command.description(),
        options: [
          ...command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long])),
          '--help',
        ],
      }));
      io.out(completionScript(shell, commands));
    });
};
