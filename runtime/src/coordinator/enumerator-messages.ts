import type { LogLevel } from '../telemetry/logger.ts';
import type { FromHosted } from '../worker/hosted-thread.ts';
import type { JobCode } from '../worker/job-code.ts';
import type { PlainError } from '../worker/plain-error.ts';
import type { AssignedSplit, EnumeratorState, SinkCommittables } from './job-code.ts';

/** What the thread of the enumerators and committers is started with. */
export interface EnumeratorThreadData extends JobCode {
  readonly baseDirectory: string;
  readonly jobName: string;
  readonly jobUid: string | undefined;
  readonly logLevel: LogLevel;
}

/** What committers are asked for. */
export type CommitterTask =
  | {
      readonly kind: 'commit' | 'abort';
      readonly checkpointId: number;
      readonly sinks: readonly SinkCommittables[];
    }
  | { readonly kind: 'abortOlder'; readonly attempt: number; readonly jobUid: string | undefined };

export type ToEnumerators =
  | {
      readonly kind: 'start';
      readonly graphHash: string;
      readonly restored: readonly EnumeratorState[] | undefined;
      readonly assigned: readonly AssignedSplit[] | undefined;
    }
  | { readonly kind: 'requestSplit'; readonly task: number; readonly slot: number }
  | {
      readonly kind: 'addSplitsBack';
      readonly task: number;
      readonly slot: number;
      readonly splits: readonly unknown[];
    }
  | { readonly kind: 'snapshot' }
  /** Answered by `done` or `refused` with the same number. */
  | { readonly kind: 'committers'; readonly request: number; readonly task: CommitterTask }
  | { readonly kind: 'close' };

export type FromEnumerators =
  | FromHosted
  | { readonly kind: 'started' }
  | { readonly kind: 'assign'; readonly task: number; readonly slot: number; readonly split: unknown }
  | { readonly kind: 'noMoreSplits'; readonly task: number; readonly slot: number }
  /** Answers to `snapshot` come in the order in which they were asked for. */
  | { readonly kind: 'states'; readonly states: readonly EnumeratorState[] }
  | { readonly kind: 'done'; readonly request: number }
  | { readonly kind: 'refused'; readonly request: number; readonly error: PlainError };
