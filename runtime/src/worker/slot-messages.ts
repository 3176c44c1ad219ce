import { type ErrorCode, MillraceError } from '../contract/errors.ts';
import type { MemoryBudget } from '../contract/memory-budget.ts';
import type { Barrier } from '../exchange/element.ts';
import type { SharedLinks } from '../exchange/shared-links.ts';
import type { PlanSettings } from '../graph/plan.ts';
import { type DeadLetter, type DeadLetterPolicy, placeOf } from '../task/failures.ts';
import type { MovedState } from '../task/key-group-moves.ts';
import type { LogFields, LogLevel } from '../telemetry/logger.ts';
import type { MetricSnapshot } from '../telemetry/metrics.ts';
import type { SubtaskReport } from './slot-handle.ts';

/** What a slot's thread is started with. */
export interface SlotThreadData {
  readonly artifact: string;
  readonly jobName: string;
  readonly args: Readonly<Record<string, string>>;
  readonly plan: PlanSettings;
  /** The coordinator's graph: the slot refuses to run another one. */
  readonly graphHash: string;
  readonly slot: number;
  readonly attempt: number;
  readonly baseDirectory: string;
  readonly batchMode: boolean;
  readonly memory: MemoryBudget | undefined;
  readonly deadLetterPolicy: DeadLetterPolicy;
  readonly links: SharedLinks;
  readonly pulses: SharedArrayBuffer;
  readonly logLevel: LogLevel;
}

export type ToSlot =
  | { readonly kind: 'start' }
  | { readonly kind: 'addSplit'; readonly task: number; readonly split: unknown }
  | { readonly kind: 'noMoreSplits'; readonly task: number }
  | { readonly kind: 'inject'; readonly barrier: Barrier }
  | { readonly kind: 'state'; readonly state: MovedState }
  | { readonly kind: 'stop' }
  | { readonly kind: 'cancel' };

export type FromSlot =
  | { readonly kind: 'ready' }
  | { readonly kind: 'requestSplit'; readonly task: number }
  | { readonly kind: 'state'; readonly toSlot: number; readonly state: MovedState }
  | { readonly kind: 'finished'; readonly drained: boolean }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | {
      readonly kind: 'report';
      readonly report: readonly SubtaskReport[];
      readonly metrics: MetricSnapshot;
    }
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields };

/** An error as a plain value: messages between threads keep only the message of an Error. */
export interface PlainError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a MillraceError. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly where?: Readonly<Record<string, string | number>>;
}

export const toPlainError = (error: unknown): PlainError => {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  if (!MillraceError.is(error)) return { message, stack };
  const { code, hint } = error;
  // The cause stays behind, and with it the line that it names.
  return { message, stack, code, where: placeOf(error), ...(hint === undefined ? {} : { hint }) };
};

export const fromPlainError = ({ message, stack, code, hint, where }: PlainError): Error => {
  const error =
    code === undefined
      ? new Error(message)
      : new MillraceError(code, message, { where: where ?? {}, ...(hint === undefined ? {} : { hint }) });
  if (stack !== undefined) error.stack = stack;
  return error;
};
