/** Why a call to the API server was refused, as far as that changes what happens next. */
export type KubeErrorCode =
  | 'alreadyExists'
  /** It has changed since it was read, or is another one of that name. */
  | 'conflict'
  | 'forbidden'
  /** What a watch or a list asked for is not remembered any more: list again. */
  | 'gone'
  /** It makes no sense to the server: asking again changes nothing. */
  | 'invalid'
  | 'notFound'
  /** Too much is asked; `retryAfterMs` says when there is room again. */
  | 'throttled'
  | 'unauthorized'
  /** No answer, or one of a server in trouble: whether the call has had its effect is unknown. */
  | 'unavailable';

/** A call to the API server that was refused or not answered. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: KubeErrorCode;
  /** Of HTTP; 0 = there was no answer. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    more: {
      readonly status?: number;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfterMs = more.retryAfterMs;
  }

  static is(error: unknown, code?: KubeErrorCode): error is KubeError {
    return error instanceof KubeError && (code === undefined || error.code === code);
  }

  /** Whether the same call may go through later. */
  get isRetryable(): boolean {
    return this.code === 'throttled' || this.code === 'unavailable' || this.code === 'conflict';
  }
}
