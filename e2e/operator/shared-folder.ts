import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFolder } from '../harness/tools.ts';

/** A folder that is the same inside of the node and outside. */
export const sharedFolder: string = join(clusterFolder, 'state/kubelet/output');

const storageClassName = 'shared';

/** Empties it. */
export const prepareSharedFolder = (): void => {
  rmSync(sharedFolder, { recursive: true, force: true });
  mkdirSync(sharedFolder, { recursive: true });
  // Its user has another number on every machine, and the files are nobody's secret.
  chmodSync(sharedFolder, 0o777);
};

/** So many volumes that are all this folder: each pod claims one of them, and none is used again. */
export const sharedVolumes = (count: number, run: string): readonly object[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: storageClassName },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'Immediate',
  },
  ...Array.from({ length: count }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `shared-${run}-${i}`, labels: { 'millrace.dev/shared': 'true' } },
    spec: {
      storageClassName,
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: sharedFolder },
    },
  })),
];

/** What a StreamJob says of its pods so that each finds the folder at the same path. */
export const withSharedFolder = {
  volumes: [
    {
      name: 'shared',
      ephemeral: {
        volumeClaimTemplate: {
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName,
            resources: { requests: { storage: '1Gi' } },
          },
        },
      },
    },
  ],
  volumeMounts: [{ name: 'shared', mountPath: sharedFolder }],
} as const;
