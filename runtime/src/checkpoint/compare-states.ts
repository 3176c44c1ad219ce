/**
 * Whether a job can go on from the state of a checkpoint, decided before anything is touched: by transform and name each state is
 * *same*, *added*, *renamed*, *widened*, *converted*, *removed* (which needs leave) or *incompatible*.
 */
import { MillraceError } from '../contract/errors.ts';
import type { StateDescription } from '../state/state-description.ts';
import type { CheckpointManifest, ManifestTransform, StateSchema } from './manifest.ts';
import type { NewUids } from './rename-uids.ts';

/** A state of the job that is to go on. */
export interface JobState extends StateDescription {
  readonly uid: string;
}

/** What the job that is to go on consists of. */
export interface JobStates {
  readonly transforms: readonly Pick<ManifestTransform, 'uid' | 'kind'>[];
  readonly states: readonly JobState[];
}

export type Change = 'same' | 'added' | 'renamed' | 'widened' | 'converted' | 'removed' | 'incompatible';

/** What becomes of one state, or of one transform as a whole. */
export interface StateDifference {
  readonly uid: string;
  /** Absent = the transform as a whole. */
  readonly state?: string;
  readonly change: Change;
  /** The reason, or what is worth knowing. */
  readonly why?: string;
  /** What to do, when the job may not go on like this. */
  readonly next?: string;
}

type Stored = Pick<CheckpointManifest, 'transforms' | 'schemas'>;
type Verdict = Pick<StateDifference, 'change' | 'why' | 'next'>;

const giveMigrate = 'Raise its version and give it a migrate function, or give the new state another name.';
const giveUid = 'Give the new transform a uid of its own; what is stored is then removed.';

/** Transforms that keep state by descriptors in one form, so that one can become the other. */
const keyedFunctions: readonly string[] = ['keyedProcess', 'keyedCoProcess', 'keyedBroadcast', 'reduce'];
const functions: readonly string[] = ['process', 'coProcess', 'broadcast'];
const isSingle = (kind: string): boolean => ['value', 'reducing', 'aggregating'].includes(kind);

const sameForm = (one: string, other: string): boolean =>
  one === other || [keyedFunctions, functions].some((group) => group.includes(one) && group.includes(other));

const versionOf = (state: Pick<StateSchema, 'fields'>): number => Number(state.fields?.['version'] ?? 1);

const describe = (state: Pick<StateSchema, 'kind' | 'type' | 'fields'>): string => {
  const version = versionOf(state);
  const type = state.type === undefined ? '' : ` of ${state.type}`;
  return `${state.kind}${type}${version === 1 ? '' : `, version ${version}`}`;
};

/** What must be equal beside kind and type; what differs, as text. */
const otherFields = (stored: StateSchema, now: JobState): string | undefined => {
  const names = new Set([...Object.keys(stored.fields ?? {}), ...Object.keys(now.fields ?? {})]);
  for (const name of names) {
    if (name === 'version' || name === 'timeToLive') continue;
    const [before, after] = [stored.fields?.[name] ?? 'nothing', now.fields?.[name] ?? 'nothing'];
    if (before !== after) return `${name}: was ${before} and is ${after} now`;
  }
  return undefined;
};

const lifeNote = (stored: StateSchema, now: JobState): string | undefined => {
  const [before, after] = [stored.fields?.['timeToLive'], now.fields?.['timeToLive']];
  if (before === after) return undefined;
  if (after === undefined) return 'it does not expire any more';
  return before === undefined
    ? `it expires ${after} after the restore, or later`
    : `what is written from now on lives ${after} instead of ${before}`;
};

const judge = (stored: StateSchema, now: JobState): Verdict => {
  const became = `was ${describe(stored)} and is ${describe(now)} now`;
  const [before, after] = [versionOf(stored), versionOf(now)];
  if (before > after)
    return {
      change: 'incompatible',
      why: became,
      next: 'Run the version of the job that wrote it, or a newer one.',
    };
  const sameKind = stored.kind === now.kind || (isSingle(stored.kind) && isSingle(now.kind));
  if (!sameKind) return { change: 'incompatible', why: became, next: 'Give the new state another name.' };
  if (before < after) {
    if (now.migrates === true) return { change: 'converted', why: became };
    return { change: 'incompatible', why: `${became}, and it has no migrate`, next: giveMigrate };
  }
  const differs = otherFields(stored, now);
  if (differs !== undefined) return { change: 'incompatible', why: differs, next: giveUid };
  if (stored.kind !== now.kind) return { change: 'incompatible', why: became, next: giveMigrate };
  if (stored.type === now.type) {
    const why = lifeNote(stored, now);
    return why === undefined ? { change: 'same' } : { change: 'same', why };
  }
  if (stored.type === 'number' && now.type === undefined) return { change: 'widened', why: became };
  return { change: 'incompatible', why: became, next: now.kind === 'window' ? giveUid : giveMigrate };
};

const removed = (what: string): Verdict => ({
  change: 'removed',
  why: `the job has no such ${what} any more`,
  next: 'Allow that its state is left behind (--allow-removed), or say where it is now: its uid (--rename OLD=NEW), or renamedFrom of a descriptor.',
});

const compareTransform = (stored: readonly StateSchema[], now: readonly JobState[]): StateDifference[] => {
  const found = new Set<JobState>();
  const differences: StateDifference[] = stored.map((schema) => {
    const { uid, name } = schema;
    const same = now.find((state) => state.name === name);
    const state = same ?? now.find((one) => one.renamedFrom === name);
    if (state === undefined) return { uid, state: name, ...removed('state') };
    found.add(state);
    const verdict = judge(schema, state);
    if (same !== undefined) return { uid, state: name, ...verdict };
    const change = verdict.change === 'same' ? 'renamed' : verdict.change;
    const why = [
      `it is called “${state.name}” now`,
      ...(verdict.why === undefined ? [] : [verdict.why]),
    ].join('; ');
    return { uid, state: name, ...verdict, change, why };
  });
  for (const state of now) {
    if (found.has(state)) continue;
    differences.push({ uid: state.uid, state: state.name, change: 'added', why: 'it starts empty' });
  }
  return differences;
};

/** What of a checkpoint is compared: transforms that hold something. A job may lose and gain others as it likes. */
export const statefulPart = ({
  transforms,
  schemas,
  sources,
}: Pick<CheckpointManifest, 'transforms' | 'schemas' | 'sources'>): Stored => {
  const uids = new Set([...schemas, ...sources].map(({ uid }) => uid));
  return { transforms: transforms.filter(({ uid }) => uids.has(uid)), schemas };
};

/**
 * Compares what a checkpoint holds with what a job has.
 * @param renamedUids new uids by those of the checkpoint
 */
export const compareStates = (
  stored: Stored,
  job: JobStates,
  renamedUids: NewUids = new Map(),
): readonly StateDifference[] => {
  const differences: StateDifference[] = [];
  const seen = new Set<string>();
  for (const { uid, kind } of stored.transforms) {
    const nowUid = renamedUids.get(uid) ?? uid;
    if (nowUid !== uid && stored.transforms.some((other) => other.uid === nowUid)) {
      const why = `it cannot be called “${nowUid}”: the checkpoint has both`;
      differences.push({
        uid,
        change: 'incompatible',
        why,
        next: 'Take the rename away, or name another uid.',
      });
      continue;
    }
    const transform = job.transforms.find((one) => one.uid === nowUid);
    if (transform === undefined) {
      differences.push({ uid, ...removed('transform') });
      continue;
    }
    seen.add(nowUid);
    if (!sameForm(kind, transform.kind)) {
      const why = `it was a ${kind} transform and is a ${transform.kind} transform now`;
      differences.push({ uid, change: 'incompatible', why, next: giveUid });
      continue;
    }
    if (nowUid !== uid) differences.push({ uid, change: 'renamed', why: `it is called “${nowUid}” now` });
    const schemas = stored.schemas.filter((schema) => schema.uid === uid);
    const states = job.states.filter((state) => state.uid === nowUid);
    differences.push(...compareTransform(schemas, states));
  }
  for (const { uid } of job.transforms)
    if (!seen.has(uid)) differences.push({ uid, change: 'added', why: 'it starts empty' });
  return differences;
};

/** The differences with which the job may not go on. */
export const refusedDifferences = (
  differences: readonly StateDifference[],
  allowRemoved: boolean,
): readonly StateDifference[] =>
  differences.filter(({ change }) => change === 'incompatible' || (change === 'removed' && !allowRemoved));

const line = ({ uid, state, change, why, next }: StateDifference, width: number): string => {
  const place = state === undefined ? uid : `${uid} / ${state}`;
  const reason = why === undefined ? '' : `: ${why}`;
  const isRefused = change === 'incompatible' || change === 'removed';
  const advice = isRefused && next !== undefined ? `\n${' '.repeat(width)}  ${next}` : '';
  return `${change.padEnd(width)}  ${place}${reason}${advice}`;
};

/** The differences as text, a line each, with advice below those that stand in the way. */
export const formatDifferences = (differences: readonly StateDifference[]): string => {
  const width = Math.max(0, ...differences.map(({ change }) => change.length));
  return differences.map((difference) => line(difference, width)).join('\n');
};

/** @throws MillraceError job-invalid when the job may not go on from a checkpoint, with every reason */
export const requireCompatible = (
  differences: readonly StateDifference[],
  allowRemoved: boolean,
  checkpoint: string,
): void => {
  const refused = refusedDifferences(differences, allowRemoved);
  const [first] = refused;
  if (first === undefined) return;
  throw new MillraceError(
    'job-invalid',
    `The job cannot go on from ${checkpoint}:\n${formatDifferences(refused)}`,
    { hint: first.next ?? giveUid, where: { checkpoint, transform: first.uid } },
  );
};
