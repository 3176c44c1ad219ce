import { Cron } from 'croner';
import type { SavepointObjectStatus } from '../../../runtime/src/contract/savepoint.ts';
import type { ScheduledSavepoints } from '../../../runtime/src/contract/scheduled-savepoints.ts';

/** A savepoint that a schedule has asked for. */
export interface ScheduledSavepoint {
  readonly name: string;
  readonly phase: SavepointObjectStatus['phase'];
}

export interface SchedulePlan {
  /** The savepoint that is due and is not there. */
  readonly create: string | undefined;
  /** Those that are too many. */
  readonly remove: readonly string[];
  /** When the next one is due. */
  readonly againMs: number | undefined;
}

/** One that was missed for longer is left out: an operator that comes back does not make up for a whole night. */
const lateMs = 600_000;
const nothing: SchedulePlan = { create: undefined, remove: [], againMs: undefined };

/** The same name for the same moment, whoever makes it; later ones sort behind. */
export const scheduledName = (job: string, atMs: number): string =>
  `${job}-${new Date(atMs).toISOString().slice(0, 16).replaceAll(/[-T:]/g, '')}`;

/**
 * Which savepoints a schedule asks for now. Pure. `since`: when the job was created, in ms; nothing was due before. `there`: those that were
 * made by the schedule. What failed does not count as kept, and goes with the others.
 */
export const decideSchedule = (
  job: string,
  { schedule, retained }: ScheduledSavepoints,
  there: readonly ScheduledSavepoint[],
  sinceMs: number,
  nowMs: number,
): SchedulePlan => {
  if (schedule === undefined) return nothing;
  const cron = new Cron(schedule, { timezone: 'UTC', paused: true });
  const lastMs = cron.previousRuns(1, new Date(nowMs + 1))[0]?.getTime();
  const nextMs = cron.nextRun(new Date(nowMs))?.getTime();
  const isDue = lastMs !== undefined && lastMs > sinceMs && nowMs - lastMs < lateMs;
  const name = isDue ? scheduledName(job, lastMs) : undefined;
  const create = name === undefined || there.some((one) => one.name === name) ? undefined : name;
  const newestFirst = there.toSorted((one, other) => (one.name < other.name ? 1 : -1));
  const kept = new Set(
    newestFirst
      .filter(({ phase }) => phase === 'Completed')
      .slice(0, retained)
      .map(({ name: keptName }) => keptName),
  );
  const oldestKept = [...kept].at(-1);
  // Only where enough newer ones are complete: until then nothing older goes.
  const remove =
    kept.size < retained || oldestKept === undefined
      ? []
      : newestFirst.filter((one) => !kept.has(one.name) && one.name < oldestKept).map((one) => one.name);
  return { create, remove, againMs: nextMs === undefined ? undefined : Math.max(0, nextMs - nowMs) };
};
