import { Garbage, usualGarbageTimes } from './garbage.ts';
import type { JobObserver } from './job-observer.ts';
import type { LocalJobSettings } from './local-job-settings.ts';
import { Savepoints } from './savepoints.ts';

/** The savepoints of a job; undefined = it has no store. */
export const savepointsOf = (
  { system, checkpoints }: LocalJobSettings,
  onSavepoint: JobObserver['onSavepoint'],
): Savepoints | undefined => checkpoints && new Savepoints({ system, store: checkpoints.store, onSavepoint });

/** What removes garbage of a job while it runs; undefined = it has no store. */
export const garbageOf = (
  { system, logger, checkpoints }: LocalJobSettings,
  mayCollect: () => boolean,
): Garbage | undefined =>
  checkpoints &&
  new Garbage({
    clock: system.clock,
    logger,
    times: checkpoints.garbage ?? usualGarbageTimes,
    collect: (minimumAgeMs) => checkpoints.log.collectGarbage(minimumAgeMs),
    mayCollect,
  });
