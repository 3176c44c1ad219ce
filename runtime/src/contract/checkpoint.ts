import * as z from 'zod';
import { about, block, duration, integer, type Written } from './field.ts';
import { type CheckpointStore, storeSchema } from './store.ts';

/** What of checkpoints may become another while the job runs. Durations are texts with their unit: see `parseDuration`. */
export interface LiveCheckpoint {
  readonly interval: string;
  readonly retained: number;
  readonly timeout: string;
  readonly minPause: string;
  readonly tolerableFailures: number;
  readonly unaligned: { readonly enabled: boolean; readonly timeout: string };
}

/** How the state of a job is made durable. */
export interface Checkpoint extends LiveCheckpoint {
  readonly mode: 'ExactlyOnce' | 'AtLeastOnce';
  readonly store: CheckpointStore;
}

const liveFields = {
  interval: duration('100ms', '1d')
    .default('10s')
    .meta(
      about(
        'live',
        'Time from the start of one checkpoint to the start of the next. Results of two-phase sinks become visible once an interval.',
      ),
    ),
  retained: integer(1, 100)
    .default(3)
    .meta(about('live', 'Completed checkpoints that are kept, the latest included.')),
  timeout: duration('1s', '1d')
    .default('10m')
    .meta(about('live', 'A checkpoint that takes longer is given up and counts as failed.')),
  minPause: duration('0s', '1d')
    .default('0s')
    .meta(
      about('live', 'Time from the end of one checkpoint to the start of the next, at least.', {
        alsoKnownAs: ['minPauseBetween'],
      }),
    ),
  tolerableFailures: integer(0, 1_000_000)
    .default(10)
    .meta(
      about('live', 'Checkpoints in a row that may fail before the job counts as failed and is restarted.'),
    ),
  unaligned: block({
    enabled: z
      .boolean()
      .default(true)
      .meta(
        about(
          'live',
          'Whether a checkpoint whose barriers wait too long takes the records in flight into the snapshot instead.',
        ),
      ),
    timeout: duration('0s', '1d')
      .default('10s')
      .meta(
        about(
          'live',
          'How long barriers may wait before that; 0s takes records in flight into every checkpoint.',
        ),
      ),
  })
    .prefault({})
    .meta(
      about('live', 'What happens when back-pressure holds barriers up. Savepoints and cuts always wait.'),
    ),
};

export const liveCheckpointSchema: z.ZodType<LiveCheckpoint, Written<LiveCheckpoint>> = block(liveFields);

const { interval, ...otherLiveFields } = liveFields;

export const checkpointSchema: z.ZodType<Checkpoint, Written<Checkpoint>> = block({
  interval,
  mode: z
    .enum(['ExactlyOnce', 'AtLeastOnce'])
    .default('ExactlyOnce')
    .meta(
      about(
        'switch-over',
        'ExactlyOnce aligns the inputs of a task at a barrier; AtLeastOnce does not wait, and after a failure records count twice.',
      ),
    ),
  store: storeSchema.meta(about('switch-over', 'Where snapshots go.')),
  ...otherLiveFields,
});
