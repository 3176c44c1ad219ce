import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMinio } from '../../../e2e/harness/minio.ts';
import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { openStore } from '../../src/checkpoint/stores/open-store.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { measure } from '../measure-job.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const objectBytes = 32 << 20;
const objects = 16;
const atOnce = 2;

/** Bytes that no disk and no server makes smaller. */
const randomBytes = (): Uint8Array => {
  const words = new Uint32Array(objectBytes / 4);
  let state = 1;
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
};

const forAll = async (act: (key: string) => Promise<unknown>): Promise<void> => {
  const keys = Array.from({ length: objects }, (_, number) => `state/${number}`);
  const worker = async (): Promise<void> => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) await act(key);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** Records are bytes here: the rate that counts is among the figures. */
const putAndGet = async (store: ObjectStore): Promise<Measurement> => {
  const bytes = randomBytes();
  await store.put('warm-up', bytes);
  const put = await measure(objects, () => forAll((key) => store.put(key, bytes)));
  const get = await measure(objects, () => forAll((key) => store.get(key)));
  const megabytes = (objects * objectBytes) / 1e6;
  await store.close();
  return {
    ...put,
    figures: {
      putMegabytesPerSecond: megabytes / put.seconds,
      putMegabytesPerCpuSecond: megabytes / put.cpuSeconds,
      getMegabytesPerSecond: megabytes / get.seconds,
      getMegabytesPerCpuSecond: megabytes / get.cpuSeconds,
    },
  };
};

const inDirectory = async (): Promise<Measurement> => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const surroundings = { baseDirectory: directory, environment: {} };
  try {
    return await putAndGet(await openStore(createNodeSystem(), { directory: 'store' }, surroundings));
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const inMinio = async (): Promise<Measurement> => {
  const minio = await startMinio({ buckets: ['bucket'] });
  const s3 = {
    endpoint: minio.endpoint,
    bucket: 'bucket',
    prefix: 'bench',
    region: 'us-east-1',
    pathStyle: true,
  };
  const environment = { AWS_ACCESS_KEY_ID: minio.accessKeyId, AWS_SECRET_ACCESS_KEY: minio.secretAccessKey };
  try {
    const store = await openStore(createNodeSystem(), { s3 }, { baseDirectory: '/', environment });
    return await putAndGet(store);
  } finally {
    await minio.close();
  }
};

export const storeScenarios: readonly Scenario[] = [
  {
    name: 'store-throughput-directory',
    title: 'objects of 32 MiB put into a directory, two at once (fsync included), and got from it',
    subject: inDirectory,
    byWallClock: true,
    bars: [{ figure: 'putMegabytesPerCpuSecond', atLeast: 400 }],
  },
  {
    name: 'store-throughput-minio',
    title: 'objects of 32 MiB put into MinIO on the same machine, two at once, and got from it',
    subject: inMinio,
    byWallClock: true,
    bars: [{ figure: 'putMegabytesPerCpuSecond', atLeast: 100 }],
    note: 'Needs npm run minio:build. CPU-seconds are those of Millrace; the server has the other core.',
    onlyByName: true,
  },
];
