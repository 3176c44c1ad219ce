import { MillraceError } from '../../contract/errors.ts';
import type { HttpHandler, HttpLimits, HttpServer, HttpTls } from '../../sys/http.ts';
import type { System } from '../../sys/system.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { createApplication, createProbeApplication } from './application.ts';
import { EventStream } from './event-stream.ts';
import { type Access, isOwnHost } from './guard.ts';
import type { JobControl } from './job-control.ts';
import { type RateLimit, TokenBuckets } from './token-buckets.ts';

export interface ControlServerSettings extends Access {
  readonly system: System;
  readonly logger: Logger;
  readonly control: JobControl;
  /** Of the runtime. */
  readonly version: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: HttpTls | undefined;
  /** Where probes and metrics are served besides, to whoever asks. */
  readonly probes?: { readonly host: string; readonly port: number } | undefined;
  /**
   * Where it answers to programs of this machine besides, and changes nothing: in a pod, to whoever may forward its ports.
   */
  readonly live?: { readonly host: string; readonly port: number } | undefined;
  readonly rateLimit?: RateLimit | undefined;
  readonly limits?: HttpLimits | undefined;
}

export interface ControlServer {
  readonly port: number;
  readonly probesPort: number | undefined;
  readonly livePort: number | undefined;
  /** For who connects from now on. */
  setTls(tls: HttpTls): void;
  /** Ends the event streams and all else; resolves when the ports are free. */
  close(): Promise<void>;
}

const usualRateLimit: RateLimit = { burst: 100, perSecond: 20 };

const usualLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  mostHeaderBytes: 16 * 1024,
  mostConnections: 256,
};

const notOwn = (host: string): MillraceError =>
  new MillraceError(
    'manifest-invalid',
    `The control API would let everyone who reaches ${host} ask it about the job, or stop it.`,
    { hint: 'Give it a token or client certificates, or let it listen on 127.0.0.1.' },
  );

const checkAccess = ({ host, token, clientName, tls }: ControlServerSettings): void => {
  if (clientName !== undefined && tls?.authority === undefined) {
    throw new MillraceError(
      'manifest-invalid',
      'Client certificates need TLS with an authority to check them.',
    );
  }
  if (isOwnHost(host) || token !== undefined || clientName !== undefined) return;
  throw notOwn(host);
};

/**
 * Serves the control API of a job.
 * @throws MillraceError manifest-invalid when everybody could ask, io when the address cannot be had.
 */
export const startControlServer = async (settings: ControlServerSettings): Promise<ControlServer> => {
  checkAccess(settings);
  const { system, logger, control, host, port, tls, probes, live, limits = usualLimits } = settings;
  const listen = async (
    app: HttpHandler,
    at: { host: string; port: number },
    own?: HttpTls,
  ): Promise<HttpServer> => {
    try {
      return await system.http.listen(app, { ...at, tls: own, limits });
    } catch (error) {
      const message = `The control API cannot listen on ${at.host}:${at.port}: ${(error as Error).message}`;
      throw new MillraceError('io', message, {
        cause: error,
        hint: 'Give another port, or 0 for a free one.',
      });
    }
  };
  const events = new EventStream(system, control);
  const buckets = new TokenBuckets(settings.rateLimit ?? usualRateLimit, system.clock);
  const servers: HttpServer[] = [];
  const others: HttpServer[] = [];
  const close = async (): Promise<void> => {
    events.close();
    await Promise.all([...servers, ...others].map((server) => server.close()));
  };
  try {
    servers.push(
      await listen(
        createApplication({ ...settings, access: settings, events, buckets }),
        { host, port },
        tls,
      ),
    );
    if (live !== undefined) {
      if (!isOwnHost(live.host)) throw notOwn(live.host);
      const app = createApplication({ ...settings, access: {}, events, buckets, isReadOnly: true });
      others.push(await listen(app, live));
    }
    if (probes !== undefined) servers.push(await listen(createProbeApplication(control, logger), probes));
  } catch (error) {
    await close();
    throw error;
  }
  const [own, probesServer] = servers as [HttpServer, HttpServer?];
  return {
    port: own.port,
    probesPort: probesServer?.port,
    livePort: others[0]?.port,
    setTls: (next) => own.setTls(next),
    close,
  };
};
