import type { SlotAddress } from '../../exchange/tcp/tcp-channels.ts';
import type { SlotAnswer, SlotCall } from './slot-calls.ts';

/** What a coordinator tells a worker. `Job` is what the worker needs to make slots of, a plain value. */
export type ToWorker<Job> =
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
