import * as kinds from '../../operator/src/kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../../operator/src/kube/objects.ts';
import { waitFor } from '../cluster/cluster.ts';
import { type ControlPlane, operatorUser, startControlPlane } from './control-plane.ts';
import { jobObject, nameOf } from './job.ts';
import type { Measure } from './measure.ts';
import { inParallel, tenths } from './numbers.ts';
import { startOperator } from './operator-process.ts';

/** As many as the operator looks at at once. */
const atOnce = 16;
const limitMs = 600_000;

/** In the order in which the operator makes them. */
const ownedTypes: readonly ResourceType<KubeObject>[] = [
  kinds.configMaps,
  kinds.serviceAccounts,
  kinds.networkPolicies,
  kinds.podDisruptionBudgets,
  kinds.controllerRevisions,
  kinds.services,
  kinds.replicaSets,
];

const owned = `app.kubernetes.io/managed-by=millrace`;

/** What the operator has made for one job, as it could be sent again under a namespace of its own. */
const objectsOf = async (
  { client }: ControlPlane,
  namespace: string,
  job: string,
): Promise<readonly { readonly type: ResourceType<KubeObject>; readonly object: KubeObject }[]> => {
  const labelSelector = `${owned},millrace.dev/job=${job}`;
  const found = await Promise.all(
    ownedTypes.map(async (type) => {
      const { items } = await client.list(type, { namespace, labelSelector });
      return items.map((object) => ({ type, object }));
    }),
  );
  return found.flat();
};

const asNew = (object: KubeObject, namespace: string, owner: Stored<KubeObject>, job: string): KubeObject => {
  const { name, labels, annotations, ownerReferences = [] } = object.metadata;
  const { status: _status, ...rest } = object as KubeObject & { readonly status?: unknown };
  const { name: ownerName, uid } = owner.metadata;
  const text = JSON.stringify({
    ...rest,
    metadata: { name, namespace, labels, annotations, ownerReferences },
  });
  const made = JSON.parse(text.replaceAll(job, ownerName)) as KubeObject;
  const { spec } = made as { readonly spec?: Readonly<Record<string, unknown>> };
  const { clusterIP: _address, clusterIPs: _addresses, ...wanted } = spec ?? {};
  return {
    ...made,
    ...(spec === undefined ? {} : { spec: wanted }),
    metadata: {
      ...made.metadata,
      ownerReferences: ownerReferences.map((one) => ({ ...one, name: ownerName, uid })),
    },
  };
};

/** Makes jobs with all that belongs to them, as fast as a client can that thinks of nothing. */
const makeRaw = async (
  plane: ControlPlane,
  count: number,
): Promise<{ readonly calls: number; readonly ms: number }> => {
  const { client } = plane;
  const like = nameOf(0);
  const objects = await objectsOf(plane, 'jobs', like);
  const { status } = (await client.get(kinds.streamJobs, { namespace: 'jobs', name: like })) ?? {};
  let calls = 0;
  const beganMs = performance.now();
  await inParallel(count, atOnce, async (number) => {
    const name = nameOf(number);
    const job = await client.create(kinds.streamJobs, jobObject('raw', name));
    const { uid, resourceVersion } = job.metadata;
    const at = { namespace: 'raw', name };
    const finalizers = ['millrace.dev/finalizer'];
    const patched = await client.patch(
      kinds.streamJobs,
      at,
      { metadata: { finalizers } },
      { uid, resourceVersion },
    );
    for (const { type, object } of objects) await client.create(type, asNew(object, 'raw', job, like));
    const { apiVersion, kind } = job;
    const said = {
      apiVersion,
      kind,
      metadata: { name, namespace: 'raw' },
      spec: {},
      status: status as object,
    };
    await client.applyStatus(kinds.streamJobs, said as never, { uid: patched.metadata.uid });
    calls += objects.length + 3;
  });
  return { calls, ms: performance.now() - beganMs };
};

const writes = new Set(['create', 'patch', 'delete', 'update']);

/** Many jobs are created at once: how fast the operator makes what belongs to them, beside a plain client. */
export const created: Measure = async ({ jobs: count }) => {
  const plane = await startControlPlane(['jobs', 'raw']);
  try {
    const operator = await startOperator(plane, { namespaces: ['jobs'] });
    const beganMs = performance.now();
    const cpuBeganMs = operator.cpuMs();
    await inParallel(count, atOnce, async (number) => {
      await plane.client.create(kinds.streamJobs, jobObject('jobs', nameOf(number)));
    });
    const sentMs = performance.now() - beganMs;
    let seen = 0;
    const statuses = (): number =>
      new Set(
        plane
          .audit()
          .filter(
            ({ user, resource, code }) =>
              user === operatorUser && resource === 'streamjobs/status' && code < 300,
          )
          .map(({ name }) => name),
      ).size;
    await waitFor('all jobs have what belongs to them', limitMs, () => {
      seen = statuses();
      return seen >= count;
    });
    const own = plane.audit().filter(({ user, verb }) => user === operatorUser && writes.has(verb));
    const done = own.filter(
      ({ code, resource }) => code < 300 && resource !== 'leases' && resource !== 'events',
    );
    const firstMs = Math.min(...done.map(({ receivedMs }) => receivedMs));
    const lastMs = Math.max(...done.map(({ answeredMs }) => answeredMs));
    const cpuMs = operator.cpuMs() - cpuBeganMs;
    const { peakMib } = operator.resident();
    await operator.end();
    const raw = await makeRaw(plane, count);
    const byKind = new Map<string, number>();
    for (const { verb, resource, code } of own) {
      const name = `${verb} ${resource}${code < 300 ? '' : ` ${code}`}`;
      byKind.set(name, (byKind.get(name) ?? 0) + 1);
    }
    const rate = (done.length + count) / ((lastMs - firstMs) / 1000);
    const rawRate = raw.calls / (raw.ms / 1000);
    return {
      jobs: count,
      jobsSentInMs: Math.round(sentMs),
      operatorWrites: done.length,
      operatorMs: Math.round(lastMs - firstMs),
      operatorCpuMs: cpuMs,
      operatorPeakMib: peakMib,
      callsPerSecond: tenths(rate),
      rawCallsPerSecond: tenths(rawRate),
      ratio: Math.round((rate / rawRate) * 100) / 100,
      calls: Object.fromEntries(byKind),
    };
  } finally {
    await plane.close();
  }
};
