#!/usr/bin/env node
/** The program of a worker: parse, wire, run. Everything it does is in `worker`. */
import { join } from 'node:path';
import { openStore, type StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import { MillraceError } from '../contract/errors.ts';
import { parseManifest } from '../contract/parse-manifest.ts';
import type { CheckpointStore } from '../contract/store.ts';
import { terminationMessage, terminationVariable } from '../contract/termination-message.ts';
import { leaveWords } from '../sys/last-words.ts';
import type { TlsSettings } from '../sys/net.ts';
import { createNodeSystem } from '../sys/node-system.ts';
import { ownVersion } from '../sys/own-version.ts';
import { createLogger } from '../telemetry/logger.ts';
import { awaitJobAuthority } from '../worker/remote/await-authority.ts';
import { serveHealth } from '../worker/remote/health.ts';
import { PodIdentity } from '../worker/remote/pod-identity.ts';
import { type WorkerConfiguration, workerConfiguration } from '../worker/remote/worker-configuration.ts';
import { WorkerProgram } from '../worker/remote/worker-program.ts';

process.setSourceMapsEnabled(true);

const system = createNodeSystem();
const logger = createLogger({
  clock: system.clock,
  level: 'info',
  json: true,
  write: (line) => process.stderr.write(line),
});

const storeOf = (manifest: string | undefined): CheckpointStore => {
  const path = manifest ?? '';
  const result = parseManifest(system.files.readText(path), path);
  const store = result.ok ? result.job.spec.checkpoint?.store : undefined;
  if (store !== undefined) return store;
  throw new MillraceError('manifest-invalid', `The manifest ${path} names no store for checkpoints.`, {
    hint: 'The certificates of a job lie in its store: name one, or leave MILLRACE_TLS out.',
  });
};

/** Signed by the authority in the store of the job. */
const ownIdentity = async (
  { jobUid, name, manifest, reconnectSeconds }: WorkerConfiguration,
  surroundings: StoreSurroundings,
): Promise<TlsSettings> => {
  const authority = await awaitJobAuthority({
    system,
    jobUid,
    open: () => openStore(system, storeOf(manifest), surroundings),
    waitForMs: reconnectSeconds * 1000,
  });
  return new PodIdentity(system, authority, { jobUid, role: 'worker', podUid: name });
};

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
  let worker: WorkerProgram | undefined;
  const leave = (): void => (worker === undefined ? process.exit(0) : worker.leave());
  process.on('SIGTERM', leave);
  process.on('SIGINT', () => {
    if (!spawned) leave();
  });
  if (healthPort !== undefined)
    await serveHealth(system, { host: configuration.host, port: healthPort }, () => worker?.isReady === true);
  const store = { environment: process.env, credentialsDirectory, authorityDirectory, isTried: true };
  const ofDirectory = tlsDirectory === undefined ? undefined : tlsIn(tlsDirectory, jobUid);
  const tls =
    configuration.tls === 'job'
      ? await ownIdentity(configuration, { ...store, baseDirectory: '.' })
      : ofDirectory;
  worker = new WorkerProgram({
    ...configuration,
    system,
    logger: logger.child({ worker: configuration.name }),
    directory: configuration.artifacts,
    tls,
    store,
    runtimeVersion: ownVersion(system),
    reconnectForMs: configuration.reconnectSeconds * 1000,
    graceMs: configuration.graceSeconds * 1000,
    // Its coordinator is its parent, and never comes again.
    holdsSlots: !spawned,
  });
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
