import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../e2e/cluster/api-server.ts';
import { apiServerTool, getting, isSkipped } from '../../../e2e/harness/tools.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { ensure } from '../../src/kube/apply.ts';
import { Cache } from '../../src/kube/cache.ts';
import type { KubeError } from '../../src/kube/errors.ts';
import { Events } from '../../src/kube/events.ts';
import * as kinds from '../../src/kube/kinds.ts';
import { kubeConfigAccess } from '../../src/kube/kube-config.ts';
import { Candidate } from '../../src/kube/lease.ts';
import type { KubeObject, ResourceType, Stored } from '../../src/kube/objects.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { Transport } from '../../src/kube/transport.ts';

const system = createNodeSystem();
const namespace = 'default';
const limitMs = 120_000;

const settings = (name: string, data: Readonly<Record<string, string>> = { a: '1' }): kinds.ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { of: 'tests' } },
  data,
});

const labelled = (name: string, of: string): kinds.ConfigMap => {
  const object = settings(name);
  return { ...object, metadata: { ...object.metadata, labels: { of } } };
};

const isAbsent = isSkipped(apiServerTool);

let server: ApiServer;
let client: Transport;
const closing: (() => void)[] = [];

const clientOf = (path: string): Transport => {
  const transport = new Transport({
    system,
    access: kubeConfigAccess(system, { path }),
    callTimeoutMs: 20_000,
  });
  closing.push(() => transport.close());
  return transport;
};
const failure = (call: Promise<unknown>): Promise<KubeError> =>
  call.then(
    () => expect.fail('the call was not refused'),
    (error: KubeError) => error,
  );

beforeAll(async () => {
  if (isAbsent) return;
  server = await startApiServer({ users: ['guest'] });
  client = clientOf(server.kubeconfig);
}, limitMs);
afterAll(async () => {
  if (isAbsent) return;
  for (const close of closing) close();
  await server.close();
});

describe.skipIf(isAbsent)(`a real API server takes calls (${getting(apiServerTool)})`, () => {
  it('that create, read, change and remove, each fenced by what was read', async () => {
    const made = await client.create(kinds.configMaps, settings('calls'));
    const at = { namespace, name: 'calls' };
    expect((await client.get(kinds.configMaps, at))?.data).toEqual({ a: '1' });
    expect(await failure(client.create(kinds.configMaps, settings('calls')))).toMatchObject({
      code: 'alreadyExists',
    });
    const { uid, resourceVersion } = made.metadata;
    const patched = await client.patch(kinds.configMaps, at, { data: { b: '2' } }, { uid, resourceVersion });
    expect(patched.data).toEqual({ a: '1', b: '2' });
    const other = { uid: '7c7e0e3c-0000-4000-8000-000000000000' };
    for (const refused of [
      () => client.patch(kinds.configMaps, at, { data: {} }, { uid, resourceVersion }),
      () => client.patch(kinds.configMaps, at, { data: {} }, other),
      () => client.apply(kinds.configMaps, settings('calls'), { uid, resourceVersion }),
      () => client.apply(kinds.configMaps, settings('calls'), other),
      () => client.apply(kinds.configMaps, settings('never'), { uid }),
      () => client.remove(kinds.configMaps, at, { uid, resourceVersion }),
      () => client.remove(kinds.configMaps, at, other),
    ]) {
      expect(await failure(refused())).toMatchObject({ code: 'conflict' });
    }
    await client.remove(kinds.configMaps, at, { uid });
    await client.remove(kinds.configMaps, at, { uid });
    expect(await client.get(kinds.configMaps, at)).toBeUndefined();
  });

  it('that it refuses with a reason', async () => {
    const wrong = { ...settings('Not A Name') };
    expect(await failure(client.create(kinds.configMaps, wrong))).toMatchObject({
      code: 'invalid',
      status: 422,
    });
    const absent: ResourceType = { group: 'nowhere.dev', version: 'v1', kind: 'None', plural: 'nones' };
    expect(await failure(client.list(absent))).toMatchObject({ code: 'notFound' });
    expect(await failure(client.get(absent, { namespace, name: 'x' }))).toMatchObject({ code: 'notFound' });
    expect(await client.serves(absent)).toBe(false);
    expect(await client.serves(kinds.replicaSets)).toBe(true);
    expect(await client.serves(kinds.pods)).toBe(true);
    const guest = clientOf(server.kubeconfigOf('guest'));
    expect(await failure(guest.list(kinds.configMaps, { namespace }))).toMatchObject({ code: 'forbidden' });
  });
});

describe.skipIf(isAbsent)(`a real API server takes further calls (${getting(apiServerTool)})`, () => {
  it('that list pages of one moment, whose items say what they are', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await client.create(kinds.configMaps, settings(name));
    const options = { namespace, labelSelector: 'of=tests', limit: 2 };
    const first = await client.list(kinds.configMaps, options);
    await client.create(kinds.configMaps, labelled('page-d', 'pages'));
    const second = await client.list(kinds.configMaps, { ...options, continue: first.continue });
    const names = [...first.items, ...second.items].map(({ metadata }) => metadata.name);
    expect(names).toEqual(['page-a', 'page-b', 'page-c']);
    expect(second).toMatchObject({ resourceVersion: first.resourceVersion });
    expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('that apply a status and nothing else', async () => {
    const set: kinds.ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'status', namespace },
      spec: {
        replicas: 2,
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'c', image: 'x' }] },
        },
      },
    };
    const { uid } = (await client.create(kinds.replicaSets, set)).metadata;
    const { spec: _spec, ...rest } = set;
    const status = { ...rest, status: { replicas: 1 } } as kinds.ReplicaSet & { readonly status: object };
    const once = await client.applyStatus(kinds.replicaSets, status, { uid });
    const twice = await client.applyStatus(kinds.replicaSets, status, { uid });
    expect(once).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 1 } });
    expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
  });

  it('that tell people of events', async () => {
    const failures: unknown[] = [];
    const events = new Events({
      client,
      system,
      instance: 'tests',
      onFailure: (error) => failures.push(error),
    });
    const about = await client.create(kinds.configMaps, settings('eventful'));
    await events.tell(about, { type: 'Warning', reason: 'Tested', message: 'It was tested.' });
    const { items } = await client.list(kinds.events, { namespace });
    expect(items.map(({ reason, involvedObject }) => [reason, involvedObject.uid])).toContainEqual([
      'Tested',
      about.metadata.uid,
    ]);
    expect(failures).toEqual([]);
  });
});

describe.skipIf(isAbsent)(
  `a real API server makes an object as it is wanted (${getting(apiServerTool)})`,
  () => {
    const ensured = (
      wanted: kinds.ConfigMap,
      seen?: Stored<kinds.ConfigMap>,
    ): Promise<Stored<kinds.ConfigMap> | undefined> =>
      ensure({ client, hashing: system.hashing }, kinds.configMaps, wanted, seen);

    it('once, then leaves it alone, and takes away what is not wanted any more', async () => {
      const made = await ensured(settings('ensured', { a: '1', b: '2' }));
      expect(await ensured(settings('ensured', { a: '1', b: '2' }), made)).toBeUndefined();
      const less = await ensured(settings('ensured', { a: '1' }), made);
      expect(less?.data).toEqual({ a: '1' });
      const more = await ensured(settings('ensured', { a: '1', c: '3' }), less);
      const again = await ensured(settings('ensured', { a: '1' }), more);
      expect(again?.data).toEqual({ a: '1' });
    });

    it('and leaves to others what is theirs', async () => {
      const made = await ensured(settings('shared', { a: '1' }));
      const at = { namespace, name: 'shared' };
      const { uid = '' } = made?.metadata ?? {};
      const foreign = { metadata: { annotations: { theirs: 'yes' } } };
      const changed = await client.patch(kinds.configMaps, at, foreign, { uid });
      expect(await ensured(settings('shared', { a: '1' }), changed)).toBeUndefined();
      const other = await ensured(settings('shared', { a: '2' }), changed);
      expect(other?.metadata.annotations).toMatchObject({ theirs: 'yes' });
    });
  },
);

let checks: (() => void)[] = [];
const changed = (): void => {
  for (const check of checks) check();
};
/** Resolves when something that the cache was told makes this true. */
const until = (isTrue: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (isTrue()) resolve();
    };
    checks.push(check);
    check();
  });
const following: Reflector<kinds.ConfigMap>[] = [];
const follow = (selector: string, auditMs?: number) => {
  const cache = new Cache<kinds.ConfigMap>({ onChange: changed });
  const reflector = new Reflector({
    client,
    type: kinds.configMaps,
    labelSelector: selector,
    cache,
    system,
    times: {
      backoff: { firstMs: 100, mostMs: 1000 },
      ...(auditMs === undefined ? {} : { auditMs, settleMs: 500 }),
    },
    onSynced: changed,
  });
  following.push(reflector);
  reflector.start();
  return { cache, reflector, has: (name: string) => cache.get({ namespace, name }) !== undefined };
};
describe.skipIf(isAbsent)(`a real API server is followed (${getting(apiServerTool)})`, () => {
  afterEach(() => {
    checks = [];
    for (const reflector of following.splice(0)) reflector.stop();
  });

  it('through changes, and shows our own writes when it says so', async () => {
    await client.create(kinds.configMaps, labelled('followed', 'follow'));
    const { cache, reflector, has } = follow('of=follow');
    await until(() => has('followed'));
    const { uid } = cache.get({ namespace, name: 'followed' })?.metadata ?? { uid: '' };
    const written = await client.patch(
      kinds.configMaps,
      { namespace, name: 'followed' },
      { data: { a: '7' } },
      { uid },
    );
    await until(() => reflector.hasObserved(written.metadata.resourceVersion));
    expect(cache.get({ namespace, name: 'followed' })?.data).toEqual({ a: '7' });
    await client.remove(kinds.configMaps, { namespace, name: 'followed' }, { uid });
    await until(() => !has('followed'));
  });

  it(
    'through its end and its return, whatever it has forgotten meanwhile',
    async () => {
      await client.create(kinds.configMaps, labelled('first', 'restart'));
      const { reflector, has } = follow('of=restart');
      await until(() => has('first'));
      await server.kill();
      await server.restart();
      await client.create(kinds.configMaps, labelled('second', 'restart'));
      await until(() => has('second'));
      await server.compact();
      await server.kill();
      await server.restart();
      await client.create(kinds.configMaps, labelled('third', 'restart'));
      await until(() => has('third'));
      expect(reflector.counts.missedEvents).toBe(0);
    },
    limitMs,
  );

  it(
    'by an audit that finds nothing amiss while objects come and go',
    async () => {
      const { cache, reflector, has } = follow('of=audit', 1000);
      await until(() => reflector.isSynced);
      for (let number = 0; reflector.counts.lists < 4; number++) {
        const made = await client.create(kinds.configMaps, labelled(`audit-${number}`, 'audit'));
        if (number % 2 === 0) {
          const { uid } = made.metadata;
          await client.remove(kinds.configMaps, { namespace, name: made.metadata.name }, { uid });
        }
      }
      await client.create(kinds.configMaps, labelled('audit-last', 'audit'));
      await until(() => has('audit-last'));
      const { items } = await client.list(kinds.configMaps, { namespace, labelSelector: 'of=audit' });
      const names = (objects: Iterable<KubeObject>): string[] =>
        [...objects].map(({ metadata }) => metadata.name).toSorted();
      expect(names(cache.all())).toEqual(names(items));
      expect(reflector.counts).toMatchObject({ missedEvents: 0, failures: 0, watches: 1 });
    },
    limitMs,
  );
});

describe.skipIf(isAbsent)(`a real API server has a lease (${getting(apiServerTool)})`, () => {
  it('that goes from one candidate to the next when it is given up', async () => {
    const at = { namespace, name: 'operator' };
    const leading = (identity: string) => {
      let lead: () => void = () => undefined;
      const led = new Promise<void>((resolve) => {
        lead = resolve;
      });
      const candidate = new Candidate({
        client,
        system,
        at,
        identity,
        times: { durationMs: 15_000, renewWithinMs: 10_000, retryMs: 200 },
        onLeading: (isLeading) => (isLeading ? lead() : undefined),
      });
      candidate.start();
      return { candidate, led };
    };
    const one = leading('one');
    await one.led;
    const two = leading('two');
    await one.candidate.stop();
    await two.led;
    expect([one.candidate.isLeading, two.candidate.isLeading]).toEqual([false, true]);
    expect((await client.get(kinds.leases, at))?.spec).toMatchObject({
      holderIdentity: 'two',
      leaseTransitions: 1,
    });
    await two.candidate.stop();
  });
});
