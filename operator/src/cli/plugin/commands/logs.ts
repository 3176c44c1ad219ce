import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../../../../../runtime/src/contract/errors.ts';
import { jobUidLabel, revisionLabel, roleLabel } from '../../../streamjob/names.ts';
import { type JobPicture, readPicture } from '../job-picture.ts';
import { allOptions } from '../options.ts';
import type { PluginIo } from '../plugin-io.ts';

interface LogsOptions {
  readonly role?: string;
  readonly revision?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tail: string;
}

/** Pods whose logs are followed at once; kubectl's own limit is 5. */
const mostPods = 256;

const selectorOf = ({ job }: JobPicture, { role, revision }: LogsOptions): string =>
  [
    `${jobUidLabel}=${job.metadata.uid}`,
    ...(role === undefined ? [] : [`${roleLabel}=${role}`]),
    ...(revision === undefined ? [] : [`${revisionLabel}=${revision}`]),
  ].join(',');

const isMeant =
  ({ role, revision }: LogsOptions) =>
  ({ metadata: { labels = {} } }: JobPicture['pods'][number]): boolean =>
    (role === undefined || labels[roleLabel] === role) &&
    (revision === undefined || labels[revisionLabel] === revision);

const parseTail = (text: string): string => {
  if (/^-1$|^\d+$/.test(text)) return text;
  throw new InvalidArgumentError('Give a number of lines, or -1 for all.');
};

/** `kubectl millrace logs`. */
export const addLogs = (program: Command, io: PluginIo): void => {
  program
    .command('logs')
    .argument('<name>', 'of a StreamJob')
    .description('Show what the pods of a job have written, each line with its pod.')
    .addOption(new Option('--role <role>', 'of these pods only').choices(['coordinator', 'worker']))
    .option('--revision <revision>', 'of these pods only')
    .option('-f, --follow', 'and what the pods that are there now will write', false)
    .option('-p, --previous', 'of the containers before the last restart', false)
    .option('--tail <lines>', 'of each pod; -1 for all', parseTail, '100')
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<LogsOptions>(command);
      const cluster = await io.connect(options);
      const picture = await readPicture(cluster, name);
      if (!picture.pods.some(isMeant(options)))
        throw new MillraceError('not-found', `No such pod of ${name} is there.`, {
          hint: `See kubectl millrace tree ${name}.`,
        });
      const selector = selectorOf(picture, options);
      const limits = `--tail ${options.tail} --max-log-requests ${mostPods}`.split(' ');
      await io.kubectl({ ...options, namespace: cluster.namespace }, [
        'logs',
        '--prefix',
        '--selector',
        selector,
        ...limits,
        ...(options.follow === true ? ['--follow'] : []),
        ...(options.previous === true ? ['--previous'] : []),
      ]);
    });
};
