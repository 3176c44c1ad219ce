import * as z from 'zod';
import { type Checkpoint, type LiveCheckpoint, liveCheckpointSchema } from './checkpoint.ts';
import { type Restart, restartSchema } from './restart.ts';

/** The fields of a job that are marked `change: live`: a coordinator takes others over while the job runs, and nothing restarts. */
export interface LiveSettings {
  /** Absent = the job takes no checkpoints. */
  readonly checkpoint?: LiveCheckpoint | undefined;
  /** Absent = the usual. */
  readonly restart?: Restart | undefined;
}

/** What somebody asks for who has filled the defaults in. */
export const liveSettingsSchema: z.ZodType<LiveSettings, object> = z.strictObject({
  checkpoint: liveCheckpointSchema.optional(),
  restart: restartSchema.optional(),
});

const liveCheckpointOf = ({ mode: _mode, store: _store, ...live }: Checkpoint): LiveCheckpoint => live;

/** Those of a spec. */
export const liveSettingsOf = ({
  checkpoint,
  restart,
}: {
  readonly checkpoint?: Checkpoint | undefined;
  readonly restart?: Restart | undefined;
}): LiveSettings => ({
  ...(checkpoint === undefined ? {} : { checkpoint: liveCheckpointOf(checkpoint) }),
  ...(restart === undefined ? {} : { restart }),
});
