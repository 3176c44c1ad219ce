import { basename, dirname, extname } from 'node:path';
import { emptyEnvironment } from './environment.ts';
import type { JobTarget } from './job-target.ts';

/** A bare `.ts` or `.js` file as a job: named after the file, one slot, no restarts. `entry` is absolute. */
export const bareTarget = (entry: string): JobTarget => ({
  name: basename(entry, extname(entry)),
  entry,
  baseDirectory: dirname(entry),
  args: {},
  parallelism: 1,
  maxParallelism: undefined,
  memoryBytes: undefined,
  mode: 'Streaming',
  restart: { strategy: 'None' },
  checkpoint: undefined,
  stateDisk: undefined,
  renames: {},
  allowRemoved: false,
  restore: undefined,
  upgrade: undefined,
  deadLetterPolicy: 'fail',
  deadLetterFile: undefined,
  environment: emptyEnvironment,
  notes: [],
});
