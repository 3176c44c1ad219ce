import { join, resolve } from 'node:path';
import { MillraceError } from '../../contract/errors.ts';
import type { CheckpointStore, S3Store as S3Place } from '../../contract/store.ts';
import type { System } from '../../sys/system.ts';
import type { ObjectStore } from '../object-store.ts';
import {
  type CredentialSource,
  type Environment,
  environmentCredentials,
  fileCredentials,
} from './credentials.ts';
import { DirectoryStore } from './directory-store.ts';
import { probeStore } from './probe.ts';
import type { RetrySettings } from './retry.ts';
import { S3Store, type S3StoreSettings } from './s3-store.ts';
import { type WebIdentitySettings, webIdentityCredentials } from './web-identity.ts';

/** What a manifest does not say: where its files and Secrets are here. */
export interface StoreSurroundings {
  /** What a relative directory starts from. */
  readonly baseDirectory: string;
  readonly environment: Environment;
  /** Where the Secret with the credentials is mounted. */
  readonly credentialsDirectory?: string | undefined;
  /** Where the ConfigMap with the certificates of an authority is mounted. */
  readonly authorityDirectory?: string | undefined;
  /** How long a call is tried again, and how long a silent store is waited for. */
  readonly retry?: RetrySettings | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Somebody else who writes the log of the job has tried it out, or will. */
  readonly isTried?: boolean | undefined;
}

type StoreSystem = Pick<
  System,
  'clock' | 'timers' | 'random' | 'files' | 'durableFiles' | 'http' | 'httpClients'
>;

const usualRetry: RetrySettings = { budgetMs: 60_000, firstDelayMs: 100, longestDelayMs: 5000 };
/** At the start somebody waits, and a name may be mistyped. */
const probeBudgetMs = 10_000;
const usualIdleTimeoutMs = 20_000;
const mostConnections = 64;
/** Nobody takes so long to write an object. */
const leftoverMs = 24 * 3_600_000;

/**
 * The store of a manifest, tried out unless that is done: it can be written and read, and refuses a second object of a key.
 * @throws MillraceError with what is wrong with it and what to do.
 */
export const openStore = async (
  system: StoreSystem,
  settings: CheckpointStore,
  surroundings: StoreSurroundings,
): Promise<ObjectStore> => {
  if (settings.s3 !== undefined) {
    const s3 = await s3SettingsOf(system, settings.s3, surroundings);
    const retry = { ...s3.retry, budgetMs: Math.min(s3.retry.budgetMs, probeBudgetMs) };
    if (surroundings.isTried !== true) await probed(system, new S3Store(system, { ...s3, retry }));
    return new S3Store(system, s3);
  }
  const store = new DirectoryStore(system, resolve(surroundings.baseDirectory, settings.directory ?? ''));
  await probed(system, store);
  await store.removeLeftovers(leftoverMs);
  return store;
};

const probed = async (system: StoreSystem, store: ObjectStore): Promise<void> => {
  try {
    await probeStore(store, system.random);
  } catch (error) {
    await store.close();
    throw error;
  }
};

const s3SettingsOf = async (
  system: StoreSystem,
  place: S3Place,
  surroundings: StoreSurroundings,
): Promise<S3StoreSettings> => {
  const endpoint = endpointOf(place);
  const secure = endpoint.protocol === 'https:';
  const authority = authorityOf(system, place, surroundings);
  const idleTimeoutMs = surroundings.idleTimeoutMs ?? usualIdleTimeoutMs;
  const connections = system.httpClients.open({
    secure,
    authority,
    idleTimeoutMs,
    mostConnections,
  });
  const { bucket, region, pathStyle } = place;
  const prefix = place.prefix === '' || place.prefix.endsWith('/') ? place.prefix : `${place.prefix}/`;
  const shown = `${endpoint.origin}/${bucket}/${prefix}`;
  const reaching = { authority, timeoutMs: idleTimeoutMs };
  const credentials = credentialsFor(system, place, surroundings, reaching, shown);
  // The package takes a while to load, and a directory needs none of it.
  const { S3Client } = await import('./s3-client.ts');
  const client = new S3Client({
    host: endpoint.hostname,
    port: endpoint.port === '' ? undefined : Number(endpoint.port),
    secure,
    bucket,
    region,
    pathStyle,
    connections,
    credentials,
  });
  return {
    place: shown,
    prefix,
    bucket,
    client,
    credentials,
    retry: surroundings.retry ?? usualRetry,
  };
};

const endpointOf = ({ endpoint }: S3Place): URL => {
  const url = new URL(endpoint ?? 'https://s3.amazonaws.com');
  if (url.pathname === '/' && url.search === '') return url;
  throw new MillraceError('manifest-invalid', `The endpoint ${endpoint} of the store has a path.`, {
    hint: 'Write the address alone in spec.checkpoint.store.s3.endpoint; bucket and prefix have fields of their own.',
  });
};

const authorityOf = (
  { files }: StoreSystem,
  { certificateAuthority }: S3Place,
  { authorityDirectory }: StoreSurroundings,
): string | undefined => {
  if (certificateAuthority === undefined || authorityDirectory === undefined) return undefined;
  const file = join(authorityDirectory, certificateAuthority.key);
  try {
    return files.readText(file);
  } catch (error) {
    throw new MillraceError('io', `The certificates that vouch for the store cannot be read: ${file}.`, {
      hint: 'Check the ConfigMap that spec.checkpoint.store.s3.certificateAuthority names, and its key.',
      where: { file, reason: String((error as { readonly code?: unknown }).code) },
    });
  }
};

/** A Secret that the manifest names and that is mounted; else the identity of the pod; else the environment. */
const credentialsFor = (
  system: StoreSystem,
  place: S3Place,
  { credentialsDirectory, environment }: StoreSurroundings,
  reaching: Pick<WebIdentitySettings, 'authority' | 'timeoutMs'>,
  shown: string,
): CredentialSource => {
  if (place.credentials !== undefined && credentialsDirectory !== undefined)
    return fileCredentials(system.files, credentialsDirectory, place.credentials);
  const roleArn = environment['AWS_ROLE_ARN'];
  const tokenFile = environment['AWS_WEB_IDENTITY_TOKEN_FILE'];
  if (!roleArn || !tokenFile) return environmentCredentials(environment, shown);
  return webIdentityCredentials(system, {
    // MinIO answers for both at one address.
    endpoint:
      environment['AWS_ENDPOINT_URL_STS'] ?? place.endpoint ?? `https://sts.${place.region}.amazonaws.com`,
    roleArn,
    sessionName: environment['AWS_ROLE_SESSION_NAME'] ?? 'millrace',
    tokenFile,
    ...reaching,
  });
};
