import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../src/dev/controllers/garbage.ts';
import { namespaceKind } from '../../../src/dev/store/kinds.ts';
import type { DevObject, Fields } from '../../../src/dev/store/values.ts';
import { at, configMap, createRig, kindNamed, type Rig } from '../support.ts';

const configMaps = kindNamed('configmaps');

const start = (): Rig => {
  const rig = createRig();
  collectGarbage(rig.store, rig.machine.system.timers, 1);
  return rig;
};

const ownedBy = (...owners: readonly DevObject[]): Fields => ({
  ownerReferences: owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name,
    uid: metadata.uid,
  })),
});

const left = ({ store }: Rig): string[] => store.all(configMaps).map(({ metadata }) => metadata.name);

describe('what an owner owned', () => {
  it('goes with it, down to the last', () => {
    const rig = start();
    const top = rig.store.create(configMaps, configMap('top'));
    const middle = rig.store.create(configMaps, configMap('middle', {}, ownedBy(top)));
    rig.store.create(configMaps, configMap('bottom', {}, ownedBy(middle)));
    rig.store.create(configMaps, configMap('free'));
    rig.machine.advance(10);
    expect(left(rig)).toEqual(['bottom', 'free', 'middle', 'top']);
    rig.store.remove(configMaps, at('top'), {});
    rig.machine.advance(10);
    expect(left(rig)).toEqual(['free']);
  });

  it('stays while an owner of it is there, though no longer as the property of the other', () => {
    const rig = start();
    const one = rig.store.create(configMaps, configMap('one'));
    const two = rig.store.create(configMaps, configMap('two'));
    rig.store.create(configMaps, configMap('shared', {}, ownedBy(one, two)));
    rig.store.remove(configMaps, at('one'), {});
    rig.machine.advance(10);
    expect(rig.store.find(configMaps, at('shared'))?.metadata.ownerReferences).toMatchObject([
      { name: 'two' },
    ]);
    rig.store.remove(configMaps, at('two'), {});
    rig.machine.advance(10);
    expect(left(rig)).toEqual([]);
  });

  it('and was made for one of that name that is gone goes too', () => {
    const rig = start();
    const old = rig.store.create(configMaps, configMap('owner'));
    rig.store.remove(configMaps, at('owner'), {});
    rig.store.create(configMaps, configMap('owner'));
    rig.store.create(configMaps, configMap('late', {}, ownedBy(old)));
    rig.machine.advance(10);
    expect(left(rig)).toEqual(['owner']);
  });
});

describe('a namespace that is deleted', () => {
  it('goes when all in it is gone', () => {
    const rig = start();
    const namespace = { namespace: '', name: 'team' };
    rig.store.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    rig.store.create(configMaps, configMap('plain', {}, { namespace: 'team' }));
    rig.store.create(configMaps, configMap('held', {}, { namespace: 'team', finalizers: ['x'] }));
    rig.store.remove(namespaceKind, namespace, {});
    rig.machine.advance(10);
    expect(left(rig)).toEqual(['held']);
    expect(rig.store.find(namespaceKind, namespace)).toBeDefined();
    const at = { namespace: 'team', name: 'held' };
    rig.store.change(configMaps, at, 'object', {}, (live) => ({
      ...live,
      metadata: { ...live.metadata, finalizers: [] },
    }));
    rig.machine.advance(10);
    expect(rig.store.find(namespaceKind, namespace)).toBeUndefined();
  });
});
