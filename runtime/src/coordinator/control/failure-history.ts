import { type CauseLink, failureHistory, type JobFailure } from '../../contract/control/failures.ts';
import { type PlainError, toPlainError } from '../../worker/plain-error.ts';

/** Told at most of one message; a function may have put a whole record into it. */
const mostCharacters = 2000;

const shorten = (text: string): string =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;

/** An error and what it came from, outermost first. */
export const causeChain = (error: unknown): readonly CauseLink[] => {
  const chain: CauseLink[] = [];
  for (let plain: PlainError | undefined = toPlainError(error); plain !== undefined; plain = plain.cause) {
    const { name, message, code, hint, where } = plain;
    chain.push({
      name,
      message: shorten(message),
      code: code ?? null,
      hint: hint ?? null,
      where: where ?? {},
    });
  }
  return chain;
};

/** The newest failures of a job, newest first. */
export class FailureHistory {
  readonly failures: JobFailure[] = [];
  total = 0;

  add(failure: JobFailure): void {
    this.total++;
    this.failures.unshift(failure);
    this.failures.length = Math.min(this.failures.length, failureHistory);
  }
}
