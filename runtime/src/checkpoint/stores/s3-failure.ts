/** What an S3 server, or the way to it, had against a request. Holds nothing secret: neither headers nor what was signed. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';
  /** The word of S3 (`NoSuchBucket`), of the platform (`ECONNRESET`), or `HTTP 503`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const passing = new Set([
  'HTTP 408',
  'HTTP 429',
  'HTTP 499',
  'HTTP 500',
  'HTTP 502',
  'HTTP 503',
  'HTTP 504',
  'HTTP 520',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'OperationAborted',
  'ConditionalRequestConflict',
  'XMinioServerNotInitialized',
  'ExpiredToken',
  'ExpiredTokenException',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENETDOWN',
  'EHOSTDOWN',
]);

/** Whether the same request may work a little later. */
export const mayPass = (error: unknown): boolean => error instanceof S3Failure && passing.has(error.code);

/** The text of an element of XML that holds nothing but text. */
export const textOf = (xml: string, element: string): string | undefined =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];

/** What an answer says that is none of those expected. */
export const refusal = (status: number, body: string): S3Failure => {
  const code = textOf(body, 'Code');
  return new S3Failure(code ?? `HTTP ${status}`, textOf(body, 'Message') ?? `the answer was ${status}`);
};
