import { type Command, InvalidArgumentError } from 'commander';
import type { Ask } from '../../contract/control/client.ts';
import type { JobStatus } from '../../contract/control/status.ts';
import type { CommandIo, Outcome } from '../command-io.ts';
import { addControlOptions, type ControlOptions } from '../control-options.ts';
import { savepointText, statusText } from '../status-text.ts';
import { visible } from '../visible.ts';
import { disposeStored, listStored } from './savepoint.ts';

/** Asks the job that the options name; the words of the API are loaded only now. */
const connect = async (io: CommandIo, options: ControlOptions): Promise<Ask> =>
  (await import('../ask-control.ts')).controlOf(io, options);

/** Prints an answer: as JSON for programs, else what `text` makes of it. */
const print = <T>(io: CommandIo, { output }: ControlOptions, value: T, text: (value: T) => string): void =>
  io.out(`${output === 'json' ? JSON.stringify(value, undefined, 2) : visible(text(value))}\n`);

const stateText = ({ name, state }: JobStatus): string => `${name} is ${state}`;

interface StopOptions extends ControlOptions {
  readonly savepoint: boolean;
  readonly name?: string;
  readonly drain: boolean;
}

const parseParallelism = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 4096) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 4096.');
};

/** `millrace status`. */
export const addStatus = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addControlOptions(program.command('status'))
    .description('Show how a running job is.')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace status\n  millrace status --control http://127.0.0.1:9000 -o json',
    )
    .action(async (options: ControlOptions) => {
      const ask = await connect(io, options);
      const [status, { tasks }] = await Promise.all([ask('getStatus', {}), ask('listTasks', {})]);
      const nowMs = io.system.clock.nowMs();
      print(io, options, { status, tasks }, () => statusText(status, tasks, nowMs));
    });
};

/** `millrace stop`. */
export const addStop = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addControlOptions(program.command('stop'))
    .description('Stop a running job after the records in hand.')
    .option('--savepoint', 'take a savepoint first', false)
    .option('--name <name>', 'the name of that savepoint')
    .option('--drain', 'end the input, so that all windows fire, instead of leaving them open', false)
    .addHelpText('after', '\nExamples:\n  millrace stop\n  millrace stop --savepoint --name before-the-move')
    .action(async (options: StopOptions) => {
      const { savepoint, name } = options;
      const ask = await connect(io, options);
      const request = { savepoint, ...(name === undefined ? {} : { name }) };
      print(io, options, await ask(options.drain ? 'drain' : 'stop', request), stateText);
    });
};

/** `millrace cancel`. */
export const addCancel = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addControlOptions(program.command('cancel'))
    .description('End a running job at once.')
    .addHelpText('after', '\nExamples:\n  millrace cancel --token-file token')
    .action(async (options: ControlOptions) => {
      print(io, options, await (await connect(io, options))('cancel', {}), stateText);
    });
};

/** `millrace rescale`. */
export const addRescale = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  addControlOptions(program.command('rescale'))
    .description('Give a running job another number of slots, without stopping it.')
    .argument('<parallelism>', 'how many slots it is to have', parseParallelism)
    .addHelpText('after', '\nExamples:\n  millrace rescale 4')
    .action(async (parallelism: number, options: ControlOptions) => {
      const answer = await (await connect(io, options))('setParallelism', { parallelism });
      print(io, options, answer, ({ actual, desired }) => `${actual} slots now, ${desired} wished for`);
    });
};

interface ListOptions extends ControlOptions {
  readonly store?: string;
}

/** The name of a savepoint is a part of keys in the store: what has a slash in it is a folder. */
const isFolder = (text: string): boolean => text.includes('/');

/** `millrace savepoint`: what a running job is asked for; `list` and `dispose` also do it in a store, without the job. */
export const addSavepoint = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  const group = program
    .command('savepoint')
    .description('Savepoints: of a running job, and those that are stored.');
  addControlOptions(group.command('create'))
    .argument('[name]', 'what it is called; the time when there is none')
    .description('Begin a savepoint of the running job.')
    .action(async (name: string | undefined, options: ControlOptions) => {
      const ask = await connect(io, options);
      print(io, options, await ask('createSavepoint', name === undefined ? {} : { name }), savepointText);
    });
  addControlOptions(group.command('list'))
    .option(
      '--store <store>',
      'without the job: those of all jobs of a store, a directory or s3://bucket/prefix',
    )
    .description('List the savepoints of the running job, or of a store.')
    .action(async (options: ListOptions) => {
      if (options.store !== undefined) return await listStored(io, options.store, options.output === 'json');
      const ask = await connect(io, options);
      print(io, options, await ask('listSavepoints', {}), ({ savepoints }) =>
        savepoints.length === 0 ? 'no savepoints' : savepoints.map(savepointText).join('\n'),
      );
    });
  addControlOptions(group.command('dispose'))
    .argument('<name>', 'of the running job; or, without it, a folder: ./before, s3://bucket/prefix')
    .description('Remove a savepoint: the objects that its manifest names, and nothing else.')
    .action(async (name: string, options: ControlOptions) => {
      if (isFolder(name)) return await disposeStored(io, name);
      const ask = await connect(io, options);
      print(
        io,
        options,
        await ask('disposeSavepoint', { savepoint: name }),
        (was) => `${was.name} is removed`,
      );
    });
};
