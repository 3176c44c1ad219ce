import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/testing/settle.ts';
import { createTestSystem } from '../../../src/testing/test-system.ts';
import { placeSlots, RemoteAttempt, type RemoteWorker } from '../../../src/worker/remote/remote-attempt.ts';
import { type SlotOrder, WorkerHost } from '../../../src/worker/remote/worker-host.ts';
import type { SlotReports } from '../../../src/worker/slot-handle.ts';
import { NotingSlot, sent } from './noting-slot.ts';

interface Job {
  readonly name: string;
}

/** A coordinator and two workers, of one slot and of two, joined by links that carry values only. */
const deployed = () => {
  const machine = createTestSystem();
  const made: { readonly order: SlotOrder<Job>; readonly slot: NotingSlot; readonly peers: unknown[] }[] = [];
  const heard: string[] = [];
  const attempts: RemoteAttempt<Job>[] = [];
  const led = { term: 1 };
  const workers = [1, 2].map((capacity, number) => {
    const host = new WorkerHost<Job>({
      system: machine.system,
      host: `worker${number}`,
      send: (message) => {
        // Whoever leads last hears of an attempt.
        attempts.findLast(({ number }) => number === message.attempt)?.accept(worker, sent(message));
      },
      create: (order) => {
        const slot = new NotingSlot();
        const peers: unknown[] = [];
        made.push({ order, slot, peers });
        return { handle: slot, connect: (all) => void peers.push(...all) };
      },
      mayHold: () => true,
    });
    const worker: RemoteWorker<Job> = {
      capacity,
      send: (message) => host.accept({ ...sent(message), term: led.term }),
    };
    return { host, worker };
  });
  const all = workers.map(({ worker }) => worker);
  const prepare = (number: number, beside?: number): RemoteAttempt<Job> => {
    const reports = (slot: number): SlotReports => ({
      requestSplit: (task) => void heard.push(`${number}/${slot} wants a split of ${task}`),
      sendState: () => undefined,
      onEnded: (drained) => void heard.push(`${number}/${slot} ended ${drained}`),
      onFinished: () => void heard.push(`${number}/${slot} finished`),
      onFailed: (error) => void heard.push(`${number}/${slot} failed: ${(error as Error).message}`),
    });
    const attempt = new RemoteAttempt<Job>(number, 3, { name: 'orders' }, reports, beside);
    attempts.push(attempt);
    return attempt;
  };
  const deploy = (number: number, beside?: number): RemoteAttempt<Job> => {
    const attempt = prepare(number, beside);
    attempt.place(placeSlots(3, all));
    return attempt;
  };
  return { machine, made, heard, led, hosts: workers.map(({ host }) => host), workers: all, prepare, deploy };
};

const last = <T>(list: readonly T[], count: number): readonly T[] => list.slice(-count);

describe('an attempt that is prepared beside another', () => {
  it('leaves that where it is, which hears of both, until it is cancelled', async () => {
    const { made, heard, deploy } = deployed();
    const before = deploy(1);
    for (const { slot } of made) slot.loading.resolve();
    const next = deploy(2, 1);
    expect(made.slice(0, 3).flatMap(({ slot }) => slot.told)).toEqual([]);
    expect(made.slice(3).map(({ order: { attempt, beside, slot } }) => [attempt, beside, slot])).toEqual([
      [2, 1, 0],
      [2, 1, 1],
      [2, 1, 2],
    ]);
    made[1]?.order.reports.requestSplit(7);
    made[4]?.order.reports.requestSplit(8);
    expect(heard).toEqual(['1/1 wants a split of 7', '2/1 wants a split of 8']);
    next.slots[1]?.addSplit(8, 'a');
    before.slots[1]?.stop();
    expect(made[4]?.slot.told).toEqual([['addSplit', 8, 'a']]);
    expect(made[1]?.slot.told).toEqual([['stop']]);
    const cancelled = before.slots[0]?.cancel();
    made[0]?.slot.cancelling.resolve();
    await cancelled;
    expect(made[0]?.slot.told).toEqual([['cancel']]);
    // The one behind it lets go what is left of it.
    deploy(3);
    expect(made[1]?.slot.told.at(-1)).toEqual(['cancel']);
    expect(made[4]?.slot.told.at(-1)).toEqual(['cancel']);
  });
});

describe('an attempt that was prepared and given up', () => {
  it('leaves its number to the next one, and says nothing in its name', async () => {
    const { made, deploy } = deployed();
    deploy(1);
    const givenUp = deploy(2, 1);
    for (const slot of givenUp.slots) void slot.cancel();
    const next = deploy(2, 1);
    expect(made.map(({ order: { attempt, slot } }) => [attempt, slot]).slice(6)).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
    made.slice(3, 6).forEach(({ order }, slot) => {
      order.onListening(4000 + slot);
    });
    expect(made[6]?.peers).toEqual([]);
    made.slice(6).forEach(({ order }, slot) => {
      order.onListening(5000 + slot);
    });
    expect(made[6]?.peers).toEqual(
      [1, 2].map((slot) => expect.objectContaining({ slot, port: 5000 + slot })),
    );
    next.slots[0]?.addSplit(1, 'a');
    expect(made[6]?.slot.told).toEqual([['addSplit', 1, 'a']]);
    expect(made[0]?.slot.told).toEqual([]);
  });
});

describe('an attempt in several workers', () => {
  it('gives each worker its slots, with the job, and who is near', () => {
    const { made, deploy } = deployed();
    deploy(1);
    expect(made.map(({ order: { slot, near, job, attempt } }) => ({ slot, near, job, attempt }))).toEqual([
      { slot: 0, near: [0], job: { name: 'orders' }, attempt: 1 },
      { slot: 1, near: [1, 2], job: { name: 'orders' }, attempt: 1 },
      { slot: 2, near: [1, 2], job: { name: 'orders' }, attempt: 1 },
    ]);
  });

  it('lets its slots find each other, and hands on what each is told and tells', async () => {
    const { machine, made, heard, deploy } = deployed();
    const attempt = deploy(1);
    for (const { order } of made) order.onListening(4000 + order.slot);
    expect(made[2]?.peers).toEqual([
      { slot: 0, host: 'worker0', port: 4000 },
      { slot: 1, host: 'worker1', port: 4001 },
    ]);
    for (const { slot } of made) slot.loading.resolve();
    await settle(machine);
    await Promise.all(attempt.slots.map(({ ready }) => ready));
    attempt.slots[1]?.noMoreSplits(5);
    expect(made.map(({ slot }) => slot.told)).toEqual([[], [['noMoreSplits', 5]], []]);
    made[2]?.order.reports.requestSplit(7);
    expect(heard).toEqual(['1/2 wants a split of 7']);
  });

  it('ends when the next one begins, and hears nothing of it', async () => {
    const { machine, made, heard, deploy } = deployed();
    const first = deploy(1);
    deploy(2);
    expect(made.slice(0, 3).map(({ slot }) => slot.told)).toEqual([[['cancel']], [['cancel']], [['cancel']]]);
    first.slots[0]?.stop();
    made[3]?.order.reports.requestSplit(1);
    await settle(machine);
    expect(last(made, 3).map(({ slot }) => slot.told)).toEqual([[], [], []]);
    expect(heard).toEqual(['2/0 wants a split of 1']);
  });

  it('fails with the worker that is lost', () => {
    const { heard, workers, deploy } = deployed();
    deploy(1).lost(workers[1] as RemoteWorker<Job>, new Error('it is silent'));
    expect(heard).toEqual(['1/1 failed: it is silent', '1/2 failed: it is silent']);
  });

  it('has slots before it has a place, and fails when it gets none', async () => {
    const { made, heard, prepare } = deployed();
    const attempt = prepare(1);
    attempt.slots[0]?.stop();
    expect(made).toEqual([]);
    attempt.abandon(new Error('no worker has room'));
    await expect(attempt.slots[2]?.ready).rejects.toThrow('no worker has room');
    expect(last(heard, 1)).toEqual(['1/2 failed: no worker has room']);
  });

  it('goes nowhere when it was cancelled before it had a place', async () => {
    const { made, heard, workers, prepare } = deployed();
    const attempt = prepare(1);
    await Promise.all(attempt.slots.map((slot) => slot.cancel()));
    attempt.place(placeSlots(3, workers));
    expect(made).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('is not spoken for by a worker that does not host the slot', () => {
    const { workers, deploy } = deployed();
    const attempt = deploy(1);
    const foreign = { kind: 'slot', attempt: 1, slot: 0, answer: { kind: 'ready' } } as const;
    expect(() => attempt.accept(workers[1] as RemoteWorker<Job>, foreign)).toThrow('which it does not host');
  });

  it('needs room for all of its slots', () => {
    expect(() => placeSlots(4, [{ capacity: 1 }, { capacity: 2 }])).toThrow(
      '4 slots are needed, and 2 workers have room for 3.',
    );
  });
});

describe('a worker', () => {
  it('is closed when all its slots are, those of earlier attempts among them', async () => {
    const { machine, made, hosts, deploy } = deployed();
    deploy(1);
    deploy(2);
    let isClosed = false;
    void hosts[1]?.close().then(() => {
      isClosed = true;
    });
    for (const { slot, order } of made) if (order.attempt === 2) slot.cancelling.resolve();
    await settle(machine);
    expect(isClosed).toBe(false);
    for (const { slot } of made) slot.cancelling.resolve();
    await settle(machine);
    expect(isClosed).toBe(true);
  });

  it('begins no attempt that is older than the one it has, and refuses what means nothing to it', () => {
    const { made, hosts, deploy } = deployed();
    deploy(2);
    deploy(1);
    expect(made.map(({ order }) => order.attempt)).toEqual([2, 2, 2]);
    expect(() => hosts[0]?.accept({ kind: 'sing', term: 1 } as never)).toThrow('which means nothing here');
  });
});

describe('slots whose coordinator is gone', () => {
  /** An attempt that runs in both workers. */
  const running = async () => {
    const parts = deployed();
    const first = parts.deploy(1);
    for (const { slot } of parts.made) slot.loading.resolve();
    await settle(parts.machine);
    for (const slot of first.slots) slot.start();
    return { ...parts, first };
  };

  it('are held where all of them run, and may be', async () => {
    const { hosts, first, made } = await running();
    const job = { name: 'orders' };
    expect(hosts.map(({ holds }) => holds)).toEqual([
      { attempt: 1, slots: [0], job },
      { attempt: 1, slots: [1, 2], job },
    ]);
    first.slots[2]?.stop();
    made[0]?.order.reports.onFailed(new Error('broken'));
    expect(hosts.map(({ holds }) => holds)).toEqual([undefined, undefined]);
  });

  it('go on under the next one: what they ask and asked reaches it once they are started there', async () => {
    const { workers, first, made, heard, prepare } = await running();
    first.slots[2]?.addSplit(5, 'a');
    made[2]?.order.reports.requestSplit(5);
    made[1]?.order.reports.onEnded?.(true);
    heard.length = 0;
    const next = prepare(1);
    next.adopt(placeSlots(3, workers));
    await Promise.all(next.slots.map(({ ready }) => ready));
    expect(next.held.map(({ slot, splits, asked }) => [slot, splits, asked])).toEqual([
      [0, [], []],
      [1, [], []],
      [2, [{ task: 5, split: 'a', behindId: 0 }], [5]],
    ]);
    made[0]?.order.reports.requestSplit(5);
    heard.length = 0;
    for (const slot of next.slots) slot.start();
    expect(heard).toEqual(['1/0 wants a split of 5', '1/1 ended true', '1/2 wants a split of 5']);
    next.slots[2]?.addSplit(5, 'b');
    expect(made[2]?.slot.told.slice(-2)).toEqual([
      ['addSplit', 5, 'a'],
      ['addSplit', 5, 'b'],
    ]);
    expect(made[0]?.slot.told).toEqual([['start']]);
  });

  it('let go what was prepared beside them: nobody knows of that any more, and the next one may have its number', async () => {
    const { workers, made, prepare, deploy } = await running();
    deploy(2, 1);
    prepare(1).adopt(placeSlots(3, workers));
    expect(made.map(({ slot }) => slot.told.at(-1))).toEqual([
      ...[0, 1, 2].map(() => ['start']),
      ...[0, 1, 2].map(() => ['cancel']),
    ]);
    deploy(2);
    expect(made.slice(6).map(({ order }) => order.attempt)).toEqual([2, 2, 2]);
  });

  it('fail the attempt when they cannot go on', async () => {
    const { workers, first, heard, prepare } = await running();
    first.slots[2]?.stop();
    const next = prepare(1);
    next.adopt(placeSlots(3, workers));
    await expect(next.slots[1]?.ready).rejects.toThrow('Slot 1 ended before it was adopted.');
    expect(heard).toEqual([
      '1/1 failed: Slot 1 ended before it was adopted.',
      '1/2 failed: Slot 2 ended before it was adopted.',
    ]);
  });

  it('obey nobody who leads in a lower term than they have heard of', async () => {
    const { workers, first, made, led, prepare } = await running();
    led.term = 2;
    prepare(1).adopt(placeSlots(3, workers));
    led.term = 1;
    expect(() => first.slots[0]?.stop()).toThrow('it leads in term 1, and another leads in term 2');
    expect(made[0]?.slot.told).toEqual([['start']]);
  });
});
