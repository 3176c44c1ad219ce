import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { openApiDocument } from '../../contract/control/openapi.ts';
import type { Operation } from '../../contract/control/operations.ts';
import {
  eventsPath,
  livenessPath,
  metricsPath,
  openApiPath,
  type Route,
  readinessPath,
  routes,
} from '../../contract/control/routes.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { System } from '../../sys/system.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { prometheusMediaType, prometheusText } from '../../telemetry/prometheus.ts';
import { answerOperation } from './answer-operation.ts';
import type { EventStream } from './event-stream.ts';
import { type Access, examineCaller, examineCuriosity } from './guard.ts';
import type { JobControl } from './job-control.ts';
import { refuse, refuseErrors } from './refuse.ts';
import type { TokenBuckets } from './token-buckets.ts';

export interface ApplicationSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly control: JobControl;
  /** Of the runtime. */
  readonly version: string;
  readonly access: Access;
  readonly buckets: TokenBuckets;
  readonly events: EventStream;
  /** Nothing of the job is changed: only what looks at it is answered. */
  readonly isReadOnly?: boolean | undefined;
}

const mostBodyBytes = 64 * 1024;

/** Nothing here is a page, and nothing may be kept by anyone on the way. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const begin = (): Express => {
  const app = express().disable('x-powered-by').disable('etag').set('case sensitive routing', true);
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.set(headers);
    next();
  });
  return app;
};

const notFound = (request: Request, response: Response): void =>
  refuse(
    response,
    new MillraceError('not-found', `There is nothing at ${request.path}.`, {
      hint: `GET ${openApiPath} tells what there is.`,
    }),
  );

/** Whether this process lives, and whether the job can be relied on: asked by probes, which know nobody's token. */
const addProbes = (app: Express, control: JobControl): void => {
  app.get(livenessPath, (_request: Request, response: Response) => void response.json({ alive: true }));
  app.get(readinessPath, (_request: Request, response: Response) => {
    const reason = control.notReady();
    if (reason === undefined) return void response.json({ ready: true });
    refuse(response, new MillraceError('unavailable', reason));
  });
};

const addMetrics = (app: Express, control: JobControl): void => {
  app.get(metricsPath, async (_request: Request, response: Response) => {
    const text = await prometheusText(control.metrics());
    response.set('content-type', prometheusMediaType).send(text);
  });
};

/** Probes and metrics alone, for a port of their own that only a cluster reaches. */
export const createProbeApplication = (control: JobControl, logger: Logger): Express => {
  const app = begin();
  addProbes(app, control);
  addMetrics(app, control);
  return app.use(notFound).use(refuseErrors(logger));
};

const addGuards = (app: Express, { system, access, buckets }: ApplicationSettings): void => {
  app.use((request: Request, response: Response, next: NextFunction) => {
    const waitMs = buckets.take(request.socket.remoteAddress ?? '');
    if (waitMs === 0) return next();
    response.set('retry-after', String(Math.ceil(waitMs / 1000)));
    const hint = 'Listen to /v1/events instead of asking again and again.';
    refuse(response, new MillraceError('too-many-requests', 'These are too many requests.', { hint }));
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const problem = examineCaller(access, system.hashing, {
      authorization: request.get('authorization'),
      peerNames: system.http.peerNames(request),
      host: request.get('host'),
    });
    if (problem === undefined) next();
    else refuse(response, problem);
  });
};

const addEvents = (app: Express, events: EventStream): void => {
  app.get(eventsPath, async (request: Request, response: Response) => {
    // Otherwise a HEAD would be answered for ever.
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    await events.open(request.get('last-event-id'), () => {
      if (response.closed || response.destroyed) return undefined;
      // The connection serves nothing else, so that it is gone when the stream ends.
      response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
      response.on('close', () => events.remove(response));
      return response;
    });
  });
};

const addOperations = (
  app: Express,
  { system, control, access, isReadOnly = false }: ApplicationSettings,
): void => {
  app.use(express.json({ limit: mostBodyBytes, inflate: false }));
  const methods = new Map<string, string[]>();
  for (const [operation, route] of Object.entries(routes) as [Operation, Route<unknown, unknown>][]) {
    if (isReadOnly && route.method !== 'get') continue;
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    methods.set(path, [...(methods.get(path) ?? []), route.method.toUpperCase()]);
    if (route.showsData === true) {
      app[route.method](path, (_request: Request, response: Response, next: NextFunction) => {
        const problem = examineCuriosity(access);
        if (problem === undefined) next();
        else refuse(response, problem);
      });
    }
    app[route.method](path, answerOperation(control, system.timers, operation, route));
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request: Request, response: Response) => {
      response.set('allow', allowed.join(', '));
      const message = `${request.path} takes ${allowed.join(' and ')}, not ${request.method}.`;
      refuse(response, new MillraceError('request-invalid', message), 405);
    });
  }
};

/** The whole control API. */
export const createApplication = (settings: ApplicationSettings): Express => {
  const { control, events, logger, version } = settings;
  const document = openApiDocument(version);
  const app = begin();
  addProbes(app, control);
  addGuards(app, settings);
  addMetrics(app, control);
  app.get(openApiPath, (_request: Request, response: Response) => void response.json(document));
  addEvents(app, events);
  addOperations(app, settings);
  return app.use(notFound).use(refuseErrors(logger));
};
