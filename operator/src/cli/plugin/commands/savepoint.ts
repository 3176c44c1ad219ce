import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../../../../runtime/src/contract/duration.ts';
import { MillraceError } from '../../../../../runtime/src/contract/errors.ts';
import {
  type SavepointObjectStatus,
  savepointObjectStatusSchema,
} from '../../../../../runtime/src/contract/savepoint.ts';
import { type SavepointObject, savepoints } from '../../../kube/kinds.ts';
import type { Stored } from '../../../kube/objects.ts';
import { findJob } from '../job-picture.ts';
import { allOptions } from '../options.ts';
import type { Cluster, PluginIo } from '../plugin-io.ts';
import { spanText } from '../text/age.ts';

interface SavepointOptions {
  readonly as?: string;
  readonly dispose?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
}

/** How often it is looked at while somebody waits. */
const lookEveryMs = 500;

const parseTimeout = (text: string): number => {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Give a duration, such as 90s or 10m.');
  }
};

/** `20261127t001530`: sorts by time, and is a part of a name. */
const stampOf = (nowMs: number): string =>
  new Date(nowMs)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
    .toLowerCase();

const statusIn = ({ status }: SavepointObject): SavepointObjectStatus => {
  const result = savepointObjectStatusSchema.safeParse(status);
  return result.success ? result.data : {};
};

/** Until it is complete. @throws MillraceError when it fails, is gone, or takes too long */
const waitFor = async (
  { system }: PluginIo,
  { client, namespace }: Cluster,
  { metadata: { name } }: Stored<SavepointObject>,
  timeoutMs: number,
): Promise<SavepointObjectStatus> => {
  const untilMs = system.clock.monotonicMs() + timeoutMs;
  for (;;) {
    const now = await client.get(savepoints, { namespace, name });
    if (now === undefined)
      throw new MillraceError('not-found', `The Savepoint “${name}” was deleted meanwhile.`);
    const status = statusIn(now);
    if (status.phase === 'Completed') return status;
    if (status.phase === 'Failed')
      throw new MillraceError(
        'conflict',
        `The savepoint ${name} failed: ${status.message ?? 'nobody says why'}`,
      );
    if (system.clock.monotonicMs() >= untilMs)
      throw new MillraceError(
        'unavailable',
        `The savepoint ${name} is ${status.phase ?? 'not seen yet'} after ${spanText(timeoutMs)}: ${status.message ?? 'it goes on.'}`,
        {
          hint: `It is still taken: kubectl get savepoint ${name}; kubectl delete savepoint ${name} gives it up.`,
        },
      );
    await new Promise<void>((resolve) => void system.timers.after(lookEveryMs, resolve));
  }
};

/** `kubectl millrace savepoint`. */
export const addSavepoint = (program: Command, io: PluginIo): void => {
  program
    .command('savepoint')
    .argument('<name>', 'of a StreamJob')
    .description('Create a Savepoint: the state of a job at this moment, kept until the object is deleted.')
    .option('--as <name>', 'what the Savepoint is called; else the name of the job and the time')
    .option('--dispose', 'its folder in the store goes when the Savepoint is deleted', false)
    .option('-w, --wait', 'until it is complete', false)
    .option('--timeout <duration>', 'how long is waited', parseTimeout, 600_000)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<SavepointOptions>(command);
      const cluster = await io.connect(options);
      await findJob(cluster, name);
      const made = await cluster.client.create(savepoints, {
        apiVersion: 'millrace.dev/v1alpha1',
        kind: 'Savepoint',
        metadata: {
          name: options.as ?? `${name}-${stampOf(io.system.clock.nowMs())}`,
          namespace: cluster.namespace,
        },
        spec: { jobRef: { name }, disposal: options.dispose === true ? 'Delete' : 'Retain' },
      });
      io.out(`savepoint.millrace.dev/${made.metadata.name} is asked for\n`);
      if (options.wait !== true) return;
      const { path, bytes = 0 } = await waitFor(io, cluster, made, options.timeout);
      io.out(`savepoint.millrace.dev/${made.metadata.name} is complete: ${bytes} bytes in ${path ?? '?'}\n`);
    });
};
