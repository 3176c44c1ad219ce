import type { SlotRestore, SlotSnapshot } from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupUnit, SnapshotUnit } from '../checkpoint/snapshot-unit.ts';
import type { Barrier } from '../exchange/element.ts';
import type { SlotAddress } from '../exchange/tcp/tcp-channels.ts';
import type { DeadLetter, DeadLetterPolicy } from '../task/failures.ts';
import type { MovedState } from '../task/key-group-moves.ts';
import type { SlotQuestion } from '../task/slot-questions.ts';
import type { StateDisk } from '../task/slot-setup.ts';
import type { LogLevel } from '../telemetry/logger.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { FromHosted } from './hosted-thread.ts';
import type { JobCode } from './job-code.ts';
import type { QuestionAnswer } from './open-questions.ts';
import type { SlotPlace } from './slot-channels.ts';
import type { SubtaskReport } from './slot-handle.ts';

/** What a slot's thread is started with. */
export interface SlotThreadData extends JobCode, SlotPlace {
  /** The coordinator's. */
  readonly graphHash: string;
  readonly jobName: string;
  readonly jobUid: string | undefined;
  readonly baseDirectory: string;
  readonly batchMode: boolean;
  readonly deadLetterPolicy: DeadLetterPolicy;
  readonly pulses: SharedArrayBuffer;
  /** Absent = in memory. */
  readonly stateDisk?: StateDisk | undefined;
  readonly logLevel: LogLevel;
  /** Whether snapshots are taken. */
  readonly checkpoints: boolean;
}

export type ToSlot =
  /** Where the slots of other workers listen: only to a slot that has told where it listens. */
  | { readonly kind: 'connect'; readonly peers: readonly SlotAddress[] }
  | { readonly kind: 'open'; readonly restore: SlotRestore | undefined }
  | { readonly kind: 'load'; readonly units: readonly KeyGroupUnit[] }
  | { readonly kind: 'start' }
  | { readonly kind: 'unitsTaken'; readonly bytes: number }
  | { readonly kind: 'checkpointEnded'; readonly checkpointId: number; readonly completed: boolean }
  | { readonly kind: 'release' }
  | { readonly kind: 'addSplit'; readonly task: number; readonly split: unknown }
  | { readonly kind: 'noMoreSplits'; readonly task: number }
  | { readonly kind: 'inject'; readonly barrier: Barrier }
  | { readonly kind: 'state'; readonly state: MovedState }
  | { readonly kind: 'stop' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'ask'; readonly question: number; readonly what: SlotQuestion }
  | { readonly kind: 'cancel' };

export type FromSlot =
  | FromHosted
  /** It has the job and waits for `connect`; it is ready when all of the others are found. */
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'requestSplit'; readonly task: number }
  | { readonly kind: 'state'; readonly toSlot: number; readonly state: MovedState }
  /** `open` or `load` is done, in order. */
  | { readonly kind: 'done' }
  | { readonly kind: 'unit'; readonly checkpointId: number; readonly unit: SnapshotUnit }
  | { readonly kind: 'taken'; readonly snapshot: SlotSnapshot }
  | ({ readonly kind: 'answer' } & QuestionAnswer)
  | { readonly kind: 'ended'; readonly drained: boolean }
  | { readonly kind: 'finished'; readonly drained: boolean }
  | {
      readonly kind: 'report';
      readonly report: readonly SubtaskReport[];
      readonly metrics: MetricSnapshot;
    }
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter };
