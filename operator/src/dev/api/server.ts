import express, { type Express, type Request as HttpRequest, type Response } from 'express';
import type { HttpHandler, HttpServer } from '../../../../runtime/src/sys/http.ts';
import type { System } from '../../../../runtime/src/sys/system.ts';
import { KubeError } from '../../kube/errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { discovered } from './discovery.ts';
import { kubeconfig } from './kubeconfig.ts';
import { answerAboutObjects } from './objects.ts';
import { type Answer, type Request, type Target, targetOf } from './request.ts';
import { failure, refusal, unknownPath } from './status.ts';
import { watchOver } from './watching.ts';

/** Tells what a pod has written: all so far, and with `follow` all that comes. Returns how to stop; undefined = there is nothing. */
export type ReadLogs = (
  target: Target,
  options: { readonly container: string | undefined; readonly follow: boolean },
  onText: (text: string) => void,
  onEnd: () => void,
) => (() => void) | undefined;

export interface ApiServerOptions {
  readonly system: System;
  readonly store: ObjectStore;
  readonly readLogs?: ReadLogs | undefined;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ApiServer {
  readonly port: number;
  /** What kubectl needs to get here. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const mostBodyBytes = 4 * 1024 * 1024;
const validMs = 365 * 24 * 3_600_000;

/** Serves a store to kubectl, to nobody but who has the token in the kubeconfig, on this machine only. */
export const serveApi = async (options: ApiServerOptions): Promise<ApiServer> => {
  const { system, port } = options;
  const nowMs = system.clock.nowMs();
  const valid = { fromMs: nowMs - 60_000, untilMs: nowMs + validMs };
  const authority = system.certificates.createAuthority('millrace dev', valid);
  const names = { subject: 'millrace dev', hosts: ['localhost'] };
  const { certificate, key } = system.certificates.issue(names, valid, authority);
  const token = system.random.id();
  const open = new Set<() => void>();
  const app = createApplication(options, token, open);
  const server: HttpServer = await system.http.listen(app as unknown as HttpHandler, {
    host: '127.0.0.1',
    port,
    tls: { certificate, key },
  });
  return {
    port: server.port,
    kubeconfig: kubeconfig({ port: server.port, authority: authority.certificate, token }),
    close: async () => {
      for (const end of open) end();
      await server.close();
    },
  };
};

const createApplication = (options: ApiServerOptions, token: string, open: Set<() => void>): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    if (request.get('authorization') === `Bearer ${token}`) next();
    else send(response, failure(401, 'Unauthorized', 'the token is missing or wrong'));
  });
  app.use(express.text({ type: () => true, limit: mostBodyBytes }));
  app.use((request, response) => {
    answer(options, asRequest(request), response, open);
  });
  return app;
};

const answer = (
  options: ApiServerOptions,
  request: Request,
  response: Response,
  open: Set<() => void>,
): void => {
  const { store, system } = options;
  const target = targetOf(request.path);
  try {
    if (target === undefined) {
      send(response, discovered(request.path) ?? unknownPath());
      return;
    }
    const asked = { store, request, target, nowMs: system.clock.nowMs() };
    const { watch } = request.query;
    if (target.subresource === 'log') streamLogs(options, request, target, response, open);
    else if (watch === 'true' || watch === '1') {
      const outlet = {
        line: (value: object) => void response.write(`${JSON.stringify(value)}\n`),
        end: () => void response.end(),
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      endLater(
        response,
        open,
        watchOver(asked, system.timers, () => system.clock.nowMs(), outlet),
      );
    } else send(response, answerAboutObjects(asked));
  } catch (error) {
    if (KubeError.is(error)) send(response, refusal(error));
    else send(response, failure(500, 'InternalError', String(error)));
  }
};

const streamLogs = (
  { readLogs }: ApiServerOptions,
  request: Request,
  target: Target,
  response: Response,
  open: Set<() => void>,
): void => {
  const { container, follow } = request.query;
  const stop = readLogs?.(
    target,
    { container, follow: follow === 'true' },
    (text) => void response.write(text),
    () => void response.end(),
  );
  if (stop === undefined) send(response, failure(404, 'NotFound', `${target.name} has written nothing`));
  else endLater(response, open, stop);
};

/** What is told for long ends with the connection, and with the server. */
const endLater = (response: Response, open: Set<() => void>, stop: () => void): void => {
  const end = (): void => {
    stop();
    response.end();
  };
  open.add(end);
  response.on('close', () => {
    stop();
    open.delete(end);
  });
};

const asRequest = (request: HttpRequest): Request => ({
  method: request.method,
  path: request.path,
  query: request.query as Request['query'],
  accept: request.get('accept') ?? '',
  contentType: request.get('content-type') ?? '',
  body: typeof request.body === 'string' ? request.body : '',
});

const send = (response: Response, { status, body }: Answer): void => {
  response.status(status).json(body);
};
