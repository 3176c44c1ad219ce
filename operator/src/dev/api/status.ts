import type { KubeError, KubeErrorCode } from '../../kube/errors.ts';
import type { Answer } from './request.ts';

const reasons: Readonly<Record<KubeErrorCode, string>> = {
  alreadyExists: 'AlreadyExists',
  conflict: 'Conflict',
  forbidden: 'Forbidden',
  gone: 'Expired',
  invalid: 'Invalid',
  notFound: 'NotFound',
  throttled: 'TooManyRequests',
  unauthorized: 'Unauthorized',
  unavailable: 'InternalError',
};

export const failure = (code: number, reason: string, message: string): Answer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
});

/** A refusal, as the server says it. */
export const refusal = ({ code, status, message }: KubeError): Answer =>
  failure(status, status === 400 ? 'BadRequest' : reasons[code], message);

export const unknownPath = (): Answer =>
  failure(404, 'NotFound', 'the server could not find the requested resource');
