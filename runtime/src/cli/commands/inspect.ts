import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../../contract/errors.ts';
import type { OpenFile } from '../../sys/files.ts';
import type { CommandIo, Outcome } from '../command-io.ts';
import { addControlOptions, type ControlOptions } from '../control-options.ts';
import { visible } from '../visible.ts';

interface FileOptions extends ControlOptions {
  readonly slot: number;
  readonly file: string;
}

interface ProfileOptions extends FileOptions {
  readonly seconds: number;
}

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

const openNew = ({ system, workingDirectory }: CommandIo, path: string): OpenFile => {
  const place = resolve(workingDirectory, path);
  if (system.files.stat(place) !== undefined) {
    throw new MillraceError('io', `There is a file ${path} already.`, {
      hint: 'Name another one by --file.',
    });
  }
  return system.files.open(place, 'write');
};

/** Fetches a download into a file that is new, and is no more when it could not be fetched whole. */
const fetchInto = async <O extends 'profileSlot' | 'dumpHeap'>(
  io: CommandIo,
  options: FileOptions,
  operation: O,
  request: Parameters<typeof import('../ask-control.ts').downloadFrom<O>>[3],
): Promise<void> => {
  const { downloadFrom } = await import('../ask-control.ts');
  const file = openNew(io, options.file);
  try {
    await downloadFrom(io, options, operation, request, (bytes) => file.write(bytes));
  } catch (error) {
    file.close();
    io.system.files.remove(resolve(io.workingDirectory, options.file));
    throw error;
  }
  const { sizeBytes } = file.status();
  file.close();
  io.out(
    options.output === 'json'
      ? `${JSON.stringify({ file: options.file, sizeBytes })}\n`
      : `${options.file} has ${sizeBytes} bytes: open it in the developer tools of Chrome\n`,
  );
};

const addState = (group: Command, io: CommandIo): void => {
  addControlOptions(group.command('state'))
    .description('Show what a transform holds in one of its states for a key.')
    .argument('<transform>', 'its uid, or name')
    .argument('<state>', 'the name of the state')
    .argument('<key>', 'the key as JSON: a text stands in quotes')
    .addHelpText('after', `\nExamples:\n  millrace inspect state totals sum '"berlin"' --token-file token`)
    .action(async (transform: string, state: string, key: string, options: ControlOptions) => {
      const { controlOf } = await import('../ask-control.ts');
      const answer = await controlOf(io, options)('queryState', { transform, state, key });
      const nothing = `nothing (key group ${answer.keyGroup}, slot ${answer.slot})`;
      const text = answer.found ? visible(JSON.stringify(answer.value)) : nothing;
      io.out(`${options.output === 'json' ? JSON.stringify(answer, undefined, 2) : text}\n`);
    });
};

const addProfile = (group: Command, io: CommandIo): void => {
  addControlOptions(group.command('profile'))
    .description('Take a CPU profile of a slot.')
    .option('--slot <number>', 'the slot', wholeNumber(0, 65_535), 0)
    .option('--seconds <number>', 'for how long', wholeNumber(1, 60), 10)
    .option('--file <file>', 'where to write it', 'slot.cpuprofile')
    .addHelpText('after', '\nExamples:\n  millrace inspect profile --slot 1 --seconds 30 --token-file token')
    .action(async (options: ProfileOptions) => {
      const { slot, seconds } = options;
      await fetchInto(io, options, 'profileSlot', { slot, durationMs: seconds * 1000 });
    });
};

const heapWarning = `
The slot stands still while it is taken, a second or more for each GB, and needs as much memory again; the file
shows records and state.`;

const addHeap = (group: Command, io: CommandIo): void => {
  addControlOptions(group.command('heap'))
    .description('Take a heap snapshot of a slot, which stands still meanwhile.')
    .option('--slot <number>', 'the slot', wholeNumber(0, 65_535), 0)
    .option('--file <file>', 'where to write it', 'slot.heapsnapshot')
    .addHelpText('after', `${heapWarning}\n\nExamples:\n  millrace inspect heap --slot 1 --token-file token`)
    .action(async (options: FileOptions) => {
      await fetchInto(io, options, 'dumpHeap', { slot: options.slot });
    });
};

/** `millrace inspect`. */
export const addInspect = (program: Command, io: CommandIo, _outcome: Outcome): void => {
  const group = program
    .command('inspect')
    .description('Look into a running job: state by key, CPU profiles, heap snapshots.')
    .addHelpText(
      'after',
      `\nExamples:\n  millrace inspect state totals sum '"berlin"' --token-file token\n  millrace inspect profile --slot 1 --token-file token`,
    );
  addState(group, io);
  addProfile(group, io);
  addHeap(group, io);
};
