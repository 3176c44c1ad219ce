import type { CheckpointStore } from '../../contract/store.ts';
import type { LinkSizes } from '../../exchange/shared-links.ts';
import type { SlotThreadData } from '../slot-messages.ts';

/** All that a worker has to know of a job to make slots of it; a plain value. */
export interface RemoteJob
  extends Pick<
    SlotThreadData,
    | 'args'
    | 'plan'
    | 'graphHash'
    | 'jobName'
    | 'baseDirectory'
    | 'batchMode'
    | 'deadLetterPolicy'
    | 'logLevel'
    | 'stateDisk'
  > {
  readonly uid: string;
  /** The hash of its frozen module. */
  readonly sha256: string;
  /** The main thread of a worker has no graph. */
  readonly links: LinkSizes;
  readonly taskNames: readonly string[];
  /** Of each worker, divided among its slots; absent = no limit. */
  readonly memoryBytes: number | undefined;
  /** Where state is kept; absent = nowhere, and no snapshots are taken. */
  readonly store: CheckpointStore | undefined;
  readonly blockedAfterMs: number;
}
