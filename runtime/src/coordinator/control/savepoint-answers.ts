import type { SavepointStatus } from '../../contract/control/savepoints.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Clock } from '../../sys/system.ts';
import type { LocalJob } from '../local-job.ts';
import { type SavepointHistory, storedSavepoint } from '../savepoint-history.ts';
import type { Savepoints } from '../savepoints.ts';
import type { Answers } from './job-control.ts';

export interface SavepointAnswersSettings {
  readonly clock: Clock;
  readonly job: LocalJob;
  readonly savepoints: Savepoints;
  readonly history: SavepointHistory;
}

/** A name for a savepoint that was given none: when it was begun. */
export const nameOfNow = (clock: Clock): string =>
  new Date(clock.nowMs()).toISOString().toLowerCase().replace(/[:.]/g, '-');

/** What the control API says of savepoints. */
export const savepointAnswers = ({
  clock,
  job,
  savepoints,
  history,
}: SavepointAnswersSettings): Pick<
  Answers,
  'listSavepoints' | 'createSavepoint' | 'getSavepoint' | 'disposeSavepoint'
> => {
  const stored = async (): Promise<ReadonlyMap<string, SavepointStatus>> => {
    const found = await savepoints.list();
    return new Map(
      [...found].map(([name, manifest]) => [
        name,
        history.get(name) ?? storedSavepoint(name, manifest, savepoints.place(name)),
      ]),
    );
  };
  const find = async (name: string): Promise<SavepointStatus> => {
    const found = history.get(name) ?? (await stored()).get(name);
    if (found !== undefined) return found;
    throw new MillraceError('not-found', `The job has no savepoint ${name}.`, {
      hint: '`millrace savepoint list` shows those that it has.',
    });
  };
  return {
    listSavepoints: async () => {
      const complete = await stored();
      const others = history.unfinished().filter(({ name }) => !complete.has(name));
      return {
        savepoints: [...complete.values(), ...others].sort((one, other) => one.startedMs - other.startedMs),
      };
    },
    createSavepoint: async ({ name = nameOfNow(clock) }) => {
      const known = history.get(name);
      if (known?.state === 'inProgress') return known;
      await job.savepoint(name);
      return find(name);
    },
    getSavepoint: ({ savepoint }) => find(savepoint),
    disposeSavepoint: async ({ savepoint }) => {
      const was = await find(savepoint);
      await savepoints.dispose(savepoint);
      history.forget(savepoint);
      return was;
    },
  };
};
