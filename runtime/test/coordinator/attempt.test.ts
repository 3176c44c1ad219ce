import { describe, expect, it } from 'vitest';
import { Attempt } from '../../src/coordinator/attempt.ts';
import type { Deploy } from '../../src/coordinator/job-revision.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { FakeCluster, settle } from './fake-deployment.ts';
import { keptLog } from './frozen-job.ts';

const begin = (quick = true, deployBy?: Deploy) => {
  const cluster = new FakeCluster(2, quick);
  const test = createTestSystem();
  const { logger, lines } = keptLog();
  const events: string[] = [];
  const attempt = new Attempt(
    7,
    {
      system: test.system,
      logger,
      revision: {
        graph: { slots: 2, maxParallelism: 4 } as PhysicalGraph,
        deploy: deployBy ?? cluster.deploy,
      },
    },
    {
      onRunning: () => void events.push('running'),
      onFinished: (drained) => void events.push(`finished ${drained}`),
      onFailed: (error) => void events.push(`failed ${(error as Error).message}`),
    },
  );
  void attempt.start();
  return { attempt, cluster, events, lines, test };
};

describe('an attempt', () => {
  it('lets slots read only when all agree and the enumerators have begun', async () => {
    const { cluster, events } = begin(false);
    const { slots, enumerators, number } = cluster.newest;
    expect(number).toBe(7);
    slots[0]?.ready.resolve();
    enumerators.ready.resolve();
    await settle();
    expect(enumerators.told).toEqual([]);
    slots[1]?.ready.resolve();
    await settle();
    expect(enumerators.told).toEqual(['start']);
    expect(slots.map(({ told }) => told)).toEqual([[], []]);
    enumerators.started.resolve();
    await settle();
    expect(slots.map(({ told }) => told)).toEqual([['start'], ['start']]);
    expect(events).toEqual(['running']);
  });

  it('carries requests to the enumerators and splits to the slots', async () => {
    const { cluster } = begin();
    await settle();
    const { slots, enumerators } = cluster.newest;
    slots[1]?.reports.requestSplit(4);
    expect(enumerators.told).toEqual(['start', 'request 4 1']);
    enumerators.reports.assign(4, 1, 'a');
    enumerators.reports.noMoreSplits(4, 0);
    expect(slots.map(({ told }) => told.at(-1))).toEqual(['no more 4', 'split 4 a']);
  });

  it('is finished when all its slots are, and drained when all were', async () => {
    for (const drained of [true, false]) {
      const { cluster, events } = begin();
      await settle();
      const { slots } = cluster.newest;
      slots[1]?.reports.onFinished(drained);
      expect(events).toEqual(['running']);
      slots[0]?.reports.onFinished(true);
      expect(events).toEqual(['running', `finished ${drained}`]);
    }
  });

  it('gives the metrics of its slots as one', async () => {
    const { attempt, cluster } = begin();
    await settle();
    for (const [number, slot] of cluster.newest.slots.entries()) slot.records = 10 + number;
    expect(attempt.metrics().counters).toEqual({ records: 21 });
  });
});

describe('an attempt that fails', () => {
  it('fails when it cannot be deployed', async () => {
    const { attempt, events } = begin(true, () => {
      throw new Error('no room');
    });
    await settle();
    expect(events).toEqual(['failed no room']);
    await attempt.close();
  });

  it.each([0, 1])('fails when slot %i cannot load the job, without waiting for the others', async (slot) => {
    const { cluster, events } = begin(false);
    cluster.newest.slots[slot]?.ready.reject(new Error('bad code'));
    await settle();
    expect(events).toEqual(['failed bad code']);
    expect(cluster.newest.enumerators.told).toEqual([]);
  });

  it('fails when its enumerators cannot begin, and lets no slot read', async () => {
    const { cluster, events } = begin(false);
    const { slots, enumerators } = cluster.newest;
    for (const part of [...slots, enumerators]) part.ready.resolve();
    enumerators.started.reject(new Error('no files'));
    await settle();
    expect(events).toEqual(['failed no files']);
    expect(slots.map(({ told }) => told)).toEqual([[], []]);
  });

  it('tells the first failure and logs the others', async () => {
    const { cluster, events, lines } = begin();
    await settle();
    const { slots, enumerators } = cluster.newest;
    slots[0]?.reports.onFailed(new Error('first'));
    slots[1]?.reports.onFailed(new Error('second'));
    enumerators.reports.onFailed('third');
    slots[1]?.reports.onFinished(true);
    expect(events).toEqual(['running', 'failed first']);
    expect(lines).toEqual([
      'warn: After the end of attempt 7: second',
      'warn: After the end of attempt 7: third',
    ]);
  });

  it('carries nothing any more, whoever is late', async () => {
    const { cluster } = begin();
    await settle();
    const { slots, enumerators } = cluster.newest;
    slots[0]?.reports.onFailed(new Error('first'));
    slots[1]?.reports.requestSplit(0);
    slots[1]?.reports.sendState(0, { keyGroup: 3 } as never);
    enumerators.reports.assign(0, 1, 'late');
    enumerators.reports.noMoreSplits(0, 1);
    expect(slots.map(({ told }) => told)).toEqual([['start'], ['start']]);
    expect(enumerators.told).toEqual(['start']);
  });
});

describe('closing an attempt', () => {
  it('closes everything once, however often it is asked for', async () => {
    const { attempt, cluster } = begin();
    await settle();
    await Promise.all([attempt.close(), attempt.close()]);
    const { slots, enumerators } = cluster.newest;
    expect(slots.map(({ told }) => told)).toEqual([
      ['start', 'cancel'],
      ['start', 'cancel'],
    ]);
    expect(enumerators.told).toEqual(['start', 'close']);
  });

  it('reaches what is still being deployed, and nothing starts afterwards', async () => {
    const { attempt, cluster, events } = begin(false);
    const { slots, enumerators } = cluster.newest;
    const closed = attempt.close();
    for (const part of [...slots, enumerators]) {
      part.ready.resolve();
      part.closed.resolve();
    }
    await closed;
    await settle();
    expect([events, enumerators.told]).toEqual([[], ['close']]);
    expect(slots.map(({ told }) => told)).toEqual([['cancel'], ['cancel']]);
  });

  it('lets nothing start when the enumerators begin only then', async () => {
    const { attempt, cluster, events } = begin(false);
    const { slots, enumerators } = cluster.newest;
    for (const part of [...slots, enumerators]) part.ready.resolve();
    await settle();
    void attempt.close();
    enumerators.started.resolve();
    await settle();
    expect(events).toEqual([]);
    expect(slots.map(({ told }) => told)).toEqual([['cancel'], ['cancel']]);
  });

  it('logs what fails and closes the rest', async () => {
    const { attempt, cluster, lines, events } = begin(false);
    const { slots, enumerators } = cluster.newest;
    slots[0]?.closed.reject(new Error('a file is gone'));
    slots[1]?.closed.resolve();
    enumerators.closed.reject('stuck');
    await attempt.close();
    expect(lines).toEqual([
      'warn: After the end of attempt 7: a file is gone',
      'warn: After the end of attempt 7: stuck',
    ]);
    expect(events).toEqual([]);
  });

  it('goes on without what never closes, and leaves no timer', async () => {
    const { attempt, cluster, lines, test } = begin(false);
    cluster.newest.slots[0]?.closed.resolve();
    const closed = attempt.close();
    test.advance(15_000);
    await closed;
    expect(lines).toEqual(['warn: After the end of attempt 7: Something was not closed after 15 s.']);
    expect(test.pendingTimers).toBe(0);
  });
});
