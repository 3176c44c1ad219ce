import { type ErrorCode, MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';

/** An error as a plain value: messages between threads keep only the message of an Error. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: PlainError;
  /** Of a MillraceError. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly where?: Readonly<Record<string, string | number>>;
}

/** Causes of causes are told up to here; a chain that bites its own tail ends too. */
const mostCauses = 8;

const describe = (error: unknown, causesLeft: number): PlainError => {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined };
  const { name, stack } = error;
  // What several errors have in common is in none of them: they are told in one sentence.
  const message = error instanceof AggregateError ? reasonOf(error) : error.message;
  const cause =
    error.cause === undefined || causesLeft === 0 ? {} : { cause: describe(error.cause, causesLeft - 1) };
  if (!MillraceError.is(error)) return { name, message, stack, ...cause };
  const { code, where, hint } = error;
  return { name, message, stack, ...cause, code, where, ...(hint === undefined ? {} : { hint }) };
};

export const toPlainError = (error: unknown): PlainError => describe(error, mostCauses);

export const fromPlainError = (plain: PlainError): Error => {
  const { name, message, stack, code, hint, where = {} } = plain;
  const cause = plain.cause === undefined ? {} : { cause: fromPlainError(plain.cause) };
  const error =
    code === undefined
      ? Object.assign(new Error(message, cause), { name })
      : new MillraceError(code, message, { ...cause, where, ...(hint === undefined ? {} : { hint }) });
  if (stack !== undefined) error.stack = stack;
  return error;
};
