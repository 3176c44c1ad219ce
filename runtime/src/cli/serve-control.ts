import { resolve } from 'node:path';
import type { ControlServer } from '../coordinator/control/server.ts';
import type { LocalJob } from '../coordinator/local-job.ts';
import { ownVersion } from '../sys/own-version.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CommandIo } from './command-io.ts';
import type { ControlPlace } from './control-place.ts';
import { followControlTls, readControlTls } from './control-tls.ts';

const start = async (
  { system, workingDirectory }: CommandIo,
  logger: Logger,
  job: LocalJob,
  name: string,
  place: ControlPlace,
): Promise<ControlServer> => {
  // Loaded only now: it brings express, and few jobs ask for it.
  const [{ startControlServer }, { createLocalControl }, { operatorName, readToken }] = await Promise.all([
    import('../coordinator/control/server.ts'),
    import('../coordinator/control/local-control.ts'),
    import('../coordinator/control/guard.ts'),
  ]);
  const { host, port, tokenFile, clientAuthority, healthPort, live } = place;
  const version = ownVersion(system);
  const control = createLocalControl({ system, logger, job, name, version });
  const token = tokenFile === undefined ? undefined : readToken(system, resolve(workingDirectory, tokenFile));
  const readTls = () => readControlTls(system, workingDirectory, place);
  const tls = readTls();
  const server = await startControlServer({
    system,
    logger,
    control,
    version,
    host,
    port,
    token,
    tls,
    live,
    probes: healthPort === undefined ? undefined : { host, port: healthPort },
    clientName: clientAuthority === undefined ? undefined : operatorName,
  });
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const scheme = tls === undefined ? 'http' : 'https';
  logger.info(`The control API is at ${scheme}://${shownHost}:${server.port}/v1/status`);
  if (server.probesPort !== undefined)
    logger.info(`Probes and metrics are served at port ${server.probesPort} too`);
  if (tls === undefined) return server;
  const following = followControlTls(system, logger, readTls, (next) => server.setTls(next));
  const close = async (): Promise<void> => {
    following.cancel();
    await server.close();
  };
  return { ...server, close };
};

/**
 * Serves the control API of a job that is not started yet, where a place is given.
 * @throws MillraceError when it cannot be served there; the job is cancelled then.
 */
export const serveControl = async (
  io: CommandIo,
  logger: Logger,
  job: LocalJob,
  name: string,
  place: ControlPlace | undefined,
): Promise<ControlServer | undefined> => {
  if (place === undefined) return undefined;
  try {
    return await start(io, logger, job, name, place);
  } catch (error) {
    await job.cancel();
    throw error;
  }
};
