import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from 'millrace';
import { type Checkpoint, checkpointSchema } from '../src/contract/checkpoint.ts';
import { createSharedThreadJob } from '../src/coordinator/local.ts';
import type { LocalJob } from '../src/coordinator/local-job.ts';
import { type OpenedState, openLocalState } from '../src/coordinator/local-state.ts';
import { localSettings } from './measure-job.ts';

/** A folder of its own, gone at the end. */
export const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Where the state of a job is kept, and how often. */
export interface StatePlace {
  readonly folder: string;
  readonly interval: string;
  readonly store: unknown;
  readonly environment?: Readonly<Record<string, string>>;
}

const checkpointOf = (interval: string, store: unknown): Checkpoint =>
  checkpointSchema.parse({ interval, store } as Parameters<typeof checkpointSchema.parse>[0]);

/** What a manifest says of checkpoints in a directory. */
export const checkpointIn = (interval: string): Checkpoint =>
  checkpointOf(interval, { directory: 'checkpoints' });

/** The state of a job in a store of a manifest. */
export const stateAt = ({ folder, interval, store, environment = {} }: StatePlace): Promise<OpenedState> => {
  const { system } = localSettings();
  return openLocalState({
    system,
    checkpoint: checkpointOf(interval, store),
    jobName: 'bench',
    runtimeVersion: '0',
    artifact: 'none',
    revision: 'one',
    baseDirectory: folder,
    environment,
  });
};

/** The state of a job in a directory, with checkpoints so often. */
export const stateIn = (folder: string, interval: string): Promise<OpenedState> =>
  stateAt({ folder, interval, store: { directory: 'checkpoints' } });

/** A job of one slot that keeps its state there. */
export const storedJob = (job: Job, { state }: OpenedState): LocalJob =>
  createSharedThreadJob(job, { ...localSettings(), state });
