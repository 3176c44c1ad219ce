import { afterEach, describe, expect, it, vi } from 'vitest';
import { Coordinators } from '../../src/coordinators/coordinators.ts';
import type { KubeClient, Preconditions } from '../../src/kube/client.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { JobCaches } from '../../src/streamjob/job-caches.ts';
import { delays, type EventFault } from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { type Life, live, repeatedLife, startUnlucky, undisturbed, usualLife } from './lives.ts';

/** A bug that is put into the operator, to see that its tests would find it. */
interface Bug {
  readonly name: string;
  readonly plant: () => void;
  /** Whether something is otherwise than without the bug. */
  readonly shows: (seed: number) => Promise<boolean>;
}

const nothing = (): void => undefined;

/** A client that leaves out what its caller expects, or what is left of that. */
const careless = (client: KubeClient, kept: (expected: Preconditions) => Preconditions): KubeClient =>
  Object.assign(Object.create(client) as KubeClient, {
    apply: (...[type, object, expected]: Parameters<KubeClient['apply']>) =>
      client.apply(type, object, kept(expected)),
    applyStatus: (...[type, object, expected]: Parameters<KubeClient['applyStatus']>) =>
      client.applyStatus(type, object, kept(expected)),
    patch: (...[type, at, patch, expected]: Parameters<KubeClient['patch']>) =>
      client.patch(type, at, patch, kept(expected)),
    remove: (...[type, at, expected]: Parameters<KubeClient['remove']>) =>
      client.remove(type, at, kept(expected)),
  });

interface Trial {
  readonly life: Life;
  readonly operators: number;
  readonly ofEvents: readonly EventFault[];
  /** What an operator reaches the cluster by. */
  readonly client?: (client: KubeClient) => KubeClient;
}

/** Whether a life ends otherwise than one in which nothing goes wrong, or not at all. */
const livesOtherwise =
  ({ client, life, operators, ofEvents }: Trial) =>
  async (seed: number): Promise<boolean> => {
    const rig = new ControllerRig();
    for (let i = 0; i < operators; i++)
      startUnlucky(rig, operators * seed + i, ofEvents, client?.(rig.client));
    try {
      expect(await live(rig, life)).toEqual(await undisturbed(life));
      return false;
    } catch {
      return true;
    }
  };

/** Whether an operator that starts where all is as it is to be writes something. */
const startWrites = async (): Promise<boolean> => {
  const rig = new ControllerRig();
  const first = rig.startOperator();
  await live(rig, usualLife.slice(0, 1));
  first.kill();
  const { version } = rig;
  rig.startOperator();
  await rig.pass(10_000);
  return rig.version !== version;
};

const without = (prototype: object, method: string): void =>
  void vi.spyOn(prototype as Record<string, () => void>, method).mockImplementation(() => undefined);

const bugs: readonly Bug[] = [
  {
    name: 'nothing is expected of what is written or removed',
    plant: nothing,
    shows: livesOtherwise({
      life: repeatedLife,
      operators: 2,
      ofEvents: delays,
      client: (client) => careless(client, () => ({}) as Preconditions),
    }),
  },
  {
    name: 'what is there is written again',
    plant: () => void vi.spyOn(JobCaches.prototype, 'find').mockReturnValue(undefined),
    shows: livesOtherwise({ life: usualLife, operators: 1, ofEvents: delays }),
  },
  {
    name: 'coordinators are not waited for',
    plant: () => void vi.spyOn(Coordinators.prototype, 'isAwaited').mockReturnValue(false),
    shows: startWrites,
  },
  {
    name: 'a watch that is silent is believed for ever',
    plant: () => without(Reflector.prototype, 'expectSound'),
    shows: livesOtherwise({ life: usualLife, operators: 1, ofEvents: ['silent'] }),
  },
  {
    name: 'nobody looks for what no watch has told',
    plant: () => without(Reflector.prototype, 'planAudit'),
    shows: livesOtherwise({ life: usualLife, operators: 1, ofEvents: ['lost'] }),
  },
];

const seeds = [1, 2, 3, 4];

describe('a bug that is planted', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each(bugs)('is caught: $name', { timeout: 300_000 }, async ({ plant, shows }) => {
    plant();
    for (const seed of seeds) if (await shows(seed)) return;
    expect.unreachable('No seed has shown it.');
  });
});
