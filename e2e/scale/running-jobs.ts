import { randomUUID } from 'node:crypto';
import { appliedHash, hashOf } from '../../operator/src/kube/apply.ts';
import * as kinds from '../../operator/src/kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../../operator/src/kube/objects.ts';
import { identityOf, jobLabel, revisionLabel, roleLabel } from '../../operator/src/streamjob/names.ts';
import { specReader } from '../../operator/src/streamjob/observe.ts';
import { renderJobObjects } from '../../operator/src/streamjob/resources/job-objects.ts';
import type { RevisionData } from '../../operator/src/streamjob/resources/revision-objects.ts';
import { createNodeSystem } from '../../runtime/src/sys/node-system.ts';
import { waitFor } from '../cluster/cluster.ts';
import { type ControlPlane, renderSettings } from './control-plane.ts';
import { jobObject, nameOf } from './job.ts';
import { startOperator } from './operator-process.ts';
import { runPods } from './pods.ts';
import type { StubCoordinators } from './stub-coordinators.ts';

const { hashing } = createNodeSystem();
const limitMs = 120_000;
const clonedAtOnce = 250;

/** What a job consists of in the cluster, and where etcd has it. */
const places: readonly (readonly [ResourceType<KubeObject>, string])[] = [
  [kinds.streamJobs, 'millrace.dev/streamjobs'],
  [kinds.controllerRevisions, 'controllerrevisions'],
  [kinds.replicaSets, 'replicasets'],
  [kinds.pods, 'pods'],
  [kinds.configMaps, 'configmaps'],
  [kinds.services, 'services/specs'],
  [kinds.serviceAccounts, 'serviceaccounts'],
  [kinds.networkPolicies, 'networkpolicies'],
  [kinds.podDisruptionBudgets, 'poddisruptionbudgets'],
];

/** One job that runs, made by the operator. */
const runFirst = async (plane: ControlPlane, stubs: StubCoordinators, namespace: string): Promise<void> => {
  const { client } = plane;
  const operator = await startOperator(plane, { namespaces: [namespace] });
  const name = nameOf(0);
  const at = { namespace, name };
  await client.create(kinds.streamJobs, jobObject(namespace, name));
  const sets = async (): Promise<readonly Stored<kinds.ReplicaSet>[]> =>
    (await client.list(kinds.replicaSets, { namespace })).items;
  await waitFor('the job has its sets', limitMs, async () => (await sets()).length === 2);
  for (const set of await sets()) {
    const { labels = {} } = set.metadata;
    const isCoordinator = labels[roleLabel] === 'coordinator';
    const address = isCoordinator ? await stubs.add(0, name, labels[revisionLabel] ?? '', 1) : '';
    await runPods(client, set, { address, fingerprint: stubs.fingerprint });
  }
  await waitFor('the job runs', limitMs, async () => {
    const { status } = (await client.get(kinds.streamJobs, at)) ?? {};
    const { phase, workersReady } = (status ?? {}) as {
      readonly phase?: string;
      readonly workersReady?: string;
    };
    return phase === 'Running' && workersReady === '1/1';
  });
  await operator.end();
};

interface Found {
  readonly place: string;
  readonly object: Stored<KubeObject>;
  /** As the operator wants it; absent = it does not make it, or never changes it. */
  readonly desired?: KubeObject | undefined;
}

/** All that the operator wants to be there of a job, as it would apply it. */
const desiredOf = (plane: ControlPlane, found: readonly Found[]): readonly KubeObject[] => {
  const of = (place: string): Stored<KubeObject> =>
    found.find((other) => other.place === place)?.object as Stored<KubeObject>;
  const job = of('millrace.dev/streamjobs') as Stored<kinds.StreamJobObject>;
  const revision = of('controllerrevisions') as Stored<kinds.ControllerRevision>;
  const wanted = specReader(job, hashing)(job.spec);
  if (!wanted.ok) throw new Error(wanted.reason);
  const settings = { ...renderSettings, operatorAuthority: plane.operatorAuthority };
  const own = renderJobObjects(identityOf(job), wanted.revision, wanted.spec, settings);
  const { configMap, service, coordinator, worker } = (revision.data as RevisionData).objects;
  const one = (set: kinds.ReplicaSet): kinds.ReplicaSet => ({ ...set, spec: { ...set.spec, replicas: 1 } });
  return [configMap, service, one(coordinator), one(worker), ...Object.values(own)].filter(
    (object) => object !== undefined,
  );
};

const withDesired = (plane: ControlPlane, found: readonly Found[]): readonly Found[] => {
  const desired = desiredOf(plane, found);
  return found.map((one) => ({
    ...one,
    desired: desired.find(
      ({ kind, metadata }) => kind === one.object.kind && metadata.name === one.object.metadata.name,
    ),
  }));
};

/** With the mark that the operator leaves of what it has applied. */
const marked = ({ object, desired }: Found): object => {
  if (desired === undefined) return object;
  const annotations = { ...object.metadata.annotations, [appliedHash]: hashOf(hashing, desired) };
  return { ...object, metadata: { ...object.metadata, annotations } };
};

const objectsOf = async ({ client }: ControlPlane, namespace: string): Promise<readonly Found[]> => {
  const labelSelector = `${jobLabel}=${nameOf(0)}`;
  const found: Found[] = [];
  for (const [type, place] of places) {
    const selector = type.plural === 'streamjobs' ? {} : { labelSelector };
    const { items } = await client.list(type, { namespace, ...selector });
    found.push(...items.map((object) => ({ place, object })));
  }
  return found;
};

/**
 * Makes jobs that run: pods say so, and coordinators answer. The first one is made by the operator, the others are like it in all but names, uids
 * and addresses.
 */
export const runJobs = async (
  plane: ControlPlane,
  stubs: StubCoordinators,
  namespace: string,
  count: number,
): Promise<void> => {
  await runFirst(plane, stubs, namespace);
  const found = withDesired(plane, await objectsOf(plane, namespace));
  const revision = found.find(({ place }) => place === 'controllerrevisions')?.object.metadata.labels?.[
    revisionLabel
  ];
  const uids = found.map(({ object }) => object.metadata.uid);
  const text = JSON.stringify(found.map(({ object, ...rest }) => ({ ...rest, object: asStored(object) })));
  for (let from = 1; from < count; from += clonedAtOnce) {
    const objects = new Map<string, object>();
    for (let number = from; number < Math.min(count, from + clonedAtOnce); number++) {
      const address = await stubs.add(number, nameOf(number), revision ?? '', 1);
      let own = text.replaceAll(nameOf(0), nameOf(number)).replaceAll(stubs.addressOf(0), address);
      for (const uid of uids) own = own.replaceAll(uid, randomUUID());
      for (const one of JSON.parse(own) as Found[])
        objects.set(`/registry/${one.place}/${namespace}/${one.object.metadata.name}`, marked(one));
    }
    await plane.server.store(objects);
  }
};

/** The version of an object is that of its key in etcd. */
const asStored = (object: Stored<KubeObject>): object => {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
};
