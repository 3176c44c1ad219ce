import type { Cluster } from '../cluster/cluster.ts';

/** The bucket is a folder of MinIO's disk, made before it starts. */
export const bucket = 'checkpoints';

const labels = { app: 'minio' };
const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const makeBucket = `require('node:fs').mkdirSync('/data/${bucket}', { recursive: true })`;
const mounts = [{ name: 'data', mountPath: '/data' }];

const pod = {
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65_532,
    fsGroup: 65_532,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  initContainers: [
    {
      name: 'bucket',
      image: 'localhost/node:24',
      imagePullPolicy: 'Never',
      command: ['node', '-e', makeBucket],
      securityContext: restricted,
      volumeMounts: mounts,
    },
  ],
  containers: [
    {
      name: 'minio',
      image: 'localhost/minio:dev',
      imagePullPolicy: 'Never',
      args: ['server', '--quiet', '--address', ':9000', '/data'],
      env: [
        { name: 'MINIO_ROOT_USER', valueFrom: { secretKeyRef: { name: 'store', key: 'accessKeyId' } } },
        {
          name: 'MINIO_ROOT_PASSWORD',
          valueFrom: { secretKeyRef: { name: 'store', key: 'secretAccessKey' } },
        },
        { name: 'MINIO_BROWSER', value: 'off' },
        { name: 'MINIO_UPDATE', value: 'off' },
      ],
      securityContext: restricted,
      resources: { requests: { cpu: '10m', memory: '128Mi' }, limits: { memory: '512Mi' } },
      readinessProbe: { httpGet: { path: '/minio/health/ready', port: 9000 }, periodSeconds: 1 },
      volumeMounts: mounts,
    },
  ],
  volumes: [{ name: 'data', emptyDir: {} }],
};

/** MinIO with an empty bucket in a namespace, as `http://minio:9000`, and the Secret `store` with what opens it. */
export const minioObjects = (namespace: string): readonly object[] => {
  const metadata = { name: 'minio', namespace };
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'store', namespace },
      stringData: { accessKeyId: 'root-user', secretAccessKey: 'root-password-1' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 9000 }] },
    },
  ];
};

/** Where the disk of that MinIO has a bucket, for who is inside of the node. */
export const bucketFolder = async (
  { kubectl }: Cluster,
  namespace: string,
  name: string,
): Promise<string> => {
  const words = ['-n', namespace, 'get', 'pods', '--selector=app=minio'];
  const uid = await kubectl([...words, '-o', 'jsonpath={.items[0].metadata.uid}']);
  return `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/data/${name}`;
};
