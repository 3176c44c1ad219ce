import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../runtime/src/maintenance/maintain.ts';
import { type MaintenanceTask, maintenanceObjects } from '../../src/maintenance/pod.ts';
import { hashing, renderSettings } from '../streamjob/job-table.ts';

const store = {
  s3: {
    bucket: 'snapshots',
    prefix: 'p',
    region: 'r',
    pathStyle: true,
    credentials: { secretName: 'keys', accessKeyId: 'id', secretAccessKey: 'secret' },
    certificateAuthority: { configMapName: 'ca', key: 'ca.crt' },
  },
};
const task = (more: Partial<MaintenanceTask> = {}): MaintenanceTask => ({
  namespace: 'jobs',
  job: 'counts',
  uid: 'uid-1',
  labels: { 'millrace.dev/role': 'maintenance' },
  request: { operation: 'deleteJob', jobUid: 'uid-1', store },
  image: 'registry/counts:1',
  serviceAccount: undefined,
  env: [],
  podTemplate: undefined,
  withinMs: 90_500,
  ...more,
});
const made = (more?: Partial<MaintenanceTask>) => maintenanceObjects(task(more), renderSettings, hashing);
interface Main {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}
const main = (more?: Partial<MaintenanceTask>): Main => made(more).pod.spec.containers[0] as unknown as Main;

describe('a pod of maintenance', () => {
  it('is the same whenever it is asked for, and another one for anything else', () => {
    const { name } = made().pod.metadata;
    expect(name).toMatch(/^counts-maintenance-[0-9a-f]{10}$/);
    expect(made({ withinMs: 1 }).pod.metadata.name).toBe(name);
    expect(made({ uid: 'uid-2' }).pod.metadata.name).not.toBe(name);
    const verify = { operation: 'verify', jobUid: 'uid-1', store } as const;
    expect(made({ request: verify }).pod.metadata.name).not.toBe(name);
  });

  it('is told what its program understands, and finds the credentials of the store', () => {
    const { env } = main();
    const told = (name: string) => env.find((one) => one.name === name)?.value;
    expect(parseRequest(told('MILLRACE_MAINTENANCE'))).toEqual(task().request);
    expect(told('MILLRACE_CREDENTIALS_DIRECTORY')).toBe('/var/run/millrace/store');
    expect(made().pod.spec['volumes']).toEqual([
      { name: 'scratch', emptyDir: {} },
      { name: 'store-credentials', secret: { secretName: 'keys' } },
      { name: 'store-authority', configMap: { name: 'ca' } },
    ]);
  });

  it('takes what the job is told by variables, but for its own', () => {
    const env = [
      { name: 'AWS_ACCESS_KEY_ID', value: 'a' },
      { name: 'MILLRACE_MAINTENANCE', value: 'forged' },
    ];
    const names = main({ env }).env.map(({ name }) => name);
    expect(names).toContain('AWS_ACCESS_KEY_ID');
    expect(names.filter((name) => name === 'MILLRACE_MAINTENANCE')).toHaveLength(1);
    expect(main({ env }).env.some(({ value }) => value === 'forged')).toBe(false);
  });

  it('ends by itself, has no rights, changes nothing of its image, and belongs to nobody', () => {
    expect(made().pod).toMatchObject({
      spec: {
        restartPolicy: 'OnFailure',
        activeDeadlineSeconds: 91,
        automountServiceAccountToken: false,
        serviceAccountName: 'default',
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            image: 'registry/counts:1',
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
          },
        ],
      },
    });
    expect(made().pod.metadata).not.toHaveProperty('ownerReferences');
    expect(main({ image: undefined }).image).toBe(renderSettings.runtimeImage);
  });

  it('is to a cloud who its job is', () => {
    const named = made({ serviceAccount: { name: 'shop' } });
    expect([named.pod.spec['serviceAccountName'], named.serviceAccount]).toEqual(['shop', undefined]);
    const { pod, serviceAccount } = made({ serviceAccount: { annotations: { role: 'arn' } } });
    expect(serviceAccount?.metadata).toMatchObject({ name: pod.metadata.name, annotations: { role: 'arn' } });
    expect(pod.spec['serviceAccountName']).toBe(pod.metadata.name);
  });
});
