import { KubeError, type KubeErrorCode } from './errors.ts';

/** What an API server says instead of what was asked for, as far as it is looked at. */
export interface Status {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly code?: number | undefined;
  readonly details?:
    | {
        readonly retryAfterSeconds?: number | undefined;
        readonly causes?: readonly { readonly field?: string | undefined }[] | undefined;
      }
    | undefined;
}

/** Of a text that stands in an error at most. */
const longestMessage = 1000;

/** The status in an answer; undefined when it is no JSON of that kind, as behind a proxy in trouble. */
export const statusIn = (body: string): Status | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return undefined;
    return 'kind' in value && value.kind === 'Status' ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
};

/** How the server says that the object of the name is another one than was meant: as if its uid should be changed. */
const isOfAnother = ({ details, message }: Status): boolean =>
  details?.causes?.some(({ field }) => field === 'metadata.uid') === true ||
  message?.includes('metadata.uid: Invalid value') === true;

const codeOf = (status: number, said: Status): KubeErrorCode => {
  const { reason } = said;
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'notFound';
  if (status === 409) return reason === 'AlreadyExists' ? 'alreadyExists' : 'conflict';
  if (status === 410 || reason === 'Expired' || reason === 'Gone') return 'gone';
  if (status === 429) return 'throttled';
  if (status === 422 && isOfAnother(said)) return 'conflict';
  if (status === 408 || status >= 500 || status < 400) return 'unavailable';
  return 'invalid';
};

const retryAfterMs = (said: Status | undefined, header: string | undefined): number | undefined => {
  const seconds = said?.details?.retryAfterSeconds ?? Number(header ?? 'none');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
};

/** An answer that is no success, as an error. `call` says what was asked: `list pods in shop`. */
export const refusal = (
  call: string,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): KubeError => {
  const said = statusIn(body);
  const words = (said?.message ?? body.trim()).slice(0, longestMessage);
  return new KubeError(
    codeOf(status, said ?? {}),
    `The API server refused to ${call} (${status}${said?.reason === undefined ? '' : ` ${said.reason}`})${words === '' ? '.' : `: ${words}`}`,
    { status, retryAfterMs: retryAfterMs(said, headers['retry-after']) },
  );
};

/** The error that a watch tells among its events, under an answer of success. */
export const refusedWatch = (call: string, status: Status): KubeError =>
  refusal(call, status.code ?? 500, JSON.stringify({ ...status, kind: 'Status' }));
