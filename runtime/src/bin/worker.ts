#!/usr/bin/env node
/** The program of a worker: parse, wire, run. Everything it does is in `worker`. */
import { join } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { leaveWords } from '../sys/last-words.ts';
import type { TlsSettings } from '../sys/net.ts';
import { createNodeSystem } from '../sys/node-system.ts';
import { ownVersion } from '../sys/own-version.ts';
import { createLogger } from '../telemetry/logger.ts';
import { serveHealth } from '../worker/remote/health.ts';
import { workerConfiguration } from '../worker/remote/worker-configuration.ts';
import { WorkerProgram } from '../worker/remote/worker-program.ts';

process.setSourceMapsEnabled(true);

const system = createNodeSystem();
const logger = createLogger({
  clock: system.clock,
  level: 'info',
  json: true,
  write: (line) => process.stderr.write(line),
});

const tlsIn = (directory: string, peerIdentity: string): TlsSettings => {
  const read = (name: string): string => system.files.readText(join(directory, name));
  return { certificate: read('tls.crt'), key: read('tls.key'), authority: read('ca.crt'), peerIdentity };
};

const run = async (): Promise<number> => {
  const path = process.argv[2];
  const file = path === undefined ? undefined : { path, text: system.files.readText(path) };
  const configuration = workerConfiguration(file, process.env);
  const { jobUid, tlsDirectory, spawned, healthPort, credentialsDirectory, authorityDirectory } =
    configuration;
  const worker = new WorkerProgram({
    ...configuration,
    system,
    logger: logger.child({ worker: configuration.name }),
    directory: configuration.artifacts,
    tls: tlsDirectory === undefined ? undefined : tlsIn(tlsDirectory, jobUid),
    store: { environment: process.env, credentialsDirectory, authorityDirectory },
    runtimeVersion: ownVersion(system),
    reconnectForMs: configuration.reconnectSeconds * 1000,
    graceMs: configuration.graceSeconds * 1000,
    // Its coordinator is its parent, and never comes again.
    holdsSlots: !spawned,
  });
  process.on('SIGTERM', () => worker.leave());
  process.on('SIGINT', () => {
    if (!spawned) worker.leave();
  });
  if (healthPort !== undefined)
    await serveHealth(system, { host: configuration.host, port: healthPort }, () => worker.isReady);
  worker.start();
  const error = await worker.ended;
  if (error === undefined) return 0;
  throw error;
};

const toldOf = (error: unknown): number => {
  const { where = {}, hint } = MillraceError.is(error) ? error : {};
  leaveWords(system, process.env[terminationVariable], terminationMessage(error));
  logger.error(error instanceof Error ? error.message : String(error), { ...where, hint });
  return 1;
};

// What a job has left open must not keep a worker from ending.
process.exit(await run().catch(toldOf));
