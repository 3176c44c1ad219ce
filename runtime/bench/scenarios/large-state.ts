import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from 'millrace';
import { startMinio } from '../../../e2e/harness/minio.ts';
import type { CheckpointStore } from '../../src/contract/store.ts';
import type { LocalJob } from '../../src/coordinator/local-job.ts';
import { settledCount, settledObjects } from '../jobs/settled.ts';
import { peakRssMiB } from '../measure-job.ts';
import type { Measurement, Part, Scenario } from '../scenario.ts';
import { stateAt, stateIn, storedJob, withFolder } from '../stored-job.ts';
import { watchCheckpoints } from '../watch-checkpoints.ts';

/** Of 16 bytes each in a snapshot before compression: 1 GB. Those with an object have some 41. */
const typedKeys = 62_500_000;
const heapKeys = 4_000_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const until = async (job: LocalJob, condition: () => boolean): Promise<void> => {
  let over: unknown;
  void job.ended.then(({ state, error }) => {
    over = error ?? new Error(`The job has ended as ${state}.`);
  });
  while (!condition()) {
    if (over !== undefined) throw over;
    await wait(20);
  }
};

/** Until every key was taken in. */
const filled = (job: LocalJob, keys: number): Promise<void> =>
  until(job, () => job.report().some(({ task, recordsIn }) => task > 0 && recordsIn >= keys));

/** The largest resident memory while something goes on. */
const peakOf = async (work: () => Promise<unknown>): Promise<number> => {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 10);
  await work();
  look();
  clearInterval(timer);
  return most / 2 ** 20;
};

/** Bytes before compression that a checkpoint has taken of all subtasks. */
const watchBytes = (job: LocalJob): { bytes: number } => {
  const seen = { bytes: 0 };
  watchCheckpoints(job, (event) => {
    if (event.what === 'triggered') seen.bytes = 0;
    if (event.what === 'acknowledged')
      for (const { stateBytes } of event.ack.subtasks) seen.bytes += stateBytes;
  });
  return seen;
};

/** What a process of so much state may take. */
const allowedMiB = (bytes: number): number => (1.3 * bytes) / 2 ** 20 + 256;

const memory: Part = () =>
  withFolder(async (folder): Promise<Measurement> => {
    const opened = await stateIn(folder, '1d');
    const job = storedJob(settledCount(typedKeys), opened);
    const seen = watchBytes(job);
    const startMs = performance.now();
    job.start();
    const fillPeakMiB = await peakOf(() => filled(job, typedKeys));
    const checkpointPeakMiB = await peakOf(() => job.takeCheckpoint('checkpoint'));
    const savepointPeakMiB = await peakOf(() => job.takeCheckpoint('savepoint'));
    await job.cancel();
    await opened.close();
    const mostMiB = peakRssMiB();
    return {
      records: typedKeys,
      seconds: (performance.now() - startMs) / 1000,
      cpuSeconds: Number.NaN,
      peakRssMiB: mostMiB,
      figures: {
        stateMiB: seen.bytes / 2 ** 20,
        allowedMiB: allowedMiB(seen.bytes),
        fillPeakMiB,
        checkpointPeakMiB,
        savepointPeakMiB,
        ofAllowed: mostMiB / allowedMiB(seen.bytes),
      },
    };
  });

/** Between the process that saves and the one that goes on. */
const keptFolder = join(tmpdir(), 'millrace-bench-restore-1gb');

const save = async (): Promise<void> => {
  rmSync(keptFolder, { recursive: true, force: true });
  mkdirSync(keptFolder);
  const opened = await stateIn(keptFolder, '1d');
  const job = storedJob(settledCount(typedKeys), opened);
  job.start();
  await filled(job, typedKeys);
  await (await job.takeCheckpoint('checkpoint')).committed;
  await job.cancel();
  await opened.close();
};

const restore: Part = async () => {
  const opened = await stateIn(keptFolder, '1d');
  const job = storedJob(settledCount(typedKeys), opened);
  const seen = watchBytes(job);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  job.start();
  await until(job, () => job.state === 'running');
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const mostMiB = peakRssMiB();
  await job.takeCheckpoint('savepoint');
  await job.cancel();
  await opened.close();
  rmSync(keptFolder, { recursive: true, force: true });
  return {
    records: typedKeys,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakRssMiB: mostMiB,
    figures: {
      stateMiB: seen.bytes / 2 ** 20,
      allowedMiB: allowedMiB(seen.bytes),
      ofAllowed: mostMiB / allowedMiB(seen.bytes),
    },
  };
};

/** A savepoint of a job that does nothing else: MB of state before compression, by the wall clock and by CPU time. */
const savepoint = async (
  create: (keys: number) => Job,
  keys: number,
  store: CheckpointStore,
  environment: Readonly<Record<string, string>>,
): Promise<Measurement> =>
  withFolder(async (folder): Promise<Measurement> => {
    const opened = await stateAt({ folder, interval: '1d', store, environment });
    const job = storedJob(create(keys), opened);
    const seen = watchBytes(job);
    job.start();
    await filled(job, keys);
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    const { manifest } = await job.takeCheckpoint('savepoint');
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSeconds = (user + system) / 1e6;
    const stored = manifest.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await job.cancel();
    await opened.close();
    const megabytes = seen.bytes / 1e6;
    return {
      records: keys,
      seconds,
      cpuSeconds,
      peakRssMiB: peakRssMiB(),
      figures: {
        megabytes,
        storedMegabytes: stored / 1e6,
        megabytesPerSecond: megabytes / seconds,
        megabytesPerCpuSecond: megabytes / cpuSeconds,
      },
    };
  });

const toMinio =
  (create: (keys: number) => Job, keys: number): Part =>
  async () => {
    const minio = await startMinio({ buckets: ['bucket'] });
    const { endpoint, accessKeyId, secretAccessKey } = minio;
    const s3 = { endpoint, bucket: 'bucket', prefix: 'bench', region: 'us-east-1', pathStyle: true };
    const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    try {
      return await savepoint(create, keys, { s3 }, environment);
    } finally {
      await minio.close();
    }
  };

const needsMinio =
  'Needs npm run minio:build. CPU-seconds are those of Millrace with all its threads; the server has its own.';

/** What a GB of state costs in memory, and to save. */
export const largeStateScenarios: readonly Scenario[] = [
  {
    name: 'memory-1gb',
    title: '1 GB of typed state: resident memory while it is filled, during a checkpoint and a savepoint',
    subject: memory,
    bars: [{ figure: 'ofAllowed', atMost: 1 }],
    note: 'Allowed are 1.3 times the uncompressed bytes of the savepoint and 256 MiB.',
    onlyByName: true,
  },
  {
    name: 'memory-1gb-restore',
    title: '1 GB of typed state taken in by a new process: resident memory',
    prepare: save,
    subject: restore,
    bars: [{ figure: 'ofAllowed', atMost: 1 }],
    onlyByName: true,
  },
  {
    name: 'savepoint-minio-typed',
    title: '1 GB of typed state: a savepoint into MinIO, zstd',
    subject: toMinio(settledCount, typedKeys),
    bars: [{ figure: 'megabytesPerCpuSecond', atLeast: 100 }],
    note: needsMinio,
    onlyByName: true,
  },
  {
    name: 'savepoint-minio-heap',
    title: '166 MB of objects of four fields: a savepoint into MinIO, zstd',
    subject: toMinio(settledObjects, heapKeys),
    bars: [{ figure: 'megabytesPerCpuSecond', atLeast: 60 }],
    note: needsMinio,
    onlyByName: true,
  },
];
