import { describe, expect, it } from 'vitest';
import { applyToStore } from '../../../src/dev/apply/apply-to-store.ts';
import type { DevObject, Fields, Sent } from '../../../src/dev/store/values.ts';
import { at, configMap, createRig, kindNamed, type Rig, replicaSet, streamJob } from '../support.ts';

const configMaps = kindNamed('configmaps');
const replicaSets = kindNamed('replicasets');
const streamJobs = kindNamed('streamjobs');

const apply = (rig: Rig, sent: Sent, more: { manager?: string; force?: boolean } = {}): DevObject =>
  applyToStore(
    rig.store,
    kindNamed(`${sent.kind.toLowerCase()}s`),
    sent,
    {},
    {
      manager: 'millrace',
      force: true,
      part: 'object',
      ...more,
    },
  );

const withEnv = (env: readonly Fields[], more: Fields = {}): Sent => {
  const sent = replicaSet('r', 1);
  const template = {
    metadata: { labels: { app: 'r' } },
    spec: { containers: [{ name: 'main', env, ...more }] },
  };
  return { ...sent, spec: { ...sent.spec, template } };
};

const envOf = (object: DevObject): unknown => {
  const template = object.spec?.['template'] as { spec: { containers: readonly { env: unknown }[] } };
  return template.spec.containers[0]?.env;
};

describe('what is applied', () => {
  it('makes the object where there is none', () => {
    const rig = createRig();
    apply(rig, configMap('a', { x: '1' }));
    expect(rig.store.find(configMaps, at('a'))).toMatchObject({ data: { x: '1' } });
  });

  it('makes none where a certain one is expected', () => {
    const { store } = createRig();
    const applier = { manager: 'm', force: true, part: 'object' } as const;
    expect(() => applyToStore(store, configMaps, configMap('a'), { uid: 'x' }, applier)).toThrow(
      'uid mismatch',
    );
    const sent = { ...streamJob('a'), status: {} };
    const status = { ...applier, part: 'status' } as const;
    expect(() => applyToStore(store, streamJobs, sent, {}, status)).toThrow('not found');
  });

  it('stands beside what others have written', () => {
    const rig = createRig();
    rig.store.create(configMaps, configMap('a', { theirs: '1' }));
    expect(apply(rig, configMap('a', { ours: '2' }))).toMatchObject({ data: { theirs: '1', ours: '2' } });
  });

  it('and applied again changes nothing, not even the resource version', () => {
    const rig = createRig();
    const first = apply(rig, withEnv([{ name: 'A', value: '1' }]));
    rig.machine.advance(60_000);
    expect(apply(rig, withEnv([{ name: 'A', value: '1' }]))).toEqual(first);
  });

  it('and left out later is removed, with what stands in it', () => {
    const rig = createRig();
    apply(rig, configMap('a', { x: '1', y: '2' }, { labels: { one: 'a' }, annotations: { two: 'b' } }));
    const last = apply(rig, configMap('a', { y: '2' }, { labels: { one: 'a' } }));
    expect(last).toMatchObject({ data: { y: '2' }, metadata: { labels: { one: 'a' } } });
    expect(last).not.toHaveProperty('data.x');
    expect(last.metadata.annotations).toBeUndefined();
  });

  it('and left out later stays where another manager has applied it too', () => {
    const rig = createRig();
    apply(rig, configMap('a', { x: '1', y: '2' }));
    apply(rig, configMap('a', { x: '1' }), { manager: 'other' });
    expect(apply(rig, configMap('a', { y: '2' }))).toMatchObject({ data: { x: '1', y: '2' } });
  });

  it('is merged entry by entry in lists that have keys', () => {
    const rig = createRig();
    const [a, b, c] = ['A', 'B', 'C'].map((name) => ({ name, value: name.toLowerCase() }));
    apply(rig, withEnv([a, b] as Fields[]));
    apply(rig, withEnv([c] as Fields[]), { manager: 'other' });
    const changed = apply(rig, withEnv([b, { name: 'D', value: 'd' }] as Fields[]));
    expect(envOf(changed)).toEqual([b, { name: 'D', value: 'd' }, c]);
  });

  it('knows an entry also when its key is a default', () => {
    const rig = createRig();
    apply(rig, withEnv([], { ports: [{ name: 'control', containerPort: 8443 }] }));
    const again = apply(rig, withEnv([], { ports: [{ name: 'changed', containerPort: 8443 }] }));
    expect(again).toMatchObject({
      spec: {
        template: {
          spec: { containers: [{ ports: [{ name: 'changed', containerPort: 8443, protocol: 'TCP' }] }] },
        },
      },
    });
  });

  it('replaces lists without keys as a whole', () => {
    const rig = createRig();
    apply(rig, withEnv([], { args: ['a', 'b'] }));
    const again = apply(rig, withEnv([], { args: ['c'] }));
    expect(again).toMatchObject({ spec: { template: { spec: { containers: [{ args: ['c'] }] } } } });
  });

  it('keeps finalizers and owners of others', () => {
    const rig = createRig();
    rig.store.create(configMaps, configMap('a', {}, { finalizers: ['theirs'] }));
    expect(apply(rig, configMap('a', {}, { finalizers: ['ours'] })).metadata.finalizers?.toSorted()).toEqual([
      'ours',
      'theirs',
    ]);
    expect(apply(rig, configMap('a')).metadata.finalizers).toEqual(['theirs']);
  });

  it('to the status leaves the rest alone, and is a set of fields of its own', () => {
    const rig = createRig();
    apply(rig, streamJob('a', { parallelism: 2 }));
    const applier = { manager: 'millrace', force: true, part: 'status' } as const;
    const status = (fields: Fields): DevObject =>
      applyToStore(rig.store, streamJobs, { ...streamJob('a'), spec: {}, status: fields }, {}, applier);
    status({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    const last = status({ conditions: [{ type: 'Stalled', status: 'True' }] });
    expect(last.spec?.['parallelism']).toBe(2);
    expect(last.status).toEqual({ conditions: [{ type: 'Stalled', status: 'True' }] });
    expect(apply(rig, streamJob('a')).status).toEqual(last.status);
  });

  it('without force is refused where it changes what another has applied', () => {
    const rig = createRig();
    apply(rig, configMap('a', { x: '1' }));
    const gently = { manager: 'kubectl', force: false };
    expect(() => apply(rig, configMap('a', { x: '2' }), gently)).toThrow(
      'conflict: other managers are "millrace"',
    );
    expect(apply(rig, configMap('a', { x: '1', z: '3' }), gently)).toMatchObject({
      data: { x: '1', z: '3' },
    });
    expect(rig.store.find(replicaSets, at('a'))).toBeUndefined();
  });
});
