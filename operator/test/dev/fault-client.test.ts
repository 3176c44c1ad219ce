import { createTestSystem } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import type { ResourceType } from '../../src/kube/objects.ts';
import { FaultClient } from './fault-client.ts';
import { type EventFault, type FaultPlan, faultAtWrite, noFaults, randomFaults } from './faults.ts';
import { at, configMap, createRig, kindNamed, type Rig, turn } from './support.ts';

const configMaps: ResourceType = kindNamed('configmaps');

const faulty = (plan: FaultPlan): Rig & { readonly faults: FaultClient; readonly crashes: string[] } => {
  const rig = createRig();
  const crashes: string[] = [];
  const faults = new FaultClient(rig.client, rig.machine.system.timers, plan, () => crashes.push('crash'));
  return { ...rig, faults, crashes };
};

const exists = ({ store }: Rig, name: string): boolean =>
  store.find(kindNamed('configmaps'), at(name)) !== undefined;

describe('a client on which nothing goes wrong', () => {
  it('passes everything on, and remembers what was called', async () => {
    const rig = faulty(noFaults);
    const { uid } = (await rig.answered(rig.faults.create(configMaps, configMap('a')))).metadata;
    await rig.answered(rig.faults.get(configMaps, at('a')));
    await rig.answered(rig.faults.apply(configMaps, configMap('a', { x: '1' }), { uid }));
    await rig.answered(rig.faults.patch(configMaps, at('a'), {}, { uid }));
    await rig.answered(rig.faults.remove(configMaps, at('a'), { uid }));
    expect(await rig.answered(rig.faults.serves(configMaps))).toBe(true);
    expect(rig.faults.writes.map(({ verb, name }) => `${verb} ${name}`)).toEqual([
      'create a',
      'apply a',
      'patch a',
      'remove a',
    ]);
    expect(rig.faults.calls).toHaveLength(6);
  });
});

describe('a write', () => {
  it.each([
    ['lostCall', 'unavailable', false],
    ['lostAnswer', 'unavailable', true],
    ['failed', 'unavailable', false],
    ['throttled', 'throttled', false],
    ['conflict', 'conflict', false],
    ['timedOut', 'unavailable', true],
  ] as const)(
    'with the fault %s is refused as %s; it has had its effect: %s',
    async (fault, code, hasEffect) => {
      const rig = faulty(faultAtWrite(2, fault));
      await rig.answered(rig.faults.create(configMaps, configMap('a')));
      const second = rig.answered(rig.faults.create(configMaps, configMap('b')));
      await expect(second).rejects.toMatchObject({ code });
      expect(exists(rig, 'b')).toBe(hasEffect);
      await rig.answered(rig.faults.create(configMaps, configMap('c')));
    },
  );

  it.each([
    ['crashBefore', false],
    ['crashAfter', true],
  ] as const)(
    'with the fault %s is the last of its caller; it has had its effect: %s',
    async (fault, hasEffect) => {
      const rig = faulty(faultAtWrite(1, fault));
      let isSettled = false;
      const told: string[] = [];
      const listener = { onEvent: () => told.push('event'), onEnded: () => told.push('ended') };
      rig.faults.watch(configMaps, { resourceVersion: '0', timeoutSeconds: 10 }, listener);
      const settle = (): void => {
        isSettled = true;
      };
      void rig.faults.create(configMaps, configMap('a')).then(settle, settle);
      for (let i = 0; i < 10; i++) {
        rig.machine.advance(1);
        await turn();
      }
      told.length = 0;
      void rig.faults.create(configMaps, configMap('b')).then(settle, settle);
      rig.machine.advance(60_000);
      await turn();
      expect({ isSettled, told, crashes: rig.crashes }).toEqual({
        isSettled: false,
        told: [],
        crashes: ['crash'],
      });
      expect([exists(rig, 'a'), exists(rig, 'b')]).toEqual([hasEffect, false]);
    },
  );
});

describe('a list that is stale', () => {
  it('shows how things were when it was asked for first', async () => {
    let isStale = false;
    const rig = faulty({ ...noFaults, ofCall: () => (isStale ? 'stale' : undefined) });
    const first = await rig.answered(rig.faults.list(configMaps));
    rig.store.create(kindNamed('configmaps'), configMap('a'));
    isStale = true;
    expect(await rig.answered(rig.faults.list(configMaps))).toEqual(first);
    isStale = false;
    expect((await rig.answered(rig.faults.list(configMaps))).items).toHaveLength(1);
  });
});

describe('events of a watch', () => {
  const told = (faults: readonly (EventFault | undefined)[]): string[] => {
    const left = [...faults];
    const rig = faulty({ ...noFaults, lateMs: 100, ofEvent: () => left.shift() });
    const lines: string[] = [];
    rig.faults.watch(
      configMaps,
      { resourceVersion: '0', timeoutSeconds: 600 },
      {
        onEvent: (event) => {
          const name = event.type === 'BOOKMARK' ? event.type : event.object.metadata.name;
          lines.push(`${name} ${rig.machine.nowMs % 1_000}`);
        },
        onEnded: () => lines.push('ended'),
      },
    );
    rig.machine.advance(1);
    for (const name of ['a', 'b', 'c']) rig.store.create(kindNamed('configmaps'), configMap(name));
    rig.machine.advance(900);
    return lines;
  };

  it('come twice, one right behind the other', () => {
    expect(told([undefined, 'repeated'])).toEqual(['a 2', 'b 2', 'b 2', 'c 2']);
  });

  it('come late, and never out of order', () => {
    expect(told([undefined, 'late'])).toEqual(['a 2', 'b 102', 'c 102']);
  });

  it('come no more, without an end', () => {
    expect(told(['silent'])).toEqual([]);
  });

  it('come no more, and the watch ends', () => {
    expect(told([undefined, 'gone'])).toEqual(['a 2', 'ended']);
    expect(told([undefined, 'broken'])).toEqual(['a 2', 'ended']);
  });

  it('are lost one by one, and the watch goes on', () => {
    expect(told([undefined, 'lost'])).toEqual(['a 2', 'c 2']);
  });
});

describe('random faults', () => {
  it('are the same for the same seed, and end when they are told to', () => {
    const drawn = (seed: number): unknown[] => {
      const { system } = createTestSystem({ seed });
      const plan = randomFaults(system.random, { calls: 0.5, events: 0.5, lateMs: 10 });
      const call = { verb: 'create', isWrite: true, plural: 'pods', name: 'p' } as const;
      const faults = Array.from({ length: 50 }, () => [plan.ofCall(call), plan.ofEvent()]);
      plan.end();
      expect([plan.ofCall(call), plan.ofEvent()]).toEqual([undefined, undefined]);
      return faults;
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
    expect(new Set(drawn(7).flat()).size).toBe(13);
  });
});
