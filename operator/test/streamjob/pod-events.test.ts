import { describe, expect, it } from 'vitest';
import type { ListOptions } from '../../src/kube/client.ts';
import type { Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { podTrouble } from '../../src/streamjob/explain-pods.ts';
import { PodEvents } from '../../src/streamjob/pod-events.ts';

const createdMs = Date.parse('2026-01-01T00:00:00Z');

const podWith = (uid: string, state: object): Stored<Pod> =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `counts-${uid}`,
      namespace: 'shop',
      uid,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { containers: [] },
    status: { containerStatuses: [{ name: 'worker', ready: false, restartCount: 0, state }] },
  }) as Stored<Pod>;

const creating = podWith('a', { waiting: { reason: 'ContainerCreating' } });
const running = podWith('b', { running: {} });

const eventOf = (reason: string, message: string, lastTimestamp: string) => ({
  reason,
  message,
  lastTimestamp,
});

/** Answers with events, and keeps what it was asked. */
const rigWith = (items: readonly object[] | Error) => {
  const asked: ListOptions[] = [];
  const podEvents = new PodEvents({
    list: (_type, options = {}) => {
      asked.push(options);
      return items instanceof Error
        ? Promise.reject(items)
        : Promise.resolve({ items, resourceVersion: '1' } as never);
    },
  });
  const messageAt = async (pods: readonly Stored<Pod>[], ageMs: number): Promise<string | undefined> => {
    const explained = await podEvents.explain('shop/counts', pods, createdMs + ageMs);
    return explained.flatMap((pod) => podTrouble(pod)?.message ?? [])[0];
  };
  return { podEvents, asked, messageAt };
};

describe('what the kubelet tells by events alone', () => {
  it('is asked for when the containers of a pod are not made in time, and is the last of what explains it', async () => {
    const { asked, messageAt } = rigWith([
      eventOf('FailedMount', 'secret "nowhere" not found', '2026-01-01T00:00:04Z'),
      eventOf('FailedMount', 'another word', '2026-01-01T00:00:02Z'),
      eventOf('Scheduled', 'assigned', '2026-01-01T00:00:05Z'),
    ]);
    expect(await messageAt([running, creating], 4999)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await messageAt([running, creating], 5000)).toBe(
      'counts-a: worker cannot start: FailedMount, secret "nowhere" not found',
    );
    expect(asked).toEqual([{ namespace: 'shop', fieldSelector: 'involvedObject.uid=a', limit: 100 }]);
  });

  it('is asked for again now and then, and not at all once the pod has begun', async () => {
    const { asked, messageAt } = rigWith([eventOf('FailedMount', 'x', '2026-01-01T00:00:04Z')]);
    await messageAt([creating], 5000);
    expect(await messageAt([creating], 14_999)).toContain('FailedMount');
    expect(asked).toHaveLength(1);
    await messageAt([creating], 15_000);
    expect(asked).toHaveLength(2);
    expect(await messageAt([running], 30_000)).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it('is nothing that a job fails by when it cannot be read', async () => {
    const { messageAt } = rigWith(new Error('forbidden'));
    expect(await messageAt([creating], 6000)).toBeUndefined();
  });

  it('is looked for as soon as a pod counts as stuck, although nothing happens', () => {
    const { podEvents } = rigWith([]);
    expect(podEvents.againMs([running], createdMs)).toBeUndefined();
    expect(podEvents.againMs([creating], createdMs + 2000)).toBe(3000);
    expect(podEvents.againMs([creating], createdMs + 6000)).toBe(10_000);
  });
});
