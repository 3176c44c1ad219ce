import { Command, CommanderError } from 'commander';
import { MillraceError } from '../../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../../runtime/src/contract/reason.ts';
import { addLogs } from './commands/logs.ts';
import { addExplain, addStatus, addTree } from './commands/look.ts';
import { addPlan } from './commands/plan.ts';
import { addSavepoint } from './commands/savepoint.ts';
import { addUi } from './commands/ui.ts';
import { addScale, addWishes } from './commands/wishes.ts';
import { addClusterOptions } from './options.ts';
import { ExitCode, type PluginIo } from './plugin-io.ts';

const examples = `
Examples:
  kubectl millrace status -A             all jobs
  kubectl millrace explain shop          why is it not as I want it?
  kubectl millrace scale shop 4          another number of slots, while it runs
  kubectl millrace approve shop -n prod  the revision that waits takes over

Exit codes:
  0  done
  1  refused, or failed; one sentence says why
  2  the call makes no sense`;

const build = (io: PluginIo): Command => {
  const program = new Command('kubectl millrace')
    .description('StreamJobs on a cluster. It changes nothing but Kubernetes objects.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(kubectl millrace --help shows the commands)')
    .addHelpText('after', examples);
  addClusterOptions(program);
  const looking = [addStatus, addExplain, addTree, addPlan, addLogs, addUi];
  for (const add of [...looking, addWishes, addScale, addSavepoint]) add(program, io);
  return program;
};

const errorText = (error: unknown): string => {
  const hint = MillraceError.is(error) ? error.hint : undefined;
  return `error: ${reasonOf(error)}${hint === undefined ? '' : ` ${hint}`}\n`;
};

/** Runs one call; `words` are what stands behind `kubectl millrace`. Gives the exit code, never throws. */
export const main = async (words: readonly string[], io: PluginIo): Promise<number> => {
  try {
    await build(io).parseAsync(words, { from: 'user' });
    return ExitCode.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    io.error(errorText(error));
    return ExitCode.failed;
  }
};
