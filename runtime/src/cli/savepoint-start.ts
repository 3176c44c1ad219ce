import { MillraceError } from '../contract/errors.ts';
import type { ForkSource } from '../coordinator/fork.ts';
import type { CommandIo } from './command-io.ts';
import type { JobTarget } from './job-target.ts';
import { planTarget } from './plan-target.ts';

/** Which savepoint a job shall begin with. */
export interface SavepointStart {
  /** The folder of a savepoint: a directory, or `s3://bucket/prefix`. */
  readonly place: string;
  /** State that the job has no place for may be left behind. */
  readonly allowRemoved: boolean;
}

/** A savepoint that is open, until the job that begins with it has ended. */
export interface OpenedSavepoint {
  readonly from: ForkSource;
  close(): Promise<void>;
}

/**
 * Opens a savepoint for a job that has no checkpoint of its own yet. The functions with state are opened once, to hear which they have.
 * @throws MillraceError when there is no such savepoint, it is damaged, or the job keeps no state.
 */
export const openSavepointStart = async (
  io: CommandIo,
  target: JobTarget,
  { place, allowRemoved }: SavepointStart,
): Promise<OpenedSavepoint> => {
  if (target.checkpoint === undefined) {
    throw new MillraceError('manifest-invalid', 'A job without checkpoints cannot go on from a savepoint.', {
      hint: 'Name a store in spec.checkpoint.store: the state of the savepoint is copied there.',
    });
  }
  const [{ openFolder }, { readSavepointManifest }, { describeJob }] = await Promise.all([
    import('../offline/open-folder.ts'),
    import('../checkpoint/savepoint-folder.ts'),
    import('../offline/describe-job.ts'),
  ]);
  const { system, environment, workingDirectory } = io;
  const folder = await openFolder(system, place, { baseDirectory: workingDirectory, environment });
  try {
    const manifest = await readSavepointManifest(system, folder);
    const maxParallelism = target.maxParallelism ?? manifest.maxParallelism;
    const graph = await planTarget(io, { ...target, maxParallelism });
    const states = await describeJob({ system, ...target }, graph);
    return { from: { manifest, folder, states, allowRemoved }, close: () => folder.close() };
  } catch (error) {
    await folder.close();
    throw error;
  }
};
