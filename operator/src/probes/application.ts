import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import {
  type MetricScope,
  prometheusMediaType,
  prometheusText,
} from '../../../runtime/src/telemetry/prometheus.ts';
import { sendCpuProfile, sendHeapSnapshot } from './look-inside.ts';

export interface ProbeSettings {
  readonly system: Pick<System, 'hashing' | 'inspection' | 'timers'>;
  readonly logger: Logger;
  /** What is missing to be ready, as a sentence; undefined = nothing. */
  readonly notReady: () => string | undefined;
  readonly metrics: () => readonly MetricScope[];
  /** Whoever has it may look inside; undefined = nobody may. */
  readonly token?: string | undefined;
}

const longestProfileSeconds = 60;
const usualProfileSeconds = 10;

/** What the heap holds may be anything that the operator has read: only for whoever shows the token. */
const mayLook =
  ({ system, token }: ProbeSettings) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const given = request.get('authorization') ?? '';
    if (token !== undefined && system.hashing.equalSecrets(given, `Bearer ${token}`)) return next();
    const message =
      token === undefined
        ? 'No token was set when the operator was started, so nobody may look inside.'
        : 'Show the token of the operator as “Authorization: Bearer …”.';
    response.status(401).json({ message });
  };

const secondsOf = ({ query }: Request): number => {
  const seconds = Number(query['seconds'] ?? usualProfileSeconds);
  return seconds > 0 && seconds <= longestProfileSeconds ? seconds : usualProfileSeconds;
};

/** Answers probes and scrapes; and, to whoever shows the token, what the operator has on its heap and does with its time. */
export const createProbes = (settings: ProbeSettings): Express => {
  const { system, logger, notReady, metrics } = settings;
  const app = express().disable('x-powered-by').disable('etag');
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    next();
  });
  app.get('/healthz', (_request: Request, response: Response) => void response.json({ alive: true }));
  app.get('/ready', (_request: Request, response: Response) => {
    const reason = notReady();
    if (reason === undefined) response.json({ ready: true });
    else response.status(503).json({ ready: false, message: reason });
  });
  app.get('/metrics', async (_request: Request, response: Response) => {
    response.set('content-type', prometheusMediaType).send(await prometheusText(metrics()));
  });
  app.use('/inside', mayLook(settings));
  app.get('/inside/heap-snapshot', (_request: Request, response: Response) =>
    sendHeapSnapshot(system.inspection, response),
  );
  app.get('/inside/cpu-profile', (request: Request, response: Response) =>
    sendCpuProfile(system, secondsOf(request) * 1000, response),
  );
  app.use((request: Request, response: Response) => {
    response.status(404).json({ message: `There is nothing at ${request.path}.` });
  });
  app.use((error: Error, request: Request, response: Response, next: NextFunction) => {
    logger.error('a probe could not be answered', { path: request.path, error });
    if (response.headersSent) next(error);
    else
      response.status(500).json({ message: 'It could not be answered: the log of the operator says why.' });
  });
  return app;
};
