import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express';
import { problemMediaType, problemOf } from '../../contract/control/problem.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Answers with a problem. */
export const refuse = (response: Response, error: MillraceError, status?: number): void => {
  const problem = problemOf(error, status);
  if (problem.status === 401) response.set('www-authenticate', 'Bearer');
  response.status(problem.status).type(problemMediaType).send(JSON.stringify(problem));
};

/** What express and its parser of bodies say about a request that they cannot take. */
const isClientError = (error: unknown): error is Error & { readonly status: number } =>
  error instanceof Error &&
  'status' in error &&
  typeof error.status === 'number' &&
  error.status >= 400 &&
  error.status < 500;

const sentences: Readonly<Record<number, string>> = {
  413: 'The body is larger than the control API takes.',
  415: 'The body is compressed or in a character set that the control API does not take.',
};

/** Makes an answer of whatever was thrown; what nobody has foreseen goes to the log and not to who asked. */
export const refuseErrors =
  (logger: Logger): ErrorRequestHandler =>
  (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    if (response.headersSent) {
      logger.warn(`The answer to ${request.method} ${request.path} broke off`, { error });
      return void response.destroy();
    }
    if (MillraceError.is(error)) return refuse(response, error);
    if (isClientError(error)) {
      const message = sentences[error.status] ?? `The request cannot be read: ${error.message}`;
      return refuse(response, new MillraceError('request-invalid', message), error.status);
    }
    logger.error(`The control API could not answer ${request.method} ${request.path}`, { error });
    const message = 'The coordinator could not do this; its log says why.';
    refuse(response, new MillraceError('internal', message));
  };
