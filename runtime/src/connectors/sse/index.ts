/**
 * `serverSentEvents` shows a stream live in browsers: it serves a page and pushes each record to it as a server-sent event.
 * Slow browsers are dropped, they never slow the job down; one that comes back
 * (browsers do, by themselves) is sent what it missed as far as it is remembered. For people who look, not for delivery.
 */
import { resolve } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import * as z from 'zod';
import { checkOptions } from '../../api/connector-options.ts';
import type { ConnectorContext, Sink, SinkWriter } from '../../api/connectors.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { HttpServer } from '../../sys/http.ts';
import { EventClients } from './clients.ts';
import { History } from './history.ts';

export interface ServerSentEventsOptions {
  /** 0 = a free one, named in the log. */
  readonly port: number;
  /** Default `127.0.0.1`: only this machine. */
  readonly host?: string;
  /** An HTML file served at `/`, relative to the job; it listens to `new EventSource('events')`. Absent = a plain list. */
  readonly page?: string;
  /** How many of the newest records a new browser is shown first, as far as they fit 512 KiB; default 1000. */
  readonly history?: number;
  /** A field: of the history, only the newest record of each value of it is kept. Without it all records are. */
  readonly key?: string;
}

const optionsSchema = z.strictObject({
  port: z.number().int().min(0).max(65_535),
  host: z.string().min(1).default('127.0.0.1'),
  page: z.string().min(1).optional(),
  history: z.number().int().min(0).max(100_000).default(1000),
  key: z.string().min(1).optional(),
});

const plainPage = `<!doctype html><meta charset="utf-8"><title>Millrace</title>
<body style="font:14px monospace"><h1>Records</h1><pre id="records"></pre><script>
const records = document.getElementById('records');
new EventSource('events').onmessage = (event) => { records.prepend(event.data + '\\n'); };
</script>`;

const pageText = (context: ConnectorContext, page: string | undefined): string => {
  if (page === undefined) return plainPage;
  const path = resolve(context.baseDirectory, page);
  try {
    return context.system.files.readText(path);
  } catch (error) {
    throw new MillraceError(
      'io',
      `The page of serverSentEvents() cannot be read: ${(error as Error).message}`,
      {
        cause: error,
        where: { file: path },
        hint: 'page is a path relative to the manifest.',
      },
    );
  }
};

const application = (page: string, clients: EventClients): Express => {
  const app = express().disable('x-powered-by');
  app.get('/', (_request: Request, response: Response) => void response.type('html').send(page));
  app.get('/events', (request: Request, response: Response) => {
    // The connection serves nothing else, so that it is gone when the stream ends.
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'close' };
    response.writeHead(200, headers);
    response.flushHeaders();
    clients.add(response, request.get('last-event-id'));
    request.on('close', () => clients.remove(response));
  });
  return app;
};

const listen = async (
  context: ConnectorContext,
  app: Express,
  host: string,
  port: number,
): Promise<HttpServer> => {
  try {
    return await context.system.http.listen(app, { host, port });
  } catch (error) {
    throw new MillraceError(
      'io',
      `serverSentEvents() cannot listen on ${host}:${port}: ${(error as Error).message}`,
      {
        cause: error,
        hint: 'Give another port, or 0 for a free one.',
      },
    );
  }
};

const createWriter = async (
  options: z.output<typeof optionsSchema>,
  context: ConnectorContext,
): Promise<SinkWriter> => {
  if (context.parallelism > 1) {
    throw new MillraceError(
      'job-invalid',
      'serverSentEvents() listens on one port and cannot run in several subtasks.',
      {
        where: { transform: context.transformName },
        hint: 'Put .setParallelism(1) behind sinkTo(serverSentEvents(…)).',
      },
    );
  }
  const dropped = context.metrics.counter('droppedClients');
  const run = context.system.clock.nowMs().toString(36);
  const history = new History(options.history, options.key, run);
  const clients = new EventClients(history, () => dropped.increment());
  const app = application(pageText(context, options.page), clients);
  const server = await listen(context, app, options.host, options.port);
  context.logger.info(`Live page: http://${options.host}:${server.port}/`);
  return {
    write: (batch) => clients.send(batch.rows().slice(0, batch.length)),
    flush: () => {},
    close: async () => {
      clients.end();
      await server.close();
    },
  };
};

/**
 * A sink that pushes records to browsers.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const serverSentEvents = <T>(options: ServerSentEventsOptions): Sink<T> => {
  const checked = checkOptions('serverSentEvents', optionsSchema, options);
  return {
    kind: 'serverSentEvents',
    delivery: 'none',
    createWriter: (context) => createWriter(checked, context),
  };
};
