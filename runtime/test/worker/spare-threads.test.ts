import { describe, expect, it } from 'vitest';
import type { Thread, ThreadPort } from '../../src/sys/threads.ts';
import { createTestSystem } from '../../src/testing/index.ts';
import { begunAs, SpareThreads } from '../../src/worker/spare-threads.ts';

const entry = new URL('file:///slot-thread.ts');
const code = { artifact: 'job.mjs', args: { n: '1' }, plan: { parallelism: 2 } };

/** Threads that only note what becomes of them. */
const machine = () => {
  const test = createTestSystem();
  const made: {
    readonly data: unknown;
    readonly told: unknown[];
    readonly thread: Thread;
    exit(): void;
    isGone: boolean;
  }[] = [];
  const spawn = (_entry: URL, data: unknown): Thread => {
    let onExit = (): void => undefined;
    const told: unknown[] = [];
    const thread: Thread = {
      post: (message) => void told.push(message),
      onMessage: () => undefined,
      onExit: (listener) => {
        onExit = () => listener(undefined);
      },
      terminate: async () => {
        own.isGone = true;
      },
    };
    const own = { data, told, thread, exit: () => onExit(), isGone: false };
    made.push(own);
    return thread;
  };
  const spares = new SpareThreads({ timers: test.system.timers, threads: { spawn } });
  const start = (slot: number, more: object = {}) =>
    spares.spawn(entry, { ...code, slot, ...more }, { heapMiB: 7 });
  return { test, made, spares, start };
};

describe('threads that wait for the next attempt', () => {
  it('are made after a while, one for each that was started, and are used once', () => {
    const { test, made, start } = machine();
    start(0);
    start(1);
    expect(made.map(({ data }) => data)).toEqual([
      { ...code, slot: 0 },
      { ...code, slot: 1 },
    ]);
    test.advance(2000);
    expect(made.slice(2).map(({ data }) => data)).toEqual([
      { kind: 'spare', code },
      { kind: 'spare', code },
    ]);
    expect(start(0)).toBe(made[2]?.thread);
    expect(start(1)).toBe(made[3]?.thread);
    expect(made[3]?.told).toEqual([{ kind: 'become', data: { ...code, slot: 1 } }]);
    expect(start(2)).toBe(made[4]?.thread);
    expect(made[4]?.data).toEqual({ ...code, slot: 2 });
  });

  it('end when they have loaded other code, and when nobody will want them', async () => {
    const { test, made, start, spares } = machine();
    start(0);
    test.advance(2000);
    start(0, { artifact: 'new.mjs' });
    expect(made[1]?.isGone).toBe(true);
    test.advance(2000);
    await spares.close();
    expect(made[3]?.isGone).toBe(true);
    expect(made[2]?.isGone).toBe(false);
    start(0);
    await spares.close();
    expect(test.pendingTimers).toBe(0);
  });

  it('are forgotten when they are gone', () => {
    const { test, made, start } = machine();
    start(0);
    test.advance(2000);
    made[1]?.exit();
    expect(start(0)).toBe(made[2]?.thread);
  });
});

describe('a thread', () => {
  const begin = (data: unknown) => {
    const loaded: unknown[] = [];
    let tell: (message: unknown) => void = () => undefined;
    const port: ThreadPort = {
      data,
      post: () => undefined,
      onMessage: (listener) => {
        tell = listener;
      },
      close: () => undefined,
    };
    const begun = begunAs(port, async (job) => {
      loaded.push(job);
      return 'the graph';
    });
    return { begun, loaded, tell: (message: unknown) => tell(message) };
  };

  it('loads what it is started with', async () => {
    const { begun, loaded } = begin({ ...code, slot: 3 });
    expect(await begun).toEqual({ data: { ...code, slot: 3 }, graph: 'the graph' });
    expect(loaded).toEqual([{ ...code, slot: 3 }]);
  });

  it('that is a spare loads the code, and is what it is told later', async () => {
    const { begun, loaded, tell } = begin({ kind: 'spare', code });
    await Promise.resolve();
    await Promise.resolve();
    expect(loaded).toEqual([code]);
    tell({ kind: 'become', data: { ...code, slot: 3 } });
    expect(await begun).toEqual({ data: { ...code, slot: 3 }, graph: 'the graph' });
  });
});
