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
    refuse(response, 401, 'a bearer token is needed, and this is not it');
  });
  app.use(path, express.raw({ type: () => true, limit: maximumBodyBytes, inflate: true }));
  app.post(path, (request: Request, response: Response) => {
    const body: unknown = request.body;
    const parsed = parseBody(body instanceof Uint8Array ? body : new Uint8Array(), schema);
    if (!parsed.ok) return refuse(response, 400, parsed.reason, parsed.line);
    if (!queue.offer(parsed.records)) {
      response.set('retry-after', '1');
      return refuse(response, 429, 'the job is behind; nothing of this post was taken, send it again later');
    }
    wake();
    response.status(202).json({ accepted: parsed.records.length });
  });
  // Express tells an error handler by its four parameters.
  app.use(
    (
      error: { status?: number; message?: string },
      _request: Request,
      response: Response,
      _next: NextFunction,
    ) => {
      const tooLarge = error.status === 413;
      const reason = tooLarge
        ? `a body may have ${maximumBodyBytes} bytes`
        : (error.message ?? 'bad request');
      refuse(response, error.status ?? 400, reason);
    },
  );
  return app;
};
