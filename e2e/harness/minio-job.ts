import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { SeededRandom } from '../../runtime/sim/random.ts';
import { openStore } from '../../runtime/src/checkpoint/stores/open-store.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { verifyCheckpoint } from '../checkers/checkpoints.ts';
import type { ScenarioOutcome, ScenarioSettings } from '../scenarios/scenario.ts';
import { createJobFolder, type JobFolder } from './job-folder.ts';
import type { KillLoopSettings } from './kill-loop.ts';
import { type Minio, startMinio } from './minio.ts';

const bucket = 'checkpoints';

const placeAt = (endpoint: string) => ({
  s3: { endpoint, bucket, prefix: 'jobs-of-tests/', region: 'us-east-1', pathStyle: true },
});

/** What a job whose state is in a bucket is run with. */
export interface MinioJob {
  readonly minio: Minio;
  readonly random: SeededRandom;
  /** The job speaks to the server by `endpoint`, which may be that of a proxy. */
  loop(endpoint: string): KillLoopSettings;
}

const recordsPerSecond = 2000;

const inspectAt = async (
  endpoint: string,
  environment: Record<string, string>,
): Promise<readonly Finding[]> => {
  const surroundings = { baseDirectory: '.', environment };
  const store = await openStore(createNodeSystem(), placeAt(endpoint), surroundings);
  const findings = await verifyCheckpoint(store);
  await store.close();
  return findings;
};

/** Starts MinIO, does something with a job whose state is in it, and cleans up unless something was wrong. */
export const withMinioJob = async (
  { seed, faultsMs, print }: ScenarioSettings,
  act: (job: MinioJob) => Promise<ScenarioOutcome>,
): Promise<ScenarioOutcome> => {
  const minio = await startMinio({ buckets: [bucket] });
  const environment = {
    AWS_ACCESS_KEY_ID: minio.accessKeyId,
    AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
  };
  const random = new SeededRandom(seed);
  let folder: JobFolder | undefined;
  const loop = (endpoint: string): KillLoopSettings => {
    const records = Math.ceil((recordsPerSecond * faultsMs) / 1000);
    const job = { store: placeAt(endpoint), records, recordsPerSecond };
    folder = createJobFolder(job);
    const inspect = () => inspectAt(minio.endpoint, environment);
    return { folder, job, environment, random, faultsMs, inspect, print };
  };
  try {
    const outcome = await act({ minio, random, loop });
    if (outcome.findings.length === 0) folder?.remove();
    else print(`what it has left is in ${folder?.path}`);
    return outcome;
  } finally {
    await minio.close();
  }
};
