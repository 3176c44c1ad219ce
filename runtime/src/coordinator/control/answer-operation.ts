import type { Request, RequestHandler, Response } from 'express';
import type { Operation } from '../../contract/control/operations.ts';
import type { Route } from '../../contract/control/routes.ts';
import type { Download } from '../../contract/control/workers.ts';
import { MillraceError } from '../../contract/errors.ts';
import { pathText } from '../../contract/problem.ts';
import type { Timers } from '../../sys/system.ts';
import type { JobControl } from './job-control.ts';

/** What takes longer to answer is given up; profiles take a minute by themselves. */
const answerWithinMs = 30_000;
const downloadWithinMs = 120_000;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields outside of the path. A body must say that it is JSON: a page of another origin cannot send that unasked. */
const fieldsBeside = (request: Request): Fields => {
  if (request.method !== 'POST' && request.method !== 'PUT') return request.query;
  if (request.is('application/json') === false) {
    throw Object.assign(new Error('a body must be of the type application/json'), { status: 415 });
  }
  const body: unknown = request.body ?? {};
  if (isFields(body)) return body;
  throw new MillraceError('request-invalid', 'The body must be a JSON object.');
};

/**
 * The request that a route describes.
 * @throws MillraceError request-invalid, which names the fields.
 */
const readRequest = (route: Route<unknown, unknown>, request: Request): unknown => {
  const beside = fieldsBeside(request);
  const doubled = Object.keys(request.params).find((field) => Object.hasOwn(beside, field));
  if (doubled !== undefined) {
    throw new MillraceError('request-invalid', `${doubled} stands in the path and again beside it.`);
  }
  const result = route.request.safeParse({ ...beside, ...request.params });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = pathText((issue?.path ?? []).map((part) => (typeof part === 'number' ? part : String(part))));
  const message = `${path === '' ? 'The request' : path}: ${issue?.message ?? 'not as described'}`;
  throw new MillraceError('request-invalid', message, {
    hint: 'GET /v1/openapi.json tells what may be asked.',
    ...(path === '' ? {} : { where: { field: path } }),
  });
};

/** Settles as `work` does, or is refused when that takes too long: nobody waits for ever. */
const within = <T>(timers: Timers, ms: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const late = new MillraceError('unavailable', `There was no answer within ${ms / 1000} s.`, {
      hint: 'It may still happen: look at the status before asking again.',
    });
    const limit = timers.after(ms, () => reject(late));
    void work.then(resolve, reject).finally(() => limit.cancel());
  });

const send = async (response: Response, { fileName, chunks }: Download): Promise<void> => {
  response.attachment(fileName).type('application/octet-stream');
  for await (const chunk of chunks) {
    if (response.closed || response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
};

/** Resolves when more can be written, also when nobody reads any more. */
const drained = (response: Response): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });

/** The handler of one operation. */
export const answerOperation =
  (
    control: JobControl,
    timers: Timers,
    operation: Operation,
    route: Route<unknown, unknown>,
  ): RequestHandler =>
  async (request: Request, response: Response): Promise<void> => {
    const asked = readRequest(route, request);
    const answer = control[operation] as (request: unknown) => unknown;
    const work = async (): Promise<unknown> => answer.call(control, asked);
    if (route.reply === 'download') {
      const download = (await within(timers, downloadWithinMs, work())) as Download;
      return await send(response, download);
    }
    response.status(route.status).json(await within(timers, answerWithinMs, work()));
  };
