import type { SlotAddress } from '../../exchange/tcp/tcp-channels.ts';
import type { DeadLetter } from '../../task/failures.ts';
import type { PlainError } from '../plain-error.ts';
import type { LogMessage } from '../remote-logger.ts';
import type { SlotAnswer, SlotCall } from './slot-calls.ts';

/** What a coordinator tells the slots of a worker. `Job` is what the worker needs to make slots of, a plain value. */
export type ToSlots<Job> =
  /** Bring up these slots for an attempt. */
  | { readonly kind: 'host'; readonly attempt: number; readonly slots: readonly number[]; readonly job: Job }
  /** Where the other slots of the attempt listen. */
  | {
      readonly kind: 'connect';
      readonly attempt: number;
      readonly slot: number;
      readonly peers: readonly SlotAddress[];
    }
  | { readonly kind: 'slot'; readonly attempt: number; readonly slot: number; readonly call: SlotCall };

/** What the slots of a worker tell. */
export type FromSlots =
  | {
      readonly kind: 'listening';
      readonly attempt: number;
      readonly slot: number;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'slot'; readonly attempt: number; readonly slot: number; readonly answer: SlotAnswer };

/** What a coordinator tells a worker. */
export type ToWorker<Job> =
  | ToSlots<Job>
  /** The frozen module of the job; before any attempt that needs it. */
  | { readonly kind: 'artifact'; readonly sha256: string; readonly bytes: Uint8Array }
  /** The worker cannot be used. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** Nobody needs the worker any more: the job is over, or others have what a leaving worker had. */
  | { readonly kind: 'end' };

/** The first that a worker tells. */
export interface Registration {
  readonly kind: 'register';
  readonly runtimeVersion: string;
  /** Slots that it has room for. */
  readonly slots: number;
  /** Hashes of the frozen modules that it has. */
  readonly artifacts: readonly string[];
}

/** What a worker tells its coordinator. */
export type FromWorker =
  | FromSlots
  | Registration
  | LogMessage
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter }
  /** It was asked to end: its slots must go elsewhere. */
  | { readonly kind: 'leaving' };
