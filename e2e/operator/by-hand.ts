import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, type Role, setName } from '../../operator/src/streamjob/names.ts';
import { specReader } from '../../operator/src/streamjob/observe.ts';
import { renderJobObjects } from '../../operator/src/streamjob/resources/job-objects.ts';
import type { RenderSettings } from '../../operator/src/streamjob/resources/render-settings.ts';
import { renderRevision } from '../../operator/src/streamjob/resources/revision-objects.ts';
import type { StreamJobInput } from '../../runtime/src/contract/stream-job.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { clusterFolder } from '../harness/tools.ts';
import { codeIn } from './workload-code.ts';

/** A job whose objects are made here, as the operator makes them, and applied by hand. */
export interface JobByHand {
  readonly objects: readonly object[];
  /** Names of the ReplicaSets. */
  setOf(role: Role): string;
}

export interface JobByHandSettings {
  readonly namespace: string;
  readonly name: string;
  readonly spec: StreamJobInput['spec'];
  /** A folder of the node, which the pods of the job find at the same path. */
  readonly sharedFolder: string;
}

const renderSettings: Omit<RenderSettings, 'operatorAuthority'> = {
  runtimeImage: 'localhost/millrace-runtime:dev',
  imagePullPolicy: 'Never',
  clusterId: 'tests',
  operatorNamespace: 'millrace-system',
};

interface Container {
  readonly volumeMounts: readonly object[];
}

const withoutOwner = <O extends { readonly metadata: object }>(object: O): O => ({
  ...object,
  metadata: { ...object.metadata, ownerReferences: [] },
});

/** Its pods also have the folder of the node that output is looked for in: a job of a person has stores for that. */
const withFolder = (spec: Readonly<Record<string, unknown>>, path: string): object => ({
  ...spec,
  containers: (spec['containers'] as readonly Container[]).map((container) => ({
    ...container,
    volumeMounts: [...container.volumeMounts, { name: 'shared', mountPath: path }],
  })),
  volumes: [...(spec['volumes'] as readonly object[]), { name: 'shared', hostPath: { path } }],
});

/** The objects of a job with the code of the workload. */
export const jobByHand = ({ namespace, name, spec: given, sharedFolder }: JobByHandSettings): JobByHand => {
  // Nobody asks the control API here, so any authority will do.
  const authority = readFileSync(join(clusterFolder, 'state/pki/ca.crt'), 'utf8');
  const settings = { ...renderSettings, operatorAuthority: authority };
  const { hashing } = createNodeSystem();
  const written = { ...given, job: { entry: 'job.ts', code: { configMap: { name: 'code' } } } };
  const object = {
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name, namespace, uid: `${namespace}-${name}`, resourceVersion: '1' },
    spec: written,
  } as const;
  const wanted = specReader(object, hashing)(written);
  if (!wanted.ok) throw new Error(wanted.reason);
  const { spec, revision } = wanted;
  const job = identityOf(object);
  const { coordinator, worker, configMap, service } = renderRevision(job, revision, wanted, settings).objects;
  const { trust, serviceAccount } = renderJobObjects(job, revision, spec, settings);
  const setWith = (set: typeof coordinator, replicas: number): object => ({
    ...set,
    spec: {
      ...set.spec,
      replicas,
      template: { ...set.spec.template, spec: withFolder(set.spec.template.spec, sharedFolder) },
    },
  });
  const objects = [codeIn(namespace), trust, ...(serviceAccount === undefined ? [] : [serviceAccount])];
  return {
    objects: [
      ...[...objects, configMap, service].map((one) => withoutOwner(one as { metadata: object })),
      withoutOwner(setWith(coordinator, 1) as { metadata: object }),
      withoutOwner(
        setWith(worker, Math.ceil(spec.parallelism / spec.slotsPerWorker)) as { metadata: object },
      ),
    ],
    setOf: (role) => setName(job, revision, role),
  };
};
