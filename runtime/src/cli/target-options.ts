import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TargetOverrides } from './find-target.ts';
import type { JobTarget } from './job-target.ts';

/** The options that every command with a job takes, as commander gives them. */
export interface TargetOptions {
  readonly parallelism?: number;
  readonly arg?: Readonly<Record<string, string>>;
  readonly mode?: JobTarget['mode'];
}

const parseParallelism = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 4096) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 4096.');
};

const addArgument = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Write name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Adds them to a command. */
export const addTargetOptions = (command: Command): Command =>
  command
    .argument('<job>', 'a StreamJob manifest (.yaml), or a .ts or .js file whose default export is the job')
    .option('-p, --parallelism <number>', 'slots; wins over the manifest', parseParallelism)
    .option('-a, --arg <name=value>', "an argument of the job's function; repeatable", addArgument)
    .addOption(
      new Option('-m, --mode <mode>', 'how bounded input is run').choices([
        'Streaming',
        'Batch',
        'Automatic',
      ]),
    );

/** What the options say about the job. */
export const overridesOf = ({ parallelism, arg, mode }: TargetOptions): TargetOverrides => ({
  ...(parallelism === undefined ? {} : { parallelism }),
  ...(mode === undefined ? {} : { mode }),
  ...(arg === undefined ? {} : { args: arg }),
});
