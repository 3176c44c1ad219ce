import { describe, expect, it } from 'vitest';
import { podKind } from '../../../src/dev/store/kinds.ts';
import { type DevObject, type Fields, listAt, type Sent } from '../../../src/dev/store/values.ts';
import { at, createRig, type Rig } from '../support.ts';
import { FakeKubelet, type PodFate } from './fake-kubelet.ts';

interface Told extends Rig {
  readonly kubelet: FakeKubelet;
  /** What becomes of pods from now on. */
  decide(fate: PodFate): void;
  pod(): DevObject | undefined;
}

const start = (first: PodFate, spec: Fields = {}): Told => {
  const rig = createRig();
  let fate = first;
  const options = { stepMs: 10, fateOf: () => fate };
  const kubelet = new FakeKubelet(rig.store, rig.machine.system.timers, options);
  const containers = [{ name: 'main', image: 'image:1' }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' } };
  rig.store.create(podKind, { ...pod, spec: { containers, ...spec } } as Sent);
  return {
    ...rig,
    kubelet,
    decide: (next) => {
      fate = next;
    },
    pod: () => rig.store.find(podKind, at('p')),
  };
};

const ready = (pod: DevObject | undefined): unknown => {
  const conditions = (pod?.status?.['conditions'] ?? []) as readonly Fields[];
  return conditions.find(({ type }) => type === 'Ready')?.['status'];
};

describe('a pod of a kubelet that only says so', () => {
  it('comes onto a node, runs, is ready, and ends when it is deleted', () => {
    const rig = start({ kind: 'runs' });
    expect(rig.pod()?.status).toEqual({ phase: 'Pending' });
    rig.machine.advance(10);
    expect(rig.pod()?.spec).toMatchObject({ nodeName: 'local' });
    rig.machine.advance(10);
    expect(rig.pod()?.status).toMatchObject({ phase: 'Running', podIP: '10.0.0.1' });
    expect(ready(rig.pod())).toBe('False');
    rig.machine.advance(10);
    expect(ready(rig.pod())).toBe('True');
    rig.store.remove(podKind, at('p'), {});
    expect(rig.pod()).toBeDefined();
    rig.machine.advance(10);
    expect(rig.pod()).toBeUndefined();
  });

  it('has the messages of its init containers', () => {
    const rig = start(
      { kind: 'runs', messages: { certificate: 'ab:cd' } },
      { initContainers: [{ name: 'certificate' }] },
    );
    rig.machine.advance(100);
    expect(rig.pod()?.status?.['initContainerStatuses']).toMatchObject([
      { name: 'certificate', state: { terminated: { exitCode: 0, message: 'ab:cd' } } },
    ]);
  });

  it('is ready when somebody says so', () => {
    const rig = start({ kind: 'runs', isReady: false });
    rig.machine.advance(1_000);
    expect(ready(rig.pod())).toBe('False');
    rig.kubelet.setReady(at('p'), true);
    expect(ready(rig.pod())).toBe('True');
  });

  it('whose image is not there waits for it, and runs when it is', () => {
    const rig = start({ kind: 'noImage', message: 'manifest unknown' });
    rig.machine.advance(100);
    expect(rig.pod()?.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [
        { state: { waiting: { reason: 'ImagePullBackOff', message: 'manifest unknown' } } },
      ],
    });
    rig.decide({ kind: 'runs' });
    rig.machine.advance(20_000);
    expect(ready(rig.pod())).toBe('True');
  });

  it('for which there is no room waits, and says why', () => {
    const rig = start({ kind: 'unschedulable', message: '0/1 nodes are available' });
    rig.machine.advance(100);
    expect(rig.pod()?.spec).not.toHaveProperty('nodeName');
    expect(rig.pod()?.status?.['conditions']).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' },
    ]);
  });

  it('that crashes is started again after longer and longer times', () => {
    const rig = start({ kind: 'crashes', exitCode: 137, reason: 'OOMKilled' });
    rig.machine.advance(30);
    const restarts = (): unknown => listAt(rig.pod(), 'status', 'containerStatuses')[0]?.['restartCount'];
    expect(rig.pod()?.status?.['containerStatuses']).toMatchObject([
      {
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      },
    ]);
    rig.machine.advance(10_000);
    rig.machine.advance(20);
    expect(restarts()).toBe(2);
    rig.machine.advance(10_020);
    expect(restarts()).toBe(2);
    rig.machine.advance(10_000);
    expect(restarts()).toBe(3);
  });

  it('that shall run once ends', () => {
    const once = { restartPolicy: 'Never' };
    const good = start({ kind: 'completes' }, once);
    good.machine.advance(100);
    expect(good.pod()?.status?.['phase']).toBe('Succeeded');
    const bad = start({ kind: 'crashes', exitCode: 1, reason: 'Error' }, once);
    bad.machine.advance(100_000);
    expect(bad.pod()?.status?.['phase']).toBe('Failed');
  });

  it('on a node that is lost stays as it was, also when it is deleted', () => {
    const rig = start({ kind: 'runs' });
    rig.machine.advance(100);
    rig.kubelet.stop();
    rig.store.remove(podKind, at('p'), {});
    rig.machine.advance(100_000);
    expect(ready(rig.pod())).toBe('True');
  });
});
