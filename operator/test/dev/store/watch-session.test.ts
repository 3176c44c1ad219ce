import { describe, expect, it } from 'vitest';
import { labelSelector } from '../../../src/dev/store/selectors.ts';
import {
  type SessionEvent,
  type SessionOptions,
  WatchSession,
} from '../../../src/dev/store/watch-session.ts';
import { at, configMap, createRig, kindNamed, type Rig } from '../support.ts';

const configMaps = kindNamed('configmaps');

const open = (
  { store, machine }: Rig,
  options: Partial<SessionOptions> = {},
): { readonly told: string[]; readonly session: WatchSession } => {
  const told: string[] = [];
  const tell = (event: SessionEvent): void => {
    const what = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.name;
    const revision = event.type === 'BOOKMARK' ? '' : ` ${event.object.metadata.resourceVersion}`;
    told.push(`${event.type} ${what}${revision}`);
  };
  const whole = {
    kind: configMaps,
    selects: labelSelector(undefined),
    since: 0,
    timeoutMs: 90_000,
    wantsBookmarks: false,
    ...options,
  };
  return {
    told,
    session: new WatchSession(store, machine.system.timers, whole, tell, () => told.push('ended')),
  };
};

const label = ({ store }: Rig, name: string, job: string): void => {
  store.change(configMaps, at(name), 'object', {}, (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { job } },
  }));
};

describe('a watch', () => {
  it('tells what has happened since, and then what happens', () => {
    const rig = createRig();
    rig.store.create(configMaps, configMap('a'));
    rig.store.create(configMaps, configMap('b'));
    const { told, session } = open(rig, { since: 1 });
    label(rig, 'a', 'x');
    rig.store.remove(configMaps, at('b'), {});
    session.close();
    label(rig, 'a', 'y');
    expect(told).toEqual(['ADDED b 2', 'MODIFIED a 3', 'DELETED b 4']);
  });

  it('tells of objects that come into its selection and leave it', () => {
    const rig = createRig();
    rig.store.create(configMaps, configMap('a'));
    const { told } = open(rig, { since: 1, selects: labelSelector('job=x') });
    label(rig, 'a', 'x');
    label(rig, 'a', 'y');
    expect(told).toEqual(['ADDED a 2', 'DELETED a 3']);
  });

  it('without a begin tells what is there first, and that this was all', () => {
    const rig = createRig();
    rig.store.create(configMaps, configMap('a'));
    const { told } = open(rig, { since: undefined, wantsBookmarks: true });
    rig.store.create(configMaps, configMap('b'));
    expect(told).toEqual(['ADDED a 1', 'BOOKMARK 1', 'ADDED b 2']);
  });

  it('says every minute how far it is, also by what it does not show, until its time is up', () => {
    const rig = createRig();
    const { told } = open(rig, { wantsBookmarks: true });
    rig.store.create(kindNamed('secrets'), { ...configMap('s'), kind: 'Secret' });
    rig.machine.advance(100_000);
    expect(told).toEqual(['BOOKMARK 1', 'ended']);
    expect(rig.machine.pendingTimers).toBe(0);
  });

  it('from before what is remembered is refused', () => {
    const rig = createRig(2);
    for (const name of ['a', 'b', 'c']) rig.store.create(configMaps, configMap(name));
    expect(() => open(rig, { since: 0 })).toThrow('too old');
    expect(open(rig, { since: 1 }).told).toEqual(['ADDED b 2', 'ADDED c 3']);
  });
});
