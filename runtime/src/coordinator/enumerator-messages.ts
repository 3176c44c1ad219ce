import type { LogLevel } from '../telemetry/logger.ts';
import type { FromHosted } from '../worker/hosted-thread.ts';
import type { JobCode } from '../worker/job-code.ts';

/** What the thread of the enumerators is started with. */
export interface EnumeratorThreadData extends JobCode {
  readonly baseDirectory: string;
  readonly logLevel: LogLevel;
}

export type ToEnumerators =
  | { readonly kind: 'start'; readonly graphHash: string }
  | { readonly kind: 'requestSplit'; readonly task: number; readonly slot: number }
  | { readonly kind: 'close' };

export type FromEnumerators =
  | FromHosted
  | { readonly kind: 'started' }
  | { readonly kind: 'assign'; readonly task: number; readonly slot: number; readonly split: unknown }
  | { readonly kind: 'noMoreSplits'; readonly task: number; readonly slot: number };
