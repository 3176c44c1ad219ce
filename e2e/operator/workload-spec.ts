import { join } from 'node:path';
import type { Fields } from './job-on-node.ts';
import { bucket } from './minio-objects.ts';
import { sharedFolder, withSharedFolder } from './shared-folder.ts';

/** What StreamJobs of the workload have in common: state in the MinIO of their namespace, dead letters in the shared folder. */
export const workloadSpec = {
  checkpoint: {
    interval: '1s',
    store: {
      s3: {
        endpoint: 'http://minio:9000',
        bucket,
        region: 'us-east-1',
        credentials: { secretName: 'store' },
      },
    },
  },
  restart: { strategy: 'FixedDelay', fixedDelay: { attempts: 1000, delay: '200ms' } },
  deadLetter: { policy: 'DeadLetter', path: join(sharedFolder, 'letters') },
} as const;

/** Where slots note the moments at which they had a record. */
export const momentsFile: string = join(sharedFolder, 'moments');

export const codeInConfigMap = { code: { configMap: { name: 'code' } } } as const;

export interface WorkloadSettings {
  readonly parallelism: number;
  readonly records: number;
  readonly recordsPerSecond: number;
}

/** The workload as a StreamJob that the operator looks after, which is watched for a short while after a change. */
export const workloadJob = ({ parallelism, records, recordsPerSecond }: WorkloadSettings): Fields => ({
  job: { entry: 'job.ts', ...codeInConfigMap },
  parallelism,
  args: {
    records: `${records}`,
    rate: `${recordsPerSecond}`,
    output: sharedFolder,
    moments: momentsFile,
  },
  ...workloadSpec,
  upgrade: { stability: { held: 2, window: '2s', lag: 'Ignored' }, rollback: { timeout: '1m' } },
  resources: { memory: '512Mi', cpu: '50m' },
  podTemplate: withSharedFolder,
});
