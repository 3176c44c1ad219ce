/** Every way a Millrace program can refuse to go on, as a closed list: tools switch on these, so a code never changes meaning. */
export const errorCodes = [
  'manifest-invalid',
  'job-invalid',
  'value-unsupported',
  'record-invalid',
  'user-code',
  'io',
  // A process, or the way to it, is gone: nothing in the job is to blame.
  'worker-lost',
  'output-lost',
  'state-damaged',
  'resource',
  'internal',
  // What a control API says to who asks.
  'request-invalid',
  'not-authorized',
  'not-found',
  'conflict',
  'too-many-requests',
  'unavailable',
  'unsupported',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What an error knows besides its sentence: where it happened and what the reader should do. */
export interface ErrorDetails {
  /** One sentence in the imperative: what to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Named places: file, line, field, transform, record … shown one a line by the command. */
  readonly where?: Readonly<Record<string, string | number>>;
}

/** The one error class of the project. The message says what happened and why, `hint` what to do, `where` the place. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.where = details.where ?? {};
  }

  /** Whether a caught value is one of ours, also when it was made by another copy of this module (a thread, a bundle). */
  static is(error: unknown): error is MillraceError {
    return error instanceof Error && error.name === 'MillraceError' && 'code' in error;
  }
}
