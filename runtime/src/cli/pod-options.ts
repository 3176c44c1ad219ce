import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StoreSurroundings } from '../checkpoint/stores/open-store.ts';

/** What a pod says about where things are in it, as commander gives it. People have no use for it: `millrace run --help` is silent about it. */
export interface PodOptions {
  readonly codeDirectory?: string;
  readonly credentialsDirectory?: string;
  readonly authorityDirectory?: string;
  readonly healthPort?: number;
  readonly live?: { readonly host: string; readonly port: number };
  readonly namespace?: string;
  readonly clusterId?: string;
  readonly restoreSavepoint?: string;
}

/** Where a pod is, and what it is told of there. */
export interface ClusterPlace {
  readonly namespace: string;
  readonly clusterId: string;
  /** Where the savepoint lies that `spec.restore` names; absent = it is one of the job. */
  readonly savepointPlace: string | undefined;
}

const parsePort = (text: string): number => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('Give a whole number from 0 to 65535.');
};

const parsePlace = (text: string): { readonly host: string; readonly port: number } => {
  const [, host, port] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined) throw new InvalidArgumentError('Give a host and a port.');
  return { host, port: Number(parsePort(port)) };
};

/** Adds them to a command. */
export const addPodOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--code-directory <folder>', 'what relative paths of the manifest start from').hideHelp(),
    )
    .addOption(
      new Option('--credentials-directory <folder>', 'where the Secret of the store is mounted').hideHelp(),
    )
    .addOption(
      new Option('--authority-directory <folder>', 'where the certificates of the store are').hideHelp(),
    )
    .addOption(
      new Option('--health-port <port>', 'where liveness and readiness are asked')
        .argParser(parsePort)
        .hideHelp(),
    )
    .addOption(
      new Option('--live <host:port>', 'where people look at the job, by a forwarded port')
        .argParser(parsePlace)
        .hideHelp(),
    )
    .addOption(new Option('--namespace <name>', 'the namespace of the job').hideHelp())
    .addOption(new Option('--cluster-id <text>', 'which cluster that is in').hideHelp())
    .addOption(
      new Option('--restore-savepoint <place>', 'where the savepoint of spec.restore is').hideHelp(),
    );

/** Which cluster and namespace a pod is in; undefined = in none. */
export const clusterOf = ({
  namespace,
  clusterId = 'unknown',
  restoreSavepoint: savepointPlace,
}: PodOptions): ClusterPlace | undefined =>
  namespace === undefined ? undefined : { namespace, clusterId, savepointPlace };

/** What is mounted for the store. */
export const mountsOf = ({
  credentialsDirectory,
  authorityDirectory,
}: PodOptions): Pick<StoreSurroundings, 'credentialsDirectory' | 'authorityDirectory'> => ({
  credentialsDirectory,
  authorityDirectory,
});
