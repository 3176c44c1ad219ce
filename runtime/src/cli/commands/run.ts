/** `commands` holds one file a subcommand: its options, its help with examples, and the call of what does the work. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { terminationMessage, terminationVariable } from '../../contract/termination-message.ts';
import { leaveWords } from '../../sys/last-words.ts';
import { type CommandIo, ExitCode, type Outcome } from '../command-io.ts';
import { addControlPlaceOptions, type ControlPlaceOptions, controlPlaceOf } from '../control-place.ts';
import { errorText } from '../error-text.ts';
import { findTarget } from '../find-target.ts';
import { addPodOptions, clusterOf, mountsOf, type PodOptions } from '../pod-options.ts';
import { addStartOptions, type StartOptions } from '../start-point.ts';
import { addTargetOptions, overridesOf, type TargetOptions } from '../target-options.ts';
import { addWorkersOptions, type WorkersOptions, workersOf } from '../workers-option.ts';

interface RunOptions extends TargetOptions, WorkersOptions, StartOptions, PodOptions, ControlPlaceOptions {
  readonly log: 'text' | 'json' | 'none';
  readonly panel: boolean;
  readonly deployment?: string;
}

const examples = `
Examples:
  millrace run job.yaml                     what the manifest says
  millrace run count.ts                     a bare file, one slot
  millrace run job.yaml -p 4 -a day=monday  four slots, an argument for the job's function
  millrace run job.yaml --log json          lines for a log collector instead of the panel
  millrace run job.yaml --workers 2         two processes: one may be killed, and nothing is lost
  millrace run job.yaml --from ./before     begin with a savepoint, of this job or another
  millrace run job.yaml --from 17           go back to checkpoint 17; or to a time, 2026-11-26T10:00:00Z
  millrace run job.yaml --from latest --from-job shop  begin with a copy of another job's state
  millrace run job.yaml --control-port 8081 so that millrace status, stop and cancel find it

Ctrl-C stops the job after the records in hand; a second Ctrl-C cancels it.`;

/** It is a part of keys in the store. */
const parseDeployment = (text: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) return text;
  throw new InvalidArgumentError('Write at most 128 letters, digits, -, _ and .');
};

/** `millrace run`. */
export const addRun = (program: Command, io: CommandIo, outcome: Outcome): void => {
  [addTargetOptions, addWorkersOptions, addStartOptions, addControlPlaceOptions, addPodOptions]
    .reduce((command, add) => add(command), program.command('run'))
    .description('Run a job on this machine.')
    .addOption(
      new Option('--log <form>', 'form of the log').choices(['text', 'json', 'none']).default('text'),
    )
    .option(
      '--deployment <name>',
      'the deployment that this is, where others of the job may be there: one of them runs it, the next stands by',
      parseDeployment,
    )
    .option('--no-panel', 'log lines instead of the live panel on a terminal')
    .addHelpText('after', examples)
    .action(async (job: string, options: RunOptions) => {
      const json = options.log === 'json';
      // Loaded only now: other commands need neither the runtime nor the bundler.
      const { createLogger } = await import('../../telemetry/logger.ts');
      const logger = createLogger({
        clock: io.system.clock,
        level: options.log === 'none' ? 'silent' : 'info',
        json,
        write: (line) => io.error(line),
      });
      const show = (what: string, error: unknown): void => {
        leaveWords(io.system, io.environment[terminationVariable], terminationMessage(error));
        if (json) logger.error(what, { error });
        else io.error(`${errorText(error)}\n`);
      };
      try {
        const find = () =>
          workersOf(
            options,
            findTarget(io, job, { ...overridesOf(options), codeDirectory: options.codeDirectory }),
            io.system.files,
            options.parallelism !== undefined,
          );
        const { target, workers } = find();
        const { runTarget } = await import('../run-target.ts');
        outcome.code = await runTarget(io, target, {
          logger: logger.child({ job: target.name }),
          showFailure: (error) => show('The job failed', error),
          panel: options.panel && options.log === 'text',
          control: controlPlaceOf(options),
          healthPort: options.healthPort,
          live: options.live,
          mounts: mountsOf(options),
          cluster: clusterOf(options),
          workers,
          jobUid: options.jobUid,
          deployment: options.deployment,
          reread: () => find().target,
          start: options,
        });
      } catch (error) {
        show('The job cannot start', error);
        outcome.code = ExitCode.invalid;
      }
    });
};
