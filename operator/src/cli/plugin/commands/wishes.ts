import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../../../../../runtime/src/contract/errors.ts';
import { type StreamJobObject, streamJobs } from '../../../kube/kinds.ts';
import type { Stored } from '../../../kube/objects.ts';
import { annotations } from '../../../streamjob/names.ts';
import { findJob, statusOf } from '../job-picture.ts';
import { allOptions } from '../options.ts';
import type { Cluster, PluginIo } from '../plugin-io.ts';
import { conditionOf } from '../text/status-text.ts';

/** What is written, and what people are told of it. */
interface Wish {
  readonly patch: object;
  readonly said: string;
}

type Job = Stored<StreamJobObject>;

const annotated = (name: keyof typeof annotations, value: string): object => ({
  metadata: { annotations: { [annotations[name]]: value } },
});

const refused = (message: string, hint: string): MillraceError =>
  new MillraceError('conflict', message, { hint });

const approve = (job: Job): Wish => {
  const { name } = job.metadata;
  const status = statusOf(job);
  const revision = status.revision?.next;
  const reasons = ['Reconciling', 'Stalled'].map((type) => conditionOf(status, type)?.reason);
  const waits = reasons.includes('AwaitingApproval') || reasons.includes('NoWayBack');
  if (revision === undefined || !waits)
    throw refused(`Nothing of ${name} waits for approval.`, `See kubectl millrace explain ${name}.`);
  return { patch: annotated('approve', revision), said: `the revision ${revision} is approved` };
};

const retry = (job: Job, now: string): Wish => {
  const { name } = job.metadata;
  const { revision, phase } = statusOf(job);
  const what = revision?.rejected ?? (phase === 'Failed' ? revision?.current : undefined);
  if (what === undefined)
    throw refused(
      `Nothing of ${name} has failed or was taken back.`,
      `See kubectl millrace explain ${name}; kubectl millrace restart ${name} replaces what runs.`,
    );
  return { patch: annotated('retry', `${what}/${now}`), said: `the revision ${what} is tried again` };
};

const restart = (job: Job, now: string): Wish => ({
  patch: annotated('restart', now),
  said: `a new revision of the same code follows ${statusOf(job).revision?.current ?? 'soon'}`,
});

const inState = (state: 'Running' | 'Suspended', job: Job): Wish => {
  const { state: before = 'Running' } = job.spec as { readonly state?: string };
  const said =
    state === 'Running'
      ? 'the job goes on from its last checkpoint'
      : 'the job takes a last checkpoint and lets its pods go';
  return { patch: { spec: { state } }, said: before === state ? `it was ${state} already` : said };
};

/** Now, as names and annotations have it. */
const timeOf = ({ system }: PluginIo): string => new Date(system.clock.nowMs()).toISOString();

const carryOut = async ({ client, namespace }: Cluster, job: Job, patch: object): Promise<void> => {
  const { name, uid } = job.metadata;
  await client.patch(streamJobs, { namespace, name }, patch, { uid });
};

const addWish = (
  program: Command,
  io: PluginIo,
  word: string,
  description: string,
  wishOf: (job: Job) => Wish,
): void => {
  program
    .command(word)
    .argument('<name>', 'of a StreamJob')
    .description(description)
    .action(async (name: string, _options: unknown, command: Command) => {
      const cluster = await io.connect(allOptions(command));
      const job = await findJob(cluster, name);
      const { patch, said } = wishOf(job);
      await carryOut(cluster, job, patch);
      io.out(`streamjob.millrace.dev/${name}: ${said}\n`);
    });
};

/** The commands that write one field or annotation of a job. */
export const addWishes = (program: Command, io: PluginIo): void => {
  addWish(program, io, 'approve', 'Let the revision that waits take over.', approve);
  addWish(program, io, 'retry', 'Try once more what has failed or was taken back.', (job) =>
    retry(job, timeOf(io)),
  );
  addWish(program, io, 'suspend', 'Stop a job with a checkpoint and let its pods go.', (job) =>
    inState('Suspended', job),
  );
  addWish(program, io, 'resume', 'Let a suspended job go on.', (job) => inState('Running', job));
  addWish(program, io, 'restart', 'Replace what runs by a new revision of the same code.', (job) =>
    restart(job, timeOf(io)),
  );
};

const parseSlots = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 4096) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 4096.');
};

/** `kubectl millrace scale`. */
export const addScale = (program: Command, io: PluginIo): void => {
  program
    .command('scale')
    .argument('<name>', 'of a StreamJob')
    .argument('<slots>', 'how many it is to have', parseSlots)
    .description('Give a job another number of slots, by its /scale, while it runs.')
    .action(async (name: string, slots: number, _options: unknown, command: Command) => {
      const cluster = await io.connect(allOptions(command));
      const { namespace } = cluster;
      await findJob(cluster, name);
      await cluster.client.scale(streamJobs, { namespace, name }, slots);
      io.out(`streamjob.millrace.dev/${name}: it is to have ${slots} slots\n`);
    });
};
