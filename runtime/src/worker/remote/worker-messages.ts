import type { SlotAddress } from '../../exchange/tcp/tcp-channels.ts';
import type { DeadLetter } from '../../task/failures.ts';
import type { PlainError } from '../plain-error.ts';
import type { LogMessage } from '../remote-logger.ts';
import type { SlotAnswer, SlotCall } from './slot-calls.ts';
import type { HeldSlot } from './slot-journal.ts';

/** What a coordinator tells the slots of a worker. `Job` is what the worker needs to make slots of, a plain value. */
export type ToSlots<Job> =
  /** Bring up these slots for an attempt. `beside`: another that goes on meanwhile; all others end. */
  | {
      readonly kind: 'host';
      readonly attempt: number;
      readonly slots: readonly number[];
      readonly job: Job;
      readonly beside?: number | undefined;
    }
  /** Go on, under this coordinator, with the slots that were held without one. Answered by `held`. */
  | { readonly kind: 'adopt'; readonly attempt: number }
  /** Where the other slots of the attempt listen. */
  | {
      readonly kind: 'connect';
      readonly attempt: number;
      readonly slot: number;
      readonly peers: readonly SlotAddress[];
    }
  | { readonly kind: 'slot'; readonly attempt: number; readonly slot: number; readonly call: SlotCall };

/** The same with the term of the coordinator: one that leads in a lower term than the worker has heard of leads no more. */
export type Command<Job> = ToSlots<Job> & { readonly term: number };

/** What the slots of a worker tell. */
export type FromSlots =
  | {
      readonly kind: 'listening';
      readonly attempt: number;
      readonly slot: number;
      readonly host: string;
      readonly port: number;
    }
  /** What the worker has of an attempt that is to be adopted; nothing when it cannot go on. */
  | { readonly kind: 'held'; readonly attempt: number; readonly slots: readonly HeldSlot[] }
  | { readonly kind: 'slot'; readonly attempt: number; readonly slot: number; readonly answer: SlotAnswer };

/** What a coordinator tells a worker. */
export type ToWorker<Job> =
  | Command<Job>
  /** The frozen module of the job; before any attempt that needs it. */
  | { readonly kind: 'artifact'; readonly sha256: string; readonly bytes: Uint8Array }
  /** The worker cannot be used. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** Nobody goes on with the slots that it holds: they end. */
  | { readonly kind: 'letGo' }
  /** Nobody needs the worker any more: the job is over, or others have what a leaving worker had. */
  | { readonly kind: 'end' };

/** Slots that a worker holds without a coordinator. */
export interface Held<Job> {
  readonly attempt: number;
  readonly slots: readonly number[];
  readonly job: Job;
}

/** The first that a worker tells. */
export interface Registration<Job> {
  readonly kind: 'register';
  readonly runtimeVersion: string;
  /** Slots that it has room for. */
  readonly slots: number;
  /** Hashes of the frozen modules that it has. */
  readonly artifacts: readonly string[];
  /** The highest that it has heard of; 0 = none. */
  readonly term: number;
  readonly holds: Held<Job> | undefined;
}

/** What a worker tells its coordinator. */
export type FromWorker<Job> =
  | FromSlots
  | Registration<Job>
  | LogMessage
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter }
  /** It was asked to end: its slots must go elsewhere. */
  | { readonly kind: 'leaving' };
