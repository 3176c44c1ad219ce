import { join } from 'node:path';
import { MillraceError } from '../../contract/errors.ts';
import type { StoreCredentials } from '../../contract/store.ts';
import type { FileSystem } from '../../sys/files.ts';

/** What requests are signed with. Never part of a message or a log. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface CredentialSource {
  /**
   * Those that are good now: the same object as long as they are the same.
   * @throws MillraceError when there are none.
   */
  current(): Promise<Credentials>;
  /** The store says that they have expired: asks for others next time. */
  renew(): void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. `place` is the store, for messages. */
export const environmentCredentials = (environment: Environment, place: string): CredentialSource => {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (!accessKeyId || !secretAccessKey) {
    throw new MillraceError('io', `There are no credentials for the store ${place}.`, {
      where: { store: place },
      hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; on a cluster name a Secret in spec.checkpoint.store.s3.credentials, or give the pod an identity (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE).',
    });
  }
  const credentials = { accessKeyId, secretAccessKey, sessionToken: environment['AWS_SESSION_TOKEN'] };
  return { current: async () => credentials, renew: () => {} };
};

const readValue = (files: FileSystem, directory: string, name: string): string => {
  let value: string;
  try {
    value = files.readText(join(directory, name)).trim();
  } catch (error) {
    throw new MillraceError(
      'io',
      `The credentials of the store lack ${name}: it cannot be read in ${directory}.`,
      {
        hint: 'Check the Secret that spec.checkpoint.store.s3.credentials names, and the names of its keys.',
        where: { file: join(directory, name), reason: String((error as { readonly code?: unknown }).code) },
      },
    );
  }
  if (value !== '') return value;
  throw new MillraceError('io', `The credentials of the store lack ${name}: the file is empty.`, {
    hint: 'Fill in the Secret that spec.checkpoint.store.s3.credentials names.',
    where: { file: join(directory, name) },
  });
};

/** A Secret that is mounted as a directory. It is read for each request, since it may change at any time. */
export const fileCredentials = (
  files: FileSystem,
  directory: string,
  names: Omit<StoreCredentials, 'secretName'>,
): CredentialSource => {
  let last: Credentials | undefined;
  const current = async (): Promise<Credentials> => {
    const read = {
      accessKeyId: readValue(files, directory, names.accessKeyId),
      secretAccessKey: readValue(files, directory, names.secretAccessKey),
      sessionToken:
        names.sessionToken === undefined ? undefined : readValue(files, directory, names.sessionToken),
    };
    const unchanged =
      last?.accessKeyId === read.accessKeyId &&
      last.secretAccessKey === read.secretAccessKey &&
      last.sessionToken === read.sessionToken;
    if (!unchanged || last === undefined) last = read;
    return last;
  };
  return { current, renew: () => {} };
};
