import { MillraceError } from '../contract/errors.ts';
import { type Attempt, type CheckpointId, isKeyPart, isObjectKey } from './ids.ts';

/**
 * Every key that a job has, in one place. All of a job lies under its *root*, and what stands in a manifest is relative to the
 * place of that manifest (the root, or a savepoint's folder), so that either can be copied anywhere.
 *
 *     names/local/<name>/<run>                             the uid of a job that runs on one machine; the last counts
 *     names/local/<name>/<run>-begun                       there is a log of that job: were it missing, it would be lost
 *     names/<namespace>/<name>/owner-<number>              who has a name in a cluster; the last counts
 *     names/<namespace>/<name>/owner-<number>-begun        there is a log of that job, as above
 *     jobs/<uid>/log/<number>                              the log
 *     jobs/<uid>/alive/<deployment>                        when a coordinator of it was there last
 *     jobs/<uid>/state/<attempt>/<checkpoint>/<slot>-<part> state objects
 *     jobs/<uid>/standby/<attempt>/<checkpoint>/<deployment> what a deployment has prepared that stands by
 *     jobs/<uid>/trust/authority                           what the certificates of its pods are signed by
 *     jobs/<uid>/deleted                                   its state was removed on purpose
 *     jobs/<uid>/savepoints/<name>/…                       savepoints, each with objects of its own
 */
const part = (name: string, what: string): string => {
  if (isKeyPart(name)) return name;
  throw new MillraceError(
    'manifest-invalid',
    `“${name}” cannot be the ${what}: it is a part of keys in the store.`,
    {
      hint: 'Use letters, digits, -, _ and . only.',
    },
  );
};

export const jobsPrefix = 'jobs/';

/** Where all of a job lies. Ends with a slash, as all prefixes do. */
export const jobRoot = (jobUid: string): string => `${jobsPrefix}${part(jobUid, 'uid of a job')}/`;

/** Whose a key is; undefined = it is of no job. */
export const jobUidOf = (key: string): string | undefined => /^jobs\/([^/]+)\//.exec(key)?.[1];

/** What the certificates of a job's pods are signed by. */
export const authorityKey = (jobUid: string): string => `${jobRoot(jobUid)}trust/authority`;

export const logPrefix = (jobUid: string): string => `${jobRoot(jobUid)}log/`;
export const logKey = (jobUid: string, number: number): string => `${logPrefix(jobUid)}${number}`;

/** The number of an entry's key; undefined = the key is of something else. */
export const logNumberOf = (jobUid: string, key: string): number | undefined => {
  const prefix = logPrefix(jobUid);
  const text = key.slice(prefix.length);
  return key.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
};

/** What a job's state objects have in common, relative to its root. */
export const stateFolder = 'state/';

/** A state object, relative to the root of its job. */
export const stateKey = (
  attempt: Attempt,
  checkpointId: CheckpointId,
  slot: number,
  ofSlot: number,
): string => `${stateFolder}${attempt}/${checkpointId}/${slot}-${ofSlot}`;

/** Whose a state object is. */
export interface StateKeyParts {
  readonly attempt: number;
  readonly checkpointId: number;
  readonly slot: number;
  readonly part: number;
}

/** Takes a key, relative to the root of its job, apart; undefined = it is none of a state object. */
export const statePartsOf = (key: string): StateKeyParts | undefined => {
  const match = /^state\/([1-9]\d{0,14})\/([1-9]\d{0,14})\/(\d{1,9})-(\d{1,9})$/.exec(key);
  if (match === null) return undefined;
  const [attempt, checkpointId, slot, ofSlot] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { attempt, checkpointId, slot, part: ofSlot };
};

/** What is prepared by deployments that stand by, relative to the root of their job. */
export const standbyPrefix = 'standby/';
export const standbyKey = (attempt: Attempt, checkpointId: CheckpointId, deployment: string): string =>
  `${standbyPrefix}${attempt}/${checkpointId}/${part(deployment, 'name of a deployment')}`;

/** Takes such a key apart, relative to the root of its job; undefined = it is none. */
export const standbyPartsOf = (
  key: string,
): { readonly attempt: number; readonly checkpointId: number; readonly deployment: string } | undefined => {
  const match = /^standby\/([1-9]\d{0,14})\/([1-9]\d{0,14})\/([^/]+)$/.exec(key);
  const [, attempt, checkpointId, deployment] = match ?? [];
  if (deployment === undefined) return undefined;
  return { attempt: Number(attempt), checkpointId: Number(checkpointId), deployment };
};

/** What a job's savepoints have in common, relative to its root. */
export const savepointsFolder = 'savepoints/';

/** The folder of a savepoint, relative to the root of its job. Its manifest and its objects lie in it. */
export const savepointFolder = (name: string): string =>
  `${savepointsFolder}${part(name, 'name of a savepoint')}/`;
/** The manifest of a savepoint, relative to its folder. */
export const savepointManifest = 'manifest';

/** Where the uids of all local jobs are found. */
export const localNamesPrefix = 'names/local/';
/** Where the uids of local jobs of one name are found. */
export const localNamePrefix = (name: string): string => `${localNamesPrefix}${part(name, 'name of a job')}/`;
/** The uid of the job that was started as the `run`th of this name: from 1, one more when the one before has finished. */
export const localNameKey = (name: string, run: number): string => `${localNamePrefix(name)}${run}`;
/** Is there once that job has a log. */
export const localBegunKey = (name: string, run: number): string => `${localNameKey(name, run)}-begun`;

/** Where it is written down who has a name in a namespace. */
export const ownersPrefix = (namespace: string, name: string): string =>
  `names/${part(namespace, 'namespace')}/${part(name, 'name of a job')}/`;
/** Who has had it as the `number`th: from 1. */
export const ownerKey = (namespace: string, name: string, number: number): string =>
  `${ownersPrefix(namespace, name)}owner-${number}`;
/** Is there once that job has a log. */
export const ownerBegunKey = (namespace: string, name: string, number: number): string =>
  `${ownerKey(namespace, name, number)}-begun`;
/** Which of them a key is of; undefined = of none, such as those that say only that a job has begun. */
export const ownerNumberOf = (key: string): number | undefined => {
  const [, number] = /\/owner-([1-9]\d{0,14})$/.exec(key) ?? [];
  return number === undefined ? undefined : Number(number);
};

/** Stays for ever where the state of a job was removed on purpose: a job of its name begins with nothing. */
export const deletedKey = (jobUid: string): string => `${jobRoot(jobUid)}deleted`;

/** Where the coordinators of a job say that they are there. */
export const alivePrefix = (jobUid: string): string => `${jobRoot(jobUid)}alive/`;
export const aliveKey = (jobUid: string, deployment: string): string =>
  `${alivePrefix(jobUid)}${part(deployment, 'name of a deployment')}`;

/** The key of an object that a manifest names. @throws MillraceError when it would lie elsewhere */
export const keyUnder = (root: string, relative: string): string => {
  const key = `${root}${relative}`;
  if (isObjectKey(key) && relative.length > 0) return key;
  throw new MillraceError(
    'state-damaged',
    `The manifest in ${root} names the object “${relative}”, which is no key inside of it.`,
    {
      hint: 'It was changed or damaged: use another checkpoint or savepoint.',
      where: { root },
    },
  );
};
