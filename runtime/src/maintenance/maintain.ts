/**
 * `maintenance` does in a store what no coordinator is there for any more: removes a job or a savepoint, collects garbage, reads all
 * of it again. Each operation may be broken off and begun again.
 */
import { collectGarbage } from '../checkpoint/gc.ts';
import { readLog } from '../checkpoint/log.ts';
import type { ObjectStore } from '../checkpoint/object-store.ts';
import { jobRoot } from '../checkpoint/paths.ts';
import { standingOf } from '../checkpoint/standing.ts';
import { storeUnder } from '../checkpoint/store-under.ts';
import { openStore, type StoreSurroundings } from '../checkpoint/stores/open-store.ts';
import { verifyCheckpoint } from '../checkpoint/verify.ts';
import { MillraceError } from '../contract/errors.ts';
import {
  type MaintenanceAnswer,
  type MaintenanceRequest,
  maintenanceRequestSchema,
  maintenanceVariable,
} from '../contract/maintenance.ts';
import type { System } from '../sys/system.ts';
import { deleteJob, type JobInStore } from './delete-job.ts';
import { disposeSavepoint } from './dispose-savepoint.ts';
import { type Removed, sumOf } from './remove-in-parts.ts';

/** What is younger may be of somebody who is about to publish it. */
const minimumAgeMs = 3_600_000;
/** An answer has 4,096 bytes. */
const mostFaults = 8;
const longestFault = 200;

/** @throws MillraceError request-invalid when it is none */
export const parseRequest = (text: string | undefined): MaintenanceRequest => {
  const result = maintenanceRequestSchema.safeParse(parseJson(text ?? ''));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new MillraceError(
    'request-invalid',
    `It is not said what is to be done: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    {
      hint: `Set ${maintenanceVariable} as the operator does.`,
    },
  );
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Done = Removed & Pick<MaintenanceAnswer, 'faults'>;

/** Reads every object of every checkpoint that counts. */
const verify = async ({ system, store, jobUid }: JobInStore & { readonly system: System }): Promise<Done> => {
  const entries = await readLog({ store, jobUid, checksum: system.hashing });
  const { line } = standingOf(jobUid, entries, store.place);
  const reading = { store: storeUnder(store, jobRoot(jobUid)), system };
  const objects = new Map<string, number>();
  const faults: string[] = [];
  for (const { manifest } of line) {
    for (const { key, sizeBytes } of manifest.objects) objects.set(key, sizeBytes);
    for (const { key, why } of await verifyCheckpoint(reading, manifest))
      faults.push(`checkpoint ${manifest.checkpointId}: ${key ?? ''} ${why}`.slice(0, longestFault));
  }
  const bytes = [...objects.values()].reduce((sum, size) => sum + size, 0);
  return { objects: objects.size, bytes, faults: [...new Set(faults)].slice(0, mostFaults) };
};

/** Does what is asked for in a store that is open. */
export const maintain = async (
  system: System,
  store: ObjectStore,
  request: MaintenanceRequest,
): Promise<MaintenanceAnswer> => {
  const { operation } = request;
  const work = (): Promise<Done> => {
    if (request.operation === 'disposeSavepoint') return disposeSavepoint(system, store, request.path);
    const job = { system, store, jobUid: request.jobUid };
    switch (request.operation) {
      case 'deleteJob':
        return deleteJob(job, request.name);
      case 'verify':
        return verify(job);
      case 'collectGarbage':
        return collectGarbage({
          ...job,
          checksum: system.hashing,
          clock: system.clock,
          minimumAgeMs,
        }).then(sumOf);
    }
  };
  return { operation, ...(await work()) };
};

/** The same, with the store opened and closed. */
export const maintainOnce = async (
  system: System,
  request: MaintenanceRequest,
  surroundings: StoreSurroundings,
): Promise<MaintenanceAnswer> => {
  const store = await openStore(system, request.store, surroundings);
  try {
    return await maintain(system, store, request);
  } finally {
    await store.close();
  }
};
