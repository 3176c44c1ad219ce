import { describe, expect, it } from 'vitest';
import type { WatchListener, WatchOptions } from '../../src/kube/client.ts';
import type { KubeObject, ResourceType } from '../../src/kube/objects.ts';
import { at, configMap, createRig, kindNamed, type Rig, streamJob } from './support.ts';

const configMaps: ResourceType = kindNamed('configmaps');
const streamJobs: ResourceType = kindNamed('streamjobs');

const watched = (rig: Rig, options: Partial<WatchOptions> = {}): string[] => {
  const told: string[] = [];
  const listener: WatchListener<KubeObject> = {
    onEvent: (event) =>
      told.push(event.type === 'BOOKMARK' ? event.type : `${event.type} ${event.object.metadata.name}`),
    onEnded: (error) => told.push(`ended ${error?.code}`),
  };
  rig.client.watch(configMaps, { resourceVersion: '0', timeoutSeconds: 30, ...options }, listener);
  return told;
};

describe('a client of the store', () => {
  it('sees and changes what is in it', async () => {
    const rig = createRig();
    const { client } = rig;
    const made = await rig.answered(client.create(configMaps, configMap('a')));
    const { uid } = made.metadata;
    expect(await rig.answered(client.get(configMaps, at('a')))).toEqual(made);
    expect(await rig.answered(client.list(configMaps))).toEqual({ items: [made], resourceVersion: '1' });
    await rig.answered(client.patch(configMaps, at('a'), { metadata: { labels: { x: 'y' } } }, { uid }));
    await rig.answered(client.apply(configMaps, configMap('a', { z: '1' }), { uid }));
    expect(rig.store.find(kindNamed('configmaps'), at('a'))).toMatchObject({
      metadata: { labels: { x: 'y' } },
      data: { z: '1' },
    });
    await rig.answered(client.remove(configMaps, at('a'), { uid }));
    expect(await rig.answered(client.get(configMaps, at('a')))).toBeUndefined();
    await rig.answered(client.remove(configMaps, at('a'), { uid }));
  });

  it('writes the status apart', async () => {
    const rig = createRig();
    const { uid } = (await rig.answered(rig.client.create(streamJobs, streamJob('a')))).metadata;
    const status = { ...streamJob('a'), status: { phase: 'Running' } };
    const changed = await rig.answered(rig.client.applyStatus(streamJobs, status, { uid }));
    expect(changed).toMatchObject({ status: { phase: 'Running' }, metadata: { generation: 1 } });
  });

  it('has its effect between call and answer, not before', async () => {
    const rig = createRig();
    const answer = rig.client.create(configMaps, configMap('a'));
    expect(rig.store.log.revision).toBe(0);
    rig.machine.advance(1);
    await rig.answered(answer);
    expect(rig.store.log.revision).toBe(1);
  });

  it('is refused with codes', async () => {
    const rig = createRig();
    await rig.answered(rig.client.create(configMaps, configMap('a')));
    const refused = async (answer: Promise<unknown>, code: string): Promise<void> => {
      await expect(rig.answered(answer)).rejects.toMatchObject({ name: 'KubeError', code });
    };
    await refused(rig.client.create(configMaps, configMap('a')), 'alreadyExists');
    await refused(rig.client.apply(configMaps, configMap('a'), { uid: 'x' }), 'conflict');
    await refused(rig.client.patch(configMaps, at('b'), {}, { uid: 'x' }), 'notFound');
    await refused(rig.client.create(streamJobs, streamJob('a', { parallelism: 0 })), 'invalid');
    const unknown = { group: 'x', version: 'v1', kind: 'X', plural: 'xs' };
    await refused(rig.client.list(unknown), 'notFound');
    expect(await rig.answered(rig.client.serves(unknown))).toBe(false);
    expect(await rig.answered(rig.client.serves(streamJobs))).toBe(true);
  });

  it('is told what happens, until the watch has had its time', () => {
    const rig = createRig();
    const told = watched(rig);
    rig.machine.advance(1);
    rig.store.create(kindNamed('configmaps'), configMap('a'));
    expect(told).toEqual([]);
    rig.machine.advance(1);
    expect(told).toEqual(['ADDED a']);
    rig.machine.advance(60_000);
    expect(told).toEqual(['ADDED a', 'ended undefined']);
  });

  it('is told nothing more once it has closed its watch, not even what is on its way', () => {
    const rig = createRig();
    const told: string[] = [];
    const listener = { onEvent: () => told.push('event'), onEnded: () => told.push('ended') };
    const options = { resourceVersion: '0', timeoutSeconds: 30 };
    const watch = rig.client.watch(configMaps, options, listener);
    rig.machine.advance(1);
    rig.store.create(kindNamed('configmaps'), configMap('a'));
    watch.close();
    rig.machine.advance(60_000);
    expect(told).toEqual([]);
    expect(rig.machine.pendingTimers).toBe(0);
  });

  it('hears that a watch asks for what is not remembered', () => {
    const rig = createRig();
    rig.store.create(kindNamed('configmaps'), configMap('a'));
    rig.store.log.compact();
    const told = watched(rig);
    rig.machine.advance(10);
    expect(told).toEqual(['ended gone']);
  });
});
