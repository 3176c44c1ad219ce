import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { ClusterChoice, PluginIo } from './plugin-io.ts';

/** Options of all commands; they may stand before or behind the name of one. */
export const addClusterOptions = (program: Command): Command =>
  program
    .option('-n, --namespace <namespace>', 'where the job is; else that of the context')
    .option('--context <name>', 'of the kubeconfig; else its current one')
    .option('--kubeconfig <file>', 'else $KUBECONFIG, else ~/.kube/config');

type Output = 'json' | 'wide' | 'yaml';

export interface OutputOptions {
  readonly output?: Output;
}

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'instead of text for people, or more of it').choices([
    'json',
    'yaml',
    'wide',
  ]);

/** All options of a call, those of the whole program among them. */
export const allOptions = <T>(command: Command): T & ClusterChoice => command.optsWithGlobals();

/** Prints what was asked for: as data where that is wanted, else as lines for people. */
export const print = (
  io: PluginIo,
  { output }: OutputOptions,
  value: unknown,
  lines: (isWide: boolean) => readonly string[],
): void => {
  if (output === 'json') io.out(`${JSON.stringify(value, undefined, 2)}\n`);
  else if (output === 'yaml') io.out(stringify(value));
  else io.out(`${lines(output === 'wide').join('\n')}\n`);
};
