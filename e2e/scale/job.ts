import type { StreamJobObject } from '../../operator/src/kube/kinds.ts';

/** A StreamJob like those that people write: some 40 lines of YAML. */
export const jobObject = (namespace: string, name: string, parallelism = 1): StreamJobObject => ({
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { namespace, name, labels: { team: 'shop' } },
  spec: {
    job: { entry: 'job.js', code: { image: 'registry.example.com/shop/orders:1.4.2' } },
    args: { topic: 'orders', window: '1m' },
    parallelism,
    resources: { cpu: '500m', memory: '1Gi' },
    env: [{ name: 'TZ', value: 'UTC' }],
    checkpoint: {
      interval: '10s',
      store: {
        s3: {
          endpoint: 'https://store.example.com',
          bucket: 'snapshots',
          credentials: { secretName: 'store' },
        },
      },
    },
    podTemplate: { labels: { team: 'shop' }, annotations: { 'example.com/owner': 'orders' } },
  },
});

export const nameOf = (number: number): string => `job-${`${number}`.padStart(5, '0')}`;
