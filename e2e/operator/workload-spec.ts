import { join } from 'node:path';
import { bucket } from './minio-objects.ts';
import { sharedFolder } from './shared-folder.ts';

/** What StreamJobs of the workload have in common: state in the MinIO of their namespace, output in the shared folder. */
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
