import { Command, CommanderError } from 'commander';
import { ownVersion } from '../sys/own-version.ts';
import { type CommandIo, ExitCode, type Outcome } from './command-io.ts';
import { addCheckpoint } from './commands/checkpoint.ts';
import { addCompletion } from './commands/completion.ts';
import { addCancel, addRescale, addSavepoint, addStatus, addStop } from './commands/control.ts';
import { addDev } from './commands/dev.ts';
import { addGraph } from './commands/graph.ts';
import { addInspect } from './commands/inspect.ts';
import { addNew } from './commands/new.ts';
import { addPlan } from './commands/plan.ts';
import { addRun } from './commands/run.ts';
import { addStoredSavepoints } from './commands/savepoint.ts';
import { addUpgrade } from './commands/upgrade.ts';
import { addValidate } from './commands/validate.ts';
import { errorText } from './error-text.ts';

const examples = `
Examples:
  millrace new shop && cd shop        a project that runs and has a test
  millrace run job.yaml               run a job on this machine
  millrace graph job.yaml             see its tasks before it runs
  millrace status                     see how a running job is
  millrace run --help                 the options of a command, with examples
`;

const exitCodes = `
Exit codes:
  0    done; a job has finished or was stopped
  1    the job failed
  2    the call, the manifest or the job's code is wrong; nothing ran
  130  cancelled: by a second Ctrl-C, or because nobody reads the output any more`;

const build = (io: CommandIo, outcome: Outcome): Command => {
  const program = new Command('millrace')
    .description('Streaming jobs in TypeScript, kept running exactly once.')
    .version(ownVersion(io.system), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .showHelpAfterError('(millrace --help shows the commands)')
    .addHelpText('after', `${examples}${exitCodes}`);
  const ofJobs = [addRun, addDev, addValidate, addGraph, addPlan, addNew];
  const ofRunningJobs = [addStatus, addSavepoint, addStop, addCancel, addRescale, addUpgrade, addInspect];
  for (const add of [...ofJobs, ...ofRunningJobs, addCheckpoint, addStoredSavepoints, addCompletion])
    add(program, io, outcome);
  for (const command of program.commands) {
    command.showHelpAfterError(`(millrace ${command.name()} --help shows what it takes)`);
  }
  return program;
};

/** Runs one call of the command; `words` are what stands behind `millrace`. Gives the exit code, never throws. */
export const main = async (words: readonly string[], io: CommandIo): Promise<number> => {
  const outcome: Outcome = { code: ExitCode.done };
  try {
    await build(io, outcome).parseAsync(words, { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.invalid;
    io.error(`${errorText(error)}\n`);
    return ExitCode.invalid;
  }
};
