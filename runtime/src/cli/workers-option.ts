import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../contract/errors.ts';
import type { WorkersWanted } from '../coordinator/workers.ts';
import type { FileSystem } from '../sys/files.ts';
import type { TlsSettings } from '../sys/net.ts';
import type { JobTarget } from './job-target.ts';

/** The options that say which processes the slots of a job are in, as commander gives them. */
export interface WorkersOptions {
  readonly workers?: number;
  readonly slotsPerWorker?: number;
  readonly listen?: { readonly host: string; readonly port: number };
  readonly jobUid?: string;
  readonly tlsDirectory?: string;
  readonly tls?: 'job';
}

/** Which workers a job runs on, as the command was told. */
export interface WorkersOption extends Omit<WorkersWanted, 'spawn'> {
  /** So many are started here; undefined = others start them. */
  readonly spawn: number | undefined;
  /** What workers know the job by; undefined = whatever it is called in its store. */
  readonly jobUid: string | undefined;
  /** Whether its certificates are signed by the authority in the store of the job. */
  readonly hasJobAuthority: boolean;
}

/** Processes of this machine are there soon; whoever starts them elsewhere may need longer. */
const waitForSpawnedMs = 30_000;
const waitForOthersMs = 120_000;

const parseCount = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= 1024) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 1024.');
};

const parseAddress = (text: string): { readonly host: string; readonly port: number } => {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] !== undefined && port <= 65_535) return { host: match[1], port };
  throw new InvalidArgumentError('Write host:port.');
};

/** Adds them to a command. */
export const addWorkersOptions = (command: Command): Command =>
  command
    .option('-w, --workers <number>', 'processes that the slots are in, on this machine', parseCount)
    .option('--slots-per-worker <number>', 'the most slots of each worker', parseCount)
    .option(
      '--listen <host:port>',
      'where workers that others start call; instead of --workers',
      parseAddress,
    )
    .option('--job-uid <uid>', 'what the job is called in its store, and by workers that others start')
    .addOption(
      new Option(
        '--tls <kind>',
        'job: certificates are signed by an authority in the store of the job',
      ).choices(['job']),
    )
    .option('--tls-directory <folder>', 'tls.crt, tls.key and ca.crt; workers must show such certificates');

const tlsIn = (files: FileSystem, directory: string, peerIdentity: string): TlsSettings => {
  const read = (name: string): string => files.readText(join(directory, name));
  return { certificate: read('tls.crt'), key: read('tls.key'), authority: read('ca.crt'), peerIdentity };
};

/**
 * What the options say, and the target as it runs then: without a parallelism of its own it has a slot a worker at least.
 * @throws MillraceError manifest-invalid when they contradict each other.
 */
export const workersOf = (
  { workers, slotsPerWorker, listen, jobUid, tlsDirectory, tls }: WorkersOptions,
  target: JobTarget,
  files: FileSystem,
  isParallelismGiven: boolean,
): { readonly target: JobTarget; readonly workers?: WorkersOption } => {
  if (workers === undefined && listen === undefined) return { target };
  if (workers !== undefined && listen !== undefined) {
    throw new MillraceError('manifest-invalid', 'Either --workers or --listen.', {
      hint: 'Let the command start the workers, or start them yourself and tell them where it listens.',
    });
  }
  const least = workers === undefined || isParallelismGiven ? 1 : workers * (slotsPerWorker ?? 1);
  const parallelism = Math.max(target.parallelism, least);
  const each = slotsPerWorker ?? Math.ceil(parallelism / (workers ?? 1));
  if (workers !== undefined && workers * each < parallelism) {
    throw new MillraceError(
      'manifest-invalid',
      `${parallelism} slots do not fit into ${workers} workers of ${each} slots.`,
      { hint: 'Raise --workers or --slots-per-worker, or lower -p.' },
    );
  }
  if (listen !== undefined && jobUid === undefined) {
    throw new MillraceError('manifest-invalid', 'With --listen the job needs --job-uid.', {
      hint: 'Give the job and its workers the same uid.',
    });
  }
  return {
    target: { ...target, parallelism },
    workers: {
      spawn: workers,
      slotsPerWorker: each,
      jobUid,
      hasJobAuthority: tls === 'job' && listen !== undefined,
      ...(listen ?? { host: '127.0.0.1', port: 0 }),
      waitForRoomMs: listen === undefined ? waitForSpawnedMs : waitForOthersMs,
      tls: tlsDirectory === undefined ? undefined : tlsIn(files, tlsDirectory, jobUid ?? ''),
    },
  };
};
