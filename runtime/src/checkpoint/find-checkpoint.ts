/** Which checkpoint of a job is meant by `latest`, by its number, or by a point in time. */
import { MillraceError } from '../contract/errors.ts';
import type { Published, Standing } from './standing.ts';
import type { StateReading } from './state-object-reader.ts';
import { type Fault, verifyCheckpoint } from './verify.ts';

export type CheckpointPoint =
  | { readonly kind: 'latest' }
  | { readonly kind: 'number'; readonly checkpointId: number }
  /** The newest before it that is whole, by the clocks of those who published. */
  | { readonly kind: 'time'; readonly atMs: number };

/** A checkpoint that was found, and newer ones that were passed over since they are damaged. */
export interface FoundCheckpoint {
  readonly published: Published;
  readonly passed: readonly { readonly checkpointId: number; readonly faults: readonly Fault[] }[];
}

const timeText = (atMs: number): string => new Date(atMs).toISOString();

const describe = ({ manifest: { checkpointId }, atMs }: Published): string =>
  `${checkpointId} of ${timeText(atMs)}`;

const notFound = ({ jobUid, line }: Standing, place: string, why: string): MillraceError => {
  const [oldest, latest] = [line[0], line.at(-1)];
  const kept =
    oldest === undefined || latest === undefined
      ? 'It never completed one, or all of them are gone'
      : `Kept are ${line.length}: from ${describe(oldest)} to ${describe(latest)}`;
  return new MillraceError('not-found', `The job ${jobUid} ${why}.`, {
    hint: `${kept}. Older states are in savepoints (\`millrace savepoint list --store STORE\`); spec.checkpoint.retained says how many checkpoints are kept.`,
    where: { store: place, job: jobUid },
  });
};

const notWhole = (place: string, { checkpointId }: Published['manifest'], faults: readonly Fault[]) =>
  new MillraceError(
    'state-damaged',
    `Checkpoint ${checkpointId} cannot be restored: ${faults.map(({ key, why }) => `${key ?? 'its manifest'} ${why}`).join('; ')}.`,
    {
      hint: 'Bring its objects back from a copy, or choose another one: `millrace checkpoint verify` says which are whole.',
      where: { store: place, checkpoint: checkpointId },
    },
  );

const newestWhole = async (
  reading: StateReading,
  standing: Standing,
  atMs: number,
): Promise<FoundCheckpoint> => {
  const passed: FoundCheckpoint['passed'][number][] = [];
  for (const published of standing.line.toReversed()) {
    if (published.atMs > atMs) continue;
    const faults = await verifyCheckpoint(reading, published.manifest);
    if (faults.length === 0) return { published, passed };
    passed.push({ checkpointId: published.manifest.checkpointId, faults });
  }
  const why = passed.length === 0 ? 'no checkpoint' : 'no checkpoint that is whole';
  throw notFound(standing, reading.store.place, `has ${why} of ${timeText(atMs)} or before`);
};

/**
 * Finds a checkpoint that counts; all but the latest are read again, since giving up newer ones for a damaged one would lose both. `reading`
 * is of the store at the root of the job.
 * @throws MillraceError not-found when none is kept, state-damaged when the one that is named is not whole
 */
export const findCheckpoint = async (
  reading: StateReading,
  standing: Standing,
  point: CheckpointPoint,
): Promise<FoundCheckpoint> => {
  if (point.kind === 'time') return await newestWhole(reading, standing, point.atMs);
  const latest = standing.line.at(-1);
  const { place } = reading.store;
  if (point.kind === 'latest') {
    if (latest === undefined) throw notFound(standing, place, 'has no checkpoint');
    return { published: latest, passed: [] };
  }
  const published = standing.line.find(({ manifest }) => manifest.checkpointId === point.checkpointId);
  if (published === undefined) throw notFound(standing, place, `has no checkpoint ${point.checkpointId}`);
  const faults = published === latest ? [] : await verifyCheckpoint(reading, published.manifest);
  if (faults.length > 0) throw notWhole(place, published.manifest, faults);
  return { published, passed: [] };
};
