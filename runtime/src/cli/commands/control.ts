import { type Command, InvalidArgumentError } from 'commander';
import type { Ask } from '../../contract/control/client.ts';
import type { JobStatus } from '../../contract/control/status.ts';
import type { CommandIo, Outcome } from '../command-io.ts';
import { addControlOptions, type ControlOptions } from '../control-options.ts';
import { savepointText, statusText } from '../status-text.ts';
import { visible } from '../visible.ts';

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

const addSavepointCommand = (
  group: Command,
  usage: string,
  description: string,
  run: (ask: Ask, options: ControlOptions, name: string) => Promise<void>,
  io: CommandIo,
): void => {
  addControlOptions(group.command(usage))
    .description(description)
    .action(async (...given: readonly unknown[]) => {
      // commander gives the arguments, then the options, then the command.
      const options = given.at(-2) as ControlOptions;
      await run(await connect(io, options), options, String(given[0]));
    });
};

/** `millrace savepoint`. */
export const addSavepoint = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  const group = program
    .command('savepoint')
    .description('Savepoints of a running job.')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace savepoint create before-the-move\n  millrace savepoint list',
    );
  const add = (usage: string, description: string, run: Parameters<typeof addSavepointCommand>[3]): void =>
    addSavepointCommand(group, usage, description, run, io);
  add('create [name]', 'Begin a savepoint.', async (ask, options, name) =>
    print(io, options, await ask('createSavepoint', name === 'undefined' ? {} : { name }), savepointText),
  );
  add('list', 'List the savepoints of the job.', async (ask, options) =>
    print(io, options, await ask('listSavepoints', {}), ({ savepoints }) =>
      savepoints.length === 0 ? 'no savepoints' : savepoints.map(savepointText).join('\n'),
    ),
  );
  add('dispose <name>', 'Remove a savepoint from the store.', async (ask, options, name) =>
    print(io, options, await ask('disposeSavepoint', { savepoint: name }), (was) => `${was.name} is removed`),
  );
};
