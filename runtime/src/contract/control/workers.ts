import * as z from 'zod';
import { bytes, count, durationMs, name } from './values.ts';

/** A process that holds slots. */
export interface WorkerStatus {
  readonly id: string;
  readonly address: string | null;
  readonly slots: readonly number[];
  readonly state: 'active' | 'preparing' | 'spare' | 'silent';
  /** Since it was heard last. */
  readonly silentMs: number;
  /** Of the process; null = not reported. */
  readonly residentBytes: number | null;
}

export interface WorkerList {
  readonly workers: readonly WorkerStatus[];
}

export interface StateQuery {
  readonly transform: string;
  readonly state: string;
  /** The key as JSON: a text stands in quotes. */
  readonly key: string;
}

/** What a job holds for one key now; it may be gone from the next checkpoint after a failure. */
export interface StateAnswer {
  readonly keyGroup: number;
  readonly slot: number;
  readonly found: boolean;
  /** As JSON; what JSON does not know is written as the command prints it. */
  readonly value: unknown;
}

export interface ProfileRequest {
  readonly slot: number;
  readonly durationMs: number;
}

/** A file that is sent as it is made. */
export interface Download {
  readonly fileName: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export const workerListSchema: z.ZodType<WorkerList> = z.object({
  workers: z.array(
    z.object({
      id: name(),
      address: name().nullable(),
      slots: z.array(count()),
      state: z.enum(['active', 'preparing', 'spare', 'silent']),
      silentMs: durationMs(),
      residentBytes: bytes().nullable(),
    }),
  ),
});

export const stateAnswerSchema: z.ZodType<StateAnswer> = z.object({
  keyGroup: count(),
  slot: count(),
  found: z.boolean(),
  value: z.unknown(),
});
