import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Hashing } from '../../sys/hashing.ts';
import type { CheckedOptions } from './options.ts';
import { parseBody } from './parse-body.ts';
import type { RecordQueue } from './record-queue.ts';

/** What a post is refused with, as JSON: the reason, and the line of the body if it is one line's fault. */
const refuse = (response: Response, status: number, reason: string, line?: number): void => {
  response
    .status(status)
    .json(line === undefined || line === 0 ? { error: reason } : { error: reason, line });
};

/** The routes of an ingest source: posts into `queue`, `wake` after each, and `/health`. */
export const createApplication = (
  options: CheckedOptions,
  queue: RecordQueue,
  hashing: Hashing,
  wake: () => void,
): Express => {
  const { path, schema, token, maximumBodyBytes } = options;
  const app = express().disable('x-powered-by');
  app.get(
    '/health',
    (_request: Request, response: Response) => void response.json({ queuedRecords: queue.length }),
  );
  app.use(path, (request: Request, response: Response, next: NextFunction) => {
    const given = request.get('authorization') ?? '';
    if (token === undefined || hashing.equalSecrets(given, `Bearer ${token}`)) return next();
    response.set('www-authenticate', 'Bearer');
    refuse(response, 401, 'a bearer token is needed, and this is not it');
  });
  app.use(path, express.raw({ type: () => true, limit: maximumBodyBytes, inflate: true }));
  app.all(path, (request: Request, response: Response, next: NextFunction) => {
    if (request.method === 'POST') return next();
    response.set('allow', 'POST');
    refuse(response, 405, 'records are posted here');
  });
  app.post(path, (request: Request, response: Response) => {
    if (!queue.isOpen) return refuse(response, 503, 'the job is stopping and takes no more records');
    const body: unknown = request.body;
    const parsed = parseBody(body instanceof Uint8Array ? body : new Uint8Array(), schema);
    if (!parsed.ok) return refuse(response, 400, parsed.reason, parsed.line);
    const { records } = parsed;
    if (!queue.offer(records)) {
      response.set('retry-after', '1');
      return refuse(response, 429, 'the job is behind; nothing of this post was taken, send it again later');
    }
    wake();
    response.status(202).json({ accepted: records.length });
  });
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const { status, message } = error as { readonly status?: number; readonly message?: string };
    if (status === undefined || status >= 500)
      return refuse(response, 500, 'the job could not take this post');
    const reason = status === 413 ? `a body may have ${maximumBodyBytes} bytes` : (message ?? 'bad request');
    refuse(response, status, reason);
  });
  return app;
};
