import { describe, expect, it } from 'vitest';
import { labelSelector } from '../../../src/dev/store/selectors.ts';
import type { DevObject } from '../../../src/dev/store/values.ts';
import { at, configMap, createRig, kindNamed, streamJob } from '../support.ts';

const configMaps = kindNamed('configmaps');
const streamJobs = kindNamed('streamjobs');
const pods = kindNamed('pods');
const everything = labelSelector(undefined);

const names = (objects: readonly DevObject[]): string[] => objects.map(({ metadata }) => metadata.name);

describe('an object that is created', () => {
  it('gets an identity, a generation and the next resource version', () => {
    const { store } = createRig();
    const made = store.create(configMaps, configMap('a'));
    expect(made.metadata).toMatchObject({
      name: 'a',
      namespace: 'default',
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: '2026-01-05T00:00:00Z',
    });
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  it('is refused where there is one of its name', () => {
    const { store } = createRig();
    store.create(configMaps, configMap('a'));
    expect(() => store.create(configMaps, configMap('a'))).toThrow('configmaps "a" already exists');
  });

  it('gets a name when it brings only the beginning of one', () => {
    const { store } = createRig();
    const sent = { ...configMap('x'), metadata: { generateName: 'made-', namespace: 'default' } };
    expect(store.create(configMaps, sent as never).metadata.name).toMatch(/^made-\w{5}$/);
  });

  it('brings no status where that is written apart', () => {
    const { store } = createRig();
    const made = store.create(streamJobs, { ...streamJob('a'), status: { phase: 'Running' } });
    expect(made.status).toBeUndefined();
  });

  it('is refused in a namespace that is not there, or is on its way out', () => {
    const { store } = createRig();
    const elsewhere = configMap('a', {}, { namespace: 'other' });
    expect(() => store.create(configMaps, elsewhere)).toThrow('namespaces "other" not found');
    const namespaces = kindNamed('namespaces');
    store.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'other', finalizers: ['kubernetes'] },
    });
    store.create(configMaps, elsewhere);
    store.remove(namespaces, { namespace: '', name: 'other' }, {});
    const another = configMap('b', {}, { namespace: 'other' });
    expect(() => store.create(configMaps, another)).toThrow('namespace other is being terminated');
  });

  it('of a kind of ours is checked by the contract and has its defaults', () => {
    const { store } = createRig();
    expect(store.create(streamJobs, streamJob('a')).spec).toMatchObject({
      parallelism: 1,
      mode: 'Streaming',
    });
    expect(() => store.create(streamJobs, streamJob('b', { paralelism: 2 }))).toThrow(
      'StreamJob "b" is invalid: spec.paralelism: there is no such field (Did you mean parallelism?)',
    );
  });
});

describe('a change', () => {
  it('of the spec raises the generation, one of labels or status does not', () => {
    const { store } = createRig();
    store.create(streamJobs, streamJob('a'));
    const scaled = store.change(streamJobs, at('a'), 'object', {}, (live) => ({
      ...live,
      spec: { ...live.spec, parallelism: 2 },
    }));
    expect(scaled.metadata.generation).toBe(2);
    store.change(streamJobs, at('a'), 'object', {}, (live) => ({
      ...live,
      metadata: { ...live.metadata, labels: { team: 'x' } },
    }));
    const last = store.change(streamJobs, at('a'), 'status', {}, (live) => ({
      ...live,
      status: { phase: 'Running' },
    }));
    expect(last.metadata).toMatchObject({ generation: 2, resourceVersion: '4', labels: { team: 'x' } });
  });

  it('of the object leaves its status alone, and the other way round', () => {
    const { store } = createRig();
    store.create(streamJobs, streamJob('a'));
    const change = (live: DevObject): DevObject => ({
      ...live,
      spec: { ...live.spec, parallelism: 3 },
      status: { phase: 'Running' },
    });
    expect(store.change(streamJobs, at('a'), 'object', {}, change).status).toBeUndefined();
    store.change(streamJobs, at('a'), 'object', {}, (live) => ({
      ...live,
      spec: { ...live.spec, parallelism: 1 },
    }));
    const changed = store.change(streamJobs, at('a'), 'status', {}, change);
    expect(changed.status).toEqual({ phase: 'Running' });
    expect(changed.spec?.['parallelism']).toBe(1);
  });

  it('of nothing is none', () => {
    const { store } = createRig();
    const made = store.create(configMaps, configMap('a', { x: '1' }));
    const same = store.change(configMaps, at('a'), 'object', {}, (live) => ({ ...live }));
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    expect(store.log.revision).toBe(1);
  });

  it('cannot touch what the server says of an object', () => {
    const { store } = createRig();
    const made = store.create(configMaps, configMap('a'));
    const changed = store.change(configMaps, at('a'), 'object', {}, (live) => ({
      ...live,
      metadata: { ...live.metadata, uid: 'other', creationTimestamp: 'x', generation: 9, labels: { a: 'b' } },
    }));
    expect(changed.metadata).toMatchObject({
      uid: made.metadata.uid,
      creationTimestamp: made.metadata.creationTimestamp,
      generation: 1,
      labels: { a: 'b' },
    });
  });

  it('is refused when the object is another one, or not in the expected state', () => {
    const { store } = createRig();
    const { uid } = store.create(configMaps, configMap('a')).metadata;
    const same = (live: DevObject): DevObject => live;
    expect(() => store.change(configMaps, at('a'), 'object', { uid: 'x' }, same)).toThrow(
      'Precondition failed',
    );
    const old = { uid, resourceVersion: '0' };
    expect(() => store.change(configMaps, at('a'), 'object', old, same)).toThrow('has been modified');
    expect(() => store.change(configMaps, at('b'), 'object', {}, same)).toThrow('configmaps "b" not found');
  });

  it('is refused where fields are fixed', () => {
    const { store } = createRig();
    store.create(configMaps, { ...configMap('a', { x: '1' }), immutable: true } as never);
    const change = (live: DevObject): DevObject => ({ ...live, data: { x: '2' } }) as never;
    expect(() => store.change(configMaps, at('a'), 'object', {}, change)).toThrow('data: field is immutable');
  });
});

describe('an object that is removed', () => {
  it('is gone at once when nobody holds it', () => {
    const { store } = createRig();
    store.create(configMaps, configMap('a'));
    store.remove(configMaps, at('a'), {});
    expect(store.find(configMaps, at('a'))).toBeUndefined();
    expect(store.remove(configMaps, at('a'), {})).toBeUndefined();
  });

  it('stays until its last finalizer is taken away, and gets no new one meanwhile', () => {
    const { store } = createRig();
    store.create(configMaps, configMap('a', {}, { finalizers: ['one', 'two'] }));
    const marked = store.remove(configMaps, at('a'), {});
    expect(marked?.metadata.deletionTimestamp).toBe('2026-01-05T00:00:00Z');
    const finalizers = (list: readonly string[]): DevObject =>
      store.change(configMaps, at('a'), 'object', {}, (live) => ({
        ...live,
        metadata: { ...live.metadata, finalizers: list },
      }));
    expect(finalizers(['one', 'three']).metadata.finalizers).toEqual(['one']);
    finalizers([]);
    expect(store.find(configMaps, at('a'))).toBeUndefined();
  });

  it('stays when it is another one than was meant', () => {
    const { store } = createRig();
    store.create(configMaps, configMap('a'));
    expect(() => store.remove(configMaps, at('a'), { uid: 'x' })).toThrow('Precondition failed');
    expect(store.find(configMaps, at('a'))).toBeDefined();
  });

  it('is, as a pod that runs, only marked with the time that it has to end', () => {
    const { store } = createRig();
    const spec = { containers: [{ name: 'c' }], nodeName: 'here', terminationGracePeriodSeconds: 7 };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec };
    store.create(pods, pod);
    expect(store.remove(pods, at('p'), {})?.metadata.deletionGracePeriodSeconds).toBe(7);
    expect(store.find(pods, at('p'))).toBeDefined();
    store.remove(pods, at('p'), {}, 0);
    expect(store.find(pods, at('p'))).toBeUndefined();
  });
});

describe('a list', () => {
  it('is in the order of names, of one namespace or of all, and of what a selector selects', () => {
    const { store } = createRig();
    store.create(configMaps, configMap('b', {}, { labels: { job: 'x' } }));
    store.create(configMaps, configMap('a', {}, { labels: { job: 'y' } }));
    expect(names(store.list(configMaps, { selects: everything }).items)).toEqual(['a', 'b']);
    const selects = labelSelector('job=x');
    expect(names(store.list(configMaps, { namespace: 'default', selects }).items)).toEqual(['b']);
    expect(store.list(configMaps, { namespace: 'other', selects: everything }).items).toEqual([]);
  });

  it('comes in pages that show one state, whatever happens between them', () => {
    const { store } = createRig();
    for (const name of ['a', 'b', 'c', 'd']) store.create(configMaps, configMap(name, { x: '1' }));
    const first = store.list(configMaps, { selects: everything, limit: 2 });
    store.remove(configMaps, at('c'), {});
    store.create(configMaps, configMap('bb'));
    store.change(configMaps, at('d'), 'object', {}, (live) => ({ ...live, data: { x: '2' } }) as never);
    const second = store.list(configMaps, { selects: everything, limit: 2, continue: first.continue });
    expect(names([...first.items, ...second.items])).toEqual(['a', 'b', 'c', 'd']);
    expect(second).toMatchObject({ resourceVersion: '4', items: [{}, { data: { x: '1' } }] });
    expect(second.continue).toBeUndefined();
  });

  it('does not go on once what happened since is forgotten', () => {
    const { store } = createRig();
    for (const name of ['a', 'b', 'c']) store.create(configMaps, configMap(name));
    const first = store.list(configMaps, { selects: everything, limit: 1 });
    store.create(configMaps, configMap('d'));
    store.log.compact();
    const next = { selects: everything, continue: first.continue };
    expect(() => store.list(configMaps, next)).toThrow('too old');
  });
});
