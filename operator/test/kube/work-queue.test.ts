import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestSystem, type TestSystem } from '../../../runtime/src/testing/test-system.ts';
import type { ObjectName } from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { Heap } from '../../src/kube/heap.ts';
import type { Priority } from '../../src/kube/waiting-keys.ts';
import { WorkQueue, type WorkReport } from '../../src/kube/work-queue.ts';
import { settled } from './fake-server.ts';

const key = (name: string, namespace = 'shop'): ObjectName => ({ namespace, name });

interface Working {
  readonly name: string;
  readonly priority: Priority;
  readonly done: (afterMs?: number) => Promise<void>;
  readonly fail: (error?: Error) => Promise<void>;
}

let test: TestSystem;
let reports: WorkReport[];
/** All work so far, and what of it is under way. */
let begun: string[];
let working: Working[];
beforeEach(() => {
  test = createTestSystem();
  reports = [];
  begun = [];
  working = [];
});

const queueOf = (mostAtOnce = 1): WorkQueue => {
  const work = ({ namespace, name }: ObjectName, priority: Priority): Promise<number | undefined> => {
    begun.push(namespace === 'shop' ? name : `${namespace}/${name}`);
    return new Promise((resolve, reject) => {
      const one: Working = {
        name,
        priority,
        done: async (afterMs) => {
          working = working.filter((other) => other !== one);
          resolve(afterMs);
          await settled();
        },
        fail: async (error = new Error('no')) => {
          working = working.filter((other) => other !== one);
          reject(error);
          await settled();
        },
      };
      working.push(one);
    });
  };
  const queue = new WorkQueue({
    system: test.system,
    work,
    mostAtOnce,
    onWorked: (report) => reports.push(report),
  });
  queue.start();
  return queue;
};
const first = (): Working => working[0] ?? expect.fail('nothing is under way');
/** Does all that can be done now. */
const drain = async (): Promise<void> => {
  while (working.length > 0) await first().done();
};

describe('a work queue', () => {
  it('looks at a key once, however often it is added, and again for what came meanwhile', async () => {
    const queue = queueOf();
    queue.add(key('busy'), 'event');
    for (let round = 0; round < 3; round++) queue.add(key('one'), 'event');
    await first().done();
    queue.add(key('one'), 'event');
    queue.add(key('one'), 'event');
    await drain();
    expect(begun).toEqual(['busy', 'one', 'one']);
  });

  it('never looks at one key twice at once, and at no more keys than it may', async () => {
    const queue = queueOf(2);
    for (const name of ['one', 'one', 'two', 'three']) queue.add(key(name), 'event');
    expect(begun).toEqual(['one', 'two']);
    queue.add(key('one'), 'spec');
    expect(queue).toMatchObject({ atWork: 2 });
    await working[1]?.done();
    expect(begun).toEqual(['one', 'two', 'three']);
    await drain();
    expect(begun).toEqual(['one', 'two', 'three', 'one']);
  });

  it('takes what a user wrote before what has happened before what is only due', async () => {
    const queue = queueOf();
    queue.add(key('busy'), 'event');
    queue.add(key('resync'), 'resync');
    queue.add(key('event'), 'event');
    queue.add(key('spec'), 'spec');
    queue.add(key('raised'), 'resync');
    queue.add(key('raised'), 'spec');
    queue.add(key('raised'), 'resync');
    expect([queue.depth('spec'), queue.depth('event'), queue.depth('resync')]).toEqual([2, 1, 1]);
    await drain();
    expect(begun).toEqual(['busy', 'spec', 'raised', 'event', 'resync']);
  });

  it('lets nothing wait for ever behind what is more urgent', async () => {
    const queue = queueOf();
    queue.add(key('busy'), 'event');
    queue.add(key('patient'), 'resync');
    for (let round = 0; round < 20; round++) {
      queue.add(key(`urgent-${round}`), 'spec');
      queue.add(key(`urgent-too-${round}`), 'spec');
      await first().done();
    }
    expect(begun).toContain('patient');
  });

  it('goes from one namespace to the next, however many keys one has', async () => {
    const queue = queueOf();
    queue.add(key('busy'), 'event');
    for (let number = 0; number < 5; number++) queue.add(key(`${number}`, 'crowd'), 'event');
    queue.add(key('a', 'quiet'), 'event');
    queue.add(key('b', 'quiet'), 'event');
    await drain();
    expect(begun).toEqual([
      'busy',
      'crowd/0',
      'quiet/a',
      'crowd/1',
      'quiet/b',
      'crowd/2',
      'crowd/3',
      'crowd/4',
    ]);
  });

  it('waits for what is to be looked at later, unless it is wanted sooner', async () => {
    const queue = queueOf();
    queue.add(key('one'), 'resync', 1000);
    queue.add(key('two'), 'resync', 1000);
    queue.add(key('one'), 'event', 500);
    test.advance(499);
    expect(begun).toEqual([]);
    test.advance(1);
    expect(begun).toEqual(['one']);
    await drain();
    test.advance(1000);
    await drain();
    expect(begun).toEqual(['one', 'two']);
  });

  it('looks again when the work says so', async () => {
    const queue = queueOf();
    queue.add(key('one'), 'spec');
    await first().done(5000);
    test.advance(4999);
    expect(begun).toHaveLength(1);
    test.advance(1);
    expect(begun).toHaveLength(2);
    expect(first().priority).toBe('resync');
    queue.add(key('one'), 'spec');
    await first().done(60_000);
    expect(first().priority).toBe('spec');
  });

  it('begins nothing before it is started nor once it is stopped', async () => {
    const queue = queueOf();
    queue.stop();
    queue.add(key('one'), 'event');
    queue.add(key('two'), 'event', 10);
    test.advance(100);
    expect(begun).toEqual([]);
    queue.start();
    await drain();
    queue.add(key('three'), 'event', 10);
    queue.stop();
    expect(test.pendingTimers).toBe(0);
    expect(begun).toEqual(['one', 'two']);
  });

  it('tells how long keys waited and took', async () => {
    const queue = queueOf();
    queue.add(key('one'), 'event', 100);
    queue.add(key('two'), 'event', 100);
    test.advance(100);
    test.advance(30);
    await first().done();
    test.advance(7);
    await first().fail();
    expect(reports).toMatchObject([
      { key: key('one'), waitedMs: 0, tookMs: 30, error: undefined },
      { key: key('two'), waitedMs: 30, tookMs: 7, error: { message: 'no' } },
    ]);
  });
});

describe('a key that fails', () => {
  it('is tried again, later each time, and holds up no other', async () => {
    const queue = queueOf();
    queue.add(key('bad'), 'event');
    const waits: number[] = [];
    for (let failure = 0; failure < 14; failure++) {
      await first().fail();
      queue.add(key(`good-${failure}`), 'event');
      await drain();
      const fromMs = test.nowMs;
      while (working.length === 0) test.advance(1);
      expect(first().name).toBe('bad');
      waits.push(test.nowMs - fromMs);
    }
    expect(waits[0]).toBeLessThanOrEqual(100);
    expect(waits[3]).toBeGreaterThanOrEqual(400);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(queue.failing).toBe(1);
    await first().done();
    expect(queue.failing).toBe(0);
  });

  it('is not brought forward by what its failure makes happen, but by its user', async () => {
    const queue = queueOf();
    queue.add(key('bad'), 'event');
    for (let failure = 0; failure < 8; failure++) {
      queue.add(key('bad'), 'event');
      await first().fail();
      queue.add(key('bad'), 'event');
      expect(working).toHaveLength(0);
      while (working.length === 0) test.advance(10);
    }
    await first().fail();
    queue.add(key('bad'), 'spec');
    expect(begun).toHaveLength(10);
    queue.add(key('bad'), 'spec');
    await first().fail();
    expect(begun).toHaveLength(11);
  });

  it('waits as long as the server asks it to, or begins anew when it is forgotten', async () => {
    const queue = queueOf();
    queue.add(key('one'), 'event');
    await first().fail(new KubeError('throttled', 'later', { retryAfterMs: 10_000 }));
    test.advance(9999);
    expect(begun).toHaveLength(1);
    test.advance(1);
    await first().fail(new KubeError('throttled', 'later', { retryAfterMs: 10_000 }));
    queue.forget(key('one'));
    queue.add(key('one'), 'event');
    expect(begun).toHaveLength(3);
  });
});

describe('what the queue is made of', () => {
  it('gives values in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (values) => {
        const heap = new Heap<number>((one, other) => one < other);
        for (const value of values) heap.push(value);
        const sorted = values.map(() => heap.pop() as number);
        expect(sorted).toEqual(values.toSorted((one, other) => one - other));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });

  it('looks at every key after it was last added, whatever the order of things', async () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'later', 'done', 'fail', 'wait'),
      name: fc.constantFrom('one', 'two', 'three'),
      priority: fc.constantFrom<Priority>('spec', 'event', 'resync'),
      ms: fc.integer({ min: 0, max: 500 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        test = createTestSystem();
        begun = [];
        working = [];
        const queue = queueOf(2);
        const owed = new Set<string>();
        const paid = (): void => {
          for (const name of begun.splice(0)) owed.delete(name);
        };
        for (const { what, name, priority, ms } of steps) {
          paid();
          if (what === 'add' || what === 'later') {
            owed.add(name);
            queue.add(key(name), priority, what === 'later' ? ms : 0);
          }
          if (what === 'done') await working[0]?.done();
          if (what === 'fail') await working[0]?.fail();
          if (what === 'wait') test.advance(ms);
          expect(new Set(working.map((one) => one.name)).size).toBe(working.length);
          expect(working.length).toBeLessThanOrEqual(2);
        }
        for (let round = 0; round < 20; round++) {
          await drain();
          test.advance(60_000);
        }
        await drain();
        paid();
        expect([...owed]).toEqual([]);
        expect(queue).toMatchObject({ atWork: 0 });
      }),
      { numRuns: 200 },
    );
  });
});
