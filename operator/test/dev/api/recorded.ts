import type { Fields } from '../../../src/dev/store/values.ts';
import type { KubeClient, Watch } from '../../../src/kube/client.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../../src/kube/objects.ts';

const configMaps: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const replicaSets: ResourceType = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets' };
const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };

const namespace = 'default';
const labels = { script: 'recorded' };
const at = (name: string): { namespace: string; name: string } => ({ namespace, name });

const configMap = (name: string, more: Fields = {}, metadata: Fields = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...at(name), labels, ...metadata },
    ...more,
  }) as KubeObject;

const replicaSet = (variables: { readonly env?: readonly Fields[] }, more: Fields = {}): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...at('set'), labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'set' } },
      template: {
        metadata: { labels: { app: 'set' } },
        spec: {
          containers: [
            { name: 'main', image: 'i:1', ...variables, ports: [{ containerPort: 8080 }], ...more },
          ],
          volumes: [{ name: 'data', configMap: { name: 'code' } }],
        },
      },
    },
  }) as KubeObject;

/** What differs from server to server and run to run, and says nothing about what an object is. */
const unsteady = new Set([
  'continue',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
  'resourceVersion',
  'uid',
]);

/** What the two servers fill in differently, and nobody here reads. */
const notServed = new Set(['status', 'enableServiceLinks', 'generation']);

const steady = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !unsteady.has(name) && !notServed.has(name));
  return Object.fromEntries(
    entries
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, steady(inner)]),
  );
};

/** Answers as they come. */
class Recording {
  readonly answers: unknown[] = [];
  readonly client: KubeClient;

  constructor(client: KubeClient) {
    this.client = client;
  }

  readonly note = async <T>(what: string, answer: Promise<T>): Promise<T | undefined> => {
    try {
      const value = await answer;
      this.answers.push([what, steady(value)]);
      return value;
    } catch (error) {
      if (!KubeError.is(error)) throw error;
      this.answers.push([what, error.code]);
      return undefined;
    }
  };
}

const uidOf = async (client: KubeClient, type: ResourceType, name: string): Promise<string> =>
  (await client.get(type, at(name)))?.metadata.uid ?? '';

const playMaps = async ({ client, note, answers }: Recording): Promise<void> => {
  await note('create', client.create(configMaps, configMap('code', { data: { x: '1', y: '2' } })));
  await note('create again', client.create(configMaps, configMap('code')));
  const uid = await uidOf(client, configMaps, 'code');
  await note('apply beside', client.apply(configMaps, configMap('code', { data: { z: '3' } }), { uid }));
  await note('apply without it', client.apply(configMaps, configMap('code', { data: { w: '4' } }), { uid }));
  await note('apply to another', client.apply(configMaps, configMap('code'), { uid: 'other' }));
  await note('apply to none', client.apply(configMaps, configMap('none'), { uid }));
  const stale = { uid, resourceVersion: '1' };
  await note('apply to an old one', client.apply(configMaps, configMap('code'), stale));
  await note('patch', client.patch(configMaps, at('code'), { data: { x: null, v: '5' } }, { uid }));
  await note('patch another', client.patch(configMaps, at('code'), { data: { v: '6' } }, { uid: 'other' }));
  await note('patch an old one', client.patch(configMaps, at('code'), { data: { v: '6' } }, stale));
  await note('patch none', client.patch(configMaps, at('none'), {}, { uid }));
  const before = (await client.get(configMaps, at('code')))?.metadata.resourceVersion;
  await note('patch of nothing', client.patch(configMaps, at('code'), { data: { v: '5' } }, { uid }));
  const after = (await client.get(configMaps, at('code')))?.metadata.resourceVersion;
  answers.push(['a patch of nothing is no change', before === after]);
};

const playFixedOnes = async ({ client, note }: Recording): Promise<void> => {
  await note(
    'immutable',
    client.create(configMaps, configMap('fixed', { immutable: true, data: { a: '1' } })),
  );
  const fixed = { uid: await uidOf(client, configMaps, 'fixed') };
  await note('change of it', client.patch(configMaps, at('fixed'), { data: { a: '2' } }, fixed));
};

const playSets = async ({ client, note }: Recording): Promise<void> => {
  const [a, b, c] = ['A', 'B', 'C'].map((name) => ({ name, value: name }));
  await note('set', client.create(replicaSets, replicaSet({})));
  const set = { uid: await uidOf(client, replicaSets, 'set') };
  await note('set with variables', client.apply(replicaSets, replicaSet({ env: [a, b] as Fields[] }), set));
  await note('set with others', client.apply(replicaSets, replicaSet({ env: [c, b] as Fields[] }), set));
  await note(
    'set with arguments',
    client.apply(replicaSets, replicaSet({ env: [c] as Fields[] }, { args: ['x'] }), set),
  );
  const selector = { spec: { selector: { matchLabels: { app: 'other' } } } };
  await note('set that selects others', client.patch(replicaSets, at('set'), selector, set));
};

const playRemovals = async ({ client, note, answers }: Recording): Promise<void> => {
  await note('held', client.create(configMaps, configMap('held', {}, { finalizers: ['millrace.dev/test'] })));
  const held = { uid: await uidOf(client, configMaps, 'held') };
  await note('remove another', client.remove(configMaps, at('held'), { uid: 'other' }));
  await note('remove it', client.remove(configMaps, at('held'), held));
  answers.push([
    'it is marked',
    (await client.get(configMaps, at('held')))?.metadata.deletionTimestamp !== undefined,
  ]);
  await note('let it go', client.patch(configMaps, at('held'), { metadata: { finalizers: null } }, held));
  await note('it is gone', client.get(configMaps, at('held')));
};

const playLists = async ({ client, note, answers }: Recording): Promise<void> => {
  await note('list', client.list(configMaps, { namespace, labelSelector: 'script=recorded' }));
  const first = await note(
    'first page',
    client.list(configMaps, { namespace, labelSelector: 'script', limit: 1 }),
  );
  const rest = { namespace, labelSelector: 'script', limit: 1, continue: first?.continue };
  const second = await client.list(configMaps, rest);
  answers.push([
    'second page',
    second.items.map(({ metadata }) => metadata.name),
    second.continue === undefined,
  ]);
  await note('remove none', client.remove(configMaps, at('none'), { uid: 'any' }));
  await note(
    'secret',
    client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { ...at('s'), labels } }),
  );
};

/** The same calls to whatever server there is; what it answers, without what is different each time. */
export const playRecorded = async (client: KubeClient): Promise<unknown[]> => {
  const recording = new Recording(client);
  // A watch from revision 0 would be told what is there, not what has happened.
  const { metadata } = await client.create(configMaps, configMap('first'));
  await client.remove(configMaps, at('first'), { uid: metadata.uid });
  const { resourceVersion } = await client.list(configMaps, { namespace, limit: 1 });
  await playMaps(recording);
  await playFixedOnes(recording);
  await playSets(recording);
  await playRemovals(recording);
  await playLists(recording);
  recording.answers.push(['watch', await watched(client, resourceVersion)]);
  for (const name of ['code', 'fixed']) {
    await client.remove(configMaps, at(name), { uid: await uidOf(client, configMaps, name) });
  }
  await client.remove(replicaSets, at('set'), { uid: await uidOf(client, replicaSets, 'set') });
  await client.remove(secrets, at('s'), { uid: await uidOf(client, secrets, 's') });
  return recording.answers;
};

/** What a watch from the beginning of the script tells, until the server ends it. */
const watched = (client: KubeClient, resourceVersion: string): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const told: string[] = [];
    const options = { namespace, labelSelector: 'script=recorded', resourceVersion, timeoutSeconds: 1 };
    const watch: Watch = client.watch(configMaps, options, {
      onEvent: (event) => {
        if (event.type !== 'BOOKMARK') told.push(`${event.type} ${event.object.metadata.name}`);
      },
      onEnded: (error) => {
        watch.close();
        resolve([...told, `ended ${error?.code}`]);
      },
    });
  });
