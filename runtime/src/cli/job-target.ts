import type { Checkpoint } from '../contract/checkpoint.ts';
import type { RestartPolicy } from '../contract/restart.ts';
import type { Restore } from '../contract/restore.ts';
import type { Upgrade } from '../contract/upgrade.ts';
import type { ExecutionMode } from '../coordinator/local.ts';
import type { DeadLetterPolicy } from '../task/failures.ts';
import type { StateDisk } from '../task/slot-setup.ts';
import type { JobEnvironment } from './environment.ts';

/** A job as a command sees it, from a manifest or a bare file, before its code is loaded. */
export interface JobTarget {
  readonly name: string;
  /** Absolute path of the entry file. */
  readonly entry: string;
  /** The directory of the manifest or the bare file: relative paths of the job start here. */
  readonly baseDirectory: string;
  readonly args: Readonly<Record<string, string>>;
  readonly parallelism: number;
  readonly maxParallelism: number | undefined;
  /** Of the job's process; undefined = not said. */
  readonly memoryBytes: number | undefined;
  readonly mode: ExecutionMode;
  readonly restart: RestartPolicy;
  /** Where state is kept; undefined = nowhere. */
  readonly checkpoint: Checkpoint | undefined;
  /** The uids that transforms with state have now, by those that they had. */
  readonly renames: Readonly<Record<string, string>>;
  /** State that the job has no place for any more may be left behind. */
  readonly allowRemoved: boolean;
  /** Where slots keep their state; undefined = in memory. */
  readonly stateDisk: StateDisk | undefined;
  /** What a job of a cluster goes on from, if not from its own latest checkpoint; undefined = that is not said. */
  readonly restore: Restore | undefined;
  /** How another revision takes the place of the one that runs; undefined = it cannot. */
  readonly upgrade: Upgrade | undefined;
  readonly deadLetterPolicy: DeadLetterPolicy;
  /** Absolute path of the NDJSON file that takes dead letters; undefined when the policy needs none. */
  readonly deadLetterFile: string | undefined;
  /** Variables for the job's process. */
  readonly environment: JobEnvironment;
  /** Sentences about what the manifest says and a local run does not do. */
  readonly notes: readonly string[];
}
