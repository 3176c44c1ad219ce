import * as z from 'zod';
import { type ErrorCode, errorCodes, MillraceError } from '../errors.ts';

/** Why something was refused, as RFC 9457 has it, with what a MillraceError knows. */
export interface ControlProblem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly where: Readonly<Record<string, string | number>>;
}

export const problemMediaType = 'application/problem+json';

export const problemSchema: z.ZodType<ControlProblem> = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  code: z.enum(errorCodes),
  hint: z.string().nullable(),
  where: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** Of all others 500: whoever asked did nothing wrong. */
const statusOfCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  'manifest-invalid': 422,
  'job-invalid': 422,
  'value-unsupported': 422,
  'record-invalid': 422,
  'request-invalid': 400,
  'not-authorized': 401,
  'not-found': 404,
  conflict: 409,
  'too-many-requests': 429,
  unavailable: 503,
  unsupported: 501,
};

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  501: 'Not implemented',
  503: 'Service unavailable',
};

/** What is told of an error; its status follows from its code where none is given. */
export const problemOf = (
  error: MillraceError,
  status: number = statusOfCode[error.code] ?? 500,
): ControlProblem => ({
  type: 'about:blank',
  title: titles[status] ?? 'Internal error',
  status,
  detail: error.message,
  code: error.code,
  hint: error.hint ?? null,
  where: error.where,
});

/** The error behind a problem, for who has asked. */
export const errorOfProblem = ({ detail, code, hint, where }: ControlProblem): MillraceError =>
  new MillraceError(code, detail, { where, ...(hint === null ? {} : { hint }) });
