import type { Artifact } from '../artifact/freeze.ts';
import { MillraceError } from '../contract/errors.ts';
import type { TlsSettings } from '../sys/net.ts';
import { ownVersion } from '../sys/own-version.ts';
import type { System } from '../sys/system.ts';
import type { DeadLetterOutput } from '../task/failures.ts';
import type { Logger } from '../telemetry/logger.ts';
import { workerVariables } from '../worker/remote/worker-configuration.ts';
import { SpawnedWorkers } from './spawned-workers.ts';
import { type FrozenModule, WorkerPool } from './worker-pool.ts';

/** Which workers a job runs on. */
export interface WorkersWanted {
  /** Started here, on this machine; absent = others start them, and they call. */
  readonly spawn?: { readonly count: number; readonly artifacts: string } | undefined;
  /** The most slots of each. */
  readonly slotsPerWorker: number;
  /** Where they call. */
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  /** How long an attempt waits for room. */
  readonly waitForRoomMs: number;
}

export interface WorkersSettings {
  readonly system: System;
  readonly logger: Logger;
  readonly wanted: WorkersWanted;
  readonly jobUid: string;
  readonly deadLetters: DeadLetterOutput;
  readonly artifact: { readonly sha256: string; readonly path: string };
}

/** As workers are given it. */
export const moduleOf = ({ files }: Pick<System, 'files'>, { sha256, path }: Artifact): FrozenModule => ({
  sha256,
  bytes: new TextEncoder().encode(files.readText(path)),
});

/** A spawned worker whose coordinator is gone ends by itself after this. */
const orphanSeconds = 10;

/** The workers of a job, from before it is deployed until it is over. */
export interface Workers {
  readonly pool: WorkerPool;
  close(): Promise<void>;
}

/** Listens for workers, and starts those that are wanted here. */
export const openWorkers = async (settings: WorkersSettings): Promise<Workers> => {
  const { system, logger, wanted, jobUid, deadLetters, artifact } = settings;
  const { slotsPerWorker, host, port, tls, waitForRoomMs, spawn } = wanted;
  if (spawn !== undefined && tls !== undefined)
    throw new MillraceError('internal', 'Workers of this machine are not given certificates.');
  const pool = await WorkerPool.listen({
    system,
    logger,
    jobUid,
    host,
    port,
    tls,
    waitForRoomMs,
    deadLetters,
    isElastic: spawn !== undefined,
    runtimeVersion: ownVersion(system),
    artifact: moduleOf(system, artifact),
  });
  const spawned =
    spawn &&
    new SpawnedWorkers({
      system,
      logger,
      count: spawn.count,
      environmentOf: (name) => ({
        [workerVariables.coordinator]: `${host}:${pool.port}`,
        [workerVariables.jobUid]: jobUid,
        [workerVariables.name]: name,
        [workerVariables.slots]: String(slotsPerWorker),
        [workerVariables.host]: host,
        [workerVariables.artifacts]: spawn.artifacts,
        [workerVariables.reconnectSeconds]: String(orphanSeconds),
        [workerVariables.spawned]: 'true',
      }),
    });
  return {
    pool,
    close: async () => {
      await pool.close();
      await spawned?.close();
    },
  };
};
