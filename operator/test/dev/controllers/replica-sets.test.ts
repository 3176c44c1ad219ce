import { describe, expect, it } from 'vitest';
import { runReplicaSets } from '../../../src/dev/controllers/replica-sets.ts';
import { podKind, replicaSetKind } from '../../../src/dev/store/kinds.ts';
import { type DevObject, type Fields, placeOf, type Sent } from '../../../src/dev/store/values.ts';
import { at, createRig, type Rig, replicaSet } from '../support.ts';

const start = (refuse?: (pod: Sent) => string | undefined): Rig => {
  const rig = createRig();
  runReplicaSets(rig.store, rig.machine.system.timers, { delayMs: 1, refuse });
  return rig;
};

const podsOf = ({ store }: Rig): DevObject[] => store.all(podKind);

const scale = (rig: Rig, replicas: number): void => {
  rig.store.change(replicaSetKind, at('r'), 'object', {}, (live) => ({
    ...live,
    spec: { ...live.spec, replicas },
  }));
  rig.machine.advance(10);
};

const say = (rig: Rig, pod: DevObject, status: Fields, more: Fields = {}): void => {
  rig.store.change(podKind, placeOf(pod), 'all', {}, (live) => ({
    ...live,
    spec: { ...live.spec, nodeName: 'local' },
    metadata: { ...live.metadata, ...more },
    status,
  }));
};

const running = (ready: boolean): Fields => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
});

describe('a replica set', () => {
  it('has as many pods as it wants, made after its template and owned by it', () => {
    const rig = start();
    const set = rig.store.create(replicaSetKind, replicaSet('r', 2));
    rig.machine.advance(10);
    expect(podsOf(rig)).toHaveLength(2);
    expect(podsOf(rig)[0]).toMatchObject({
      metadata: {
        generateName: 'r-',
        labels: { app: 'r' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'r', uid: set.metadata.uid, controller: true }],
      },
      spec: { containers: [{ name: 'main', image: 'image:1' }] },
    });
    scale(rig, 0);
    expect(podsOf(rig)).toEqual([]);
  });

  it('says how many there are and how many of them are ready', () => {
    const rig = start();
    rig.store.create(replicaSetKind, replicaSet('r', 2));
    rig.machine.advance(10);
    say(rig, podsOf(rig)[0] as DevObject, running(true));
    rig.machine.advance(10);
    const status = rig.store.find(replicaSetKind, at('r'))?.status;
    expect(status).toMatchObject({ replicas: 2, readyReplicas: 1, observedGeneration: 1 });
    const { revision } = rig.store.log;
    rig.machine.advance(1_000);
    expect(rig.store.log.revision).toBe(revision);
  });

  it('replaces a pod that is on its way out at once', () => {
    const rig = start();
    rig.store.create(replicaSetKind, replicaSet('r', 1));
    rig.machine.advance(10);
    const [first] = podsOf(rig) as [DevObject];
    say(rig, first, running(true));
    rig.store.remove(podKind, placeOf(first), {});
    rig.machine.advance(10);
    expect(podsOf(rig)).toHaveLength(2);
    expect(rig.store.find(replicaSetKind, at('r'))?.status).toMatchObject({ replicas: 1 });
  });

  it('lets go first of pods that are not ready, then of those whose deletion costs least', () => {
    const rig = start();
    rig.store.create(replicaSetKind, replicaSet('r', 4));
    rig.machine.advance(10);
    const [dear, cheap, unready, plain] = podsOf(rig) as [DevObject, DevObject, DevObject, DevObject];
    const cost = (value: string): Fields => ({
      annotations: { 'controller.kubernetes.io/pod-deletion-cost': value },
    });
    say(rig, dear, running(true), cost('5'));
    say(rig, cheap, running(true), cost('-5'));
    say(rig, unready, running(false), cost('9'));
    say(rig, plain, running(true));
    const left = (): string[] =>
      podsOf(rig)
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name);
    scale(rig, 3);
    expect(left()).not.toContain(unready.metadata.name);
    scale(rig, 2);
    expect(left().toSorted()).toEqual([dear.metadata.name, plain.metadata.name].toSorted());
    scale(rig, 1);
    expect(left()).toEqual([dear.metadata.name]);
  });

  it('takes a pod that nobody owns and its selector selects, and no other', () => {
    const rig = start();
    const spec = { containers: [{ name: 'main' }] };
    const pod = (name: string, labels: Fields): Sent =>
      ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec }) as Sent;
    rig.store.create(podKind, pod('mine', { app: 'r' }));
    rig.store.create(podKind, pod('foreign', { app: 'other' }));
    rig.store.create(replicaSetKind, replicaSet('r', 1));
    rig.machine.advance(10);
    expect(podsOf(rig).map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.name])).toEqual([
      ['foreign', undefined],
      ['mine', 'r'],
    ]);
  });

  it('says why it has too few, and tries again', () => {
    let quota: string | undefined = 'exceeded quota: pods';
    const rig = start(() => quota);
    rig.store.create(replicaSetKind, replicaSet('r', 1));
    rig.machine.advance(10);
    const conditions = (): unknown => rig.store.find(replicaSetKind, at('r'))?.status?.['conditions'];
    expect(conditions()).toMatchObject([{ type: 'ReplicaFailure', status: 'True', message: quota }]);
    quota = undefined;
    rig.machine.advance(2_000);
    expect(conditions()).toBeUndefined();
    expect(podsOf(rig)).toHaveLength(1);
  });
});
