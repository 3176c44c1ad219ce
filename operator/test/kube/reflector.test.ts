import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestSystem, type TestSystem } from '../../../runtime/src/testing/test-system.ts';
import { Cache } from '../../src/kube/cache.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceType } from '../../src/kube/objects.ts';
import { Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts';
import { FakeServer, settled } from './fake-server.ts';

const things: ResourceType = { group: '', version: 'v1', kind: 'Thing', plural: 'things' };
const thing = (name: string, namespace = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace },
});
const down = (): KubeError => new KubeError('unavailable', 'the server is down');
const gone = (): KubeError => new KubeError('gone', 'too old', { status: 410 });

let server: FakeServer;
let test: TestSystem;
let cache: Cache<KubeObject>;
beforeEach(() => {
  server = new FakeServer();
  test = createTestSystem();
  cache = new Cache();
});

const start = async (options: Partial<ReflectorOptions<KubeObject>> = {}): Promise<Reflector<KubeObject>> => {
  const reflector = new Reflector({ client: server, type: things, cache, system: test.system, ...options });
  reflector.start();
  await settled();
  return reflector;
};
const pass = async (byMs: number, stepMs = byMs): Promise<void> => {
  for (let restMs = byMs; restMs > 0; restMs -= stepMs) {
    test.advance(Math.min(stepMs, restMs));
    await settled();
  }
};
const names = (): string[] => [...cache.all()].map(({ metadata }) => metadata.name).toSorted();

describe('a reflector that goes well', () => {
  it('has what is there, page by page, then what is told', async () => {
    for (const name of ['one', 'two', 'three']) server.put(thing(name));
    server.mostItems = 2;
    const reflector = await start({ labelSelector: 'a=b' });
    expect(names()).toEqual(['one', 'three', 'two']);
    expect(server.lists).toEqual([
      { namespace: undefined, labelSelector: 'a=b', limit: 50, continue: undefined },
      { namespace: undefined, labelSelector: 'a=b', limit: 50, continue: '2' },
    ]);
    server.put(thing('four'));
    server.take('Thing', { namespace: 'shop', name: 'one' });
    expect(names()).toEqual(['four', 'three', 'two']);
    expect(reflector).toMatchObject({ isSynced: true, failure: undefined, lastSyncedMs: 0 });
  });

  it('goes on where it was when the server ends a watch in good order', async () => {
    await start();
    server.bookmark();
    const { resourceVersion } = server;
    server.tells = () => false;
    server.endWatches();
    server.tells = () => true;
    await settled();
    expect(server.watches.at(-1)).toMatchObject({ resourceVersion });
    server.put(thing('one'));
    expect(names()).toEqual(['one']);
    expect(server.lists).toHaveLength(1);
  });

  it('knows whether it shows a write of our own', async () => {
    const reflector = await start();
    server.tells = () => false;
    const { metadata } = server.put(thing('one'));
    expect(reflector.hasObserved(metadata.resourceVersion)).toBe(false);
    server.bookmark();
    expect(reflector.hasObserved(metadata.resourceVersion)).toBe(true);
  });

  it('asks the server for nothing while nothing happens, but renews its watch', async () => {
    await start({ times: { auditMs: 1e9 } });
    for (let minute = 0; minute < 10; minute++) {
      server.bookmark();
      await pass(60_000);
    }
    expect(server.calls).toEqual(['list things', 'watch things']);
    expect(server.watches[0]?.timeoutSeconds).toBeGreaterThanOrEqual(300);
    expect(server.watches[0]?.timeoutSeconds).toBeLessThanOrEqual(600);
  });

  it('of a namespace keeps to it, beside others in the same cache', async () => {
    server.put(thing('one', 'shop'));
    server.put(thing('two', 'bank'));
    await start({ namespace: 'shop' });
    await start({ namespace: 'bank' });
    server.take('Thing', { namespace: 'shop', name: 'one' });
    server.endWatches(gone());
    await pass(2000);
    expect(names()).toEqual(['two']);
  });

  it('does nothing any more once it is stopped', async () => {
    const reflector = await start();
    reflector.stop();
    server.put(thing('one'));
    await pass(1e7);
    expect(names()).toEqual([]);
    expect(server.openWatches).toHaveLength(0);
    expect(test.pendingTimers).toBe(0);
  });
});

describe('a reflector whose server fails', () => {
  it('waits longer after each failure, and asks no sooner than it was told to', async () => {
    server.refuse = () => down();
    const reflector = await start();
    expect(reflector).toMatchObject({ isSynced: false, failure: { code: 'unavailable' } });
    await pass(300_000, 1000);
    expect(server.calls.length).toBeGreaterThan(8);
    expect(server.calls.length).toBeLessThan(30);
    server.refuse = () => new KubeError('throttled', 'later', { retryAfterMs: 100_000 });
    await pass(30_000, 1000);
    const before = server.calls.length;
    await pass(99_000 - 30_000, 1000);
    expect(server.calls).toHaveLength(before);
    server.refuse = () => undefined;
    await pass(32_000, 1000);
    expect(reflector).toMatchObject({ isSynced: true, failure: undefined });
  });

  it('resumes after a reset, and lists again when the watch goes on failing', async () => {
    const reflector = await start();
    server.put(thing('one'));
    server.endWatches(down());
    server.put(thing('two'));
    await pass(1000);
    expect(names()).toEqual(['one', 'two']);
    expect(server.lists).toHaveLength(1);
    server.bookmark();
    server.refuse = (call) => (call.startsWith('watch') ? down() : undefined);
    server.endWatches(down());
    await pass(30_000, 200);
    expect(server.lists.length).toBeGreaterThan(1);
    server.refuse = () => undefined;
    await pass(60_000, 200);
    server.put(thing('three'));
    expect(names()).toEqual(['one', 'three', 'two']);
    expect(reflector.counts.missedEvents).toBe(0);
  });

  it('lists again when its version is forgotten, and finds what happened meanwhile', async () => {
    server.put(thing('one'));
    const reflector = await start();
    server.tells = () => false;
    server.take('Thing', { namespace: 'shop', name: 'one' });
    server.put(thing('two'));
    server.endWatches(gone());
    await pass(1000);
    expect(names()).toEqual(['two']);
    expect(reflector.counts).toMatchObject({ lists: 2, missedEvents: 0 });
  });

  it('takes a silent watch for dead', async () => {
    const reflector = await start();
    server.tells = () => false;
    server.put(thing('one'));
    server.tells = () => true;
    await pass(149_999);
    expect(server.watches).toHaveLength(1);
    await pass(1);
    expect(server.watches).toHaveLength(2);
    expect(reflector.counts.silences).toBe(1);
    expect(server.openWatches).toHaveLength(1);
  });

  it('does not ask in a loop when watches end at once', async () => {
    await start();
    for (let round = 0; round < 100; round++) {
      server.endWatches();
      await pass(100);
    }
    expect(server.watches.length + server.lists.length).toBeLessThan(12);
  });

  it('keeps what it knows while it is forbidden to look, and says so', async () => {
    server.put(thing('one'));
    const reflector = await start();
    server.refuse = () => new KubeError('forbidden', 'not yours', { status: 403 });
    server.endWatches(gone());
    await pass(60_000, 1000);
    expect(names()).toEqual(['one']);
    expect(reflector).toMatchObject({ isSynced: true, failure: { code: 'forbidden' } });
  });

  it('begins the list again when its pages are forgotten between two of them', async () => {
    for (const name of ['one', 'two', 'three']) server.put(thing(name));
    server.mostItems = 2;
    let lists = 0;
    server.refuse = (call) => (call === 'list things' && ++lists === 2 ? gone() : undefined);
    await start();
    await pass(1000);
    expect(server.lists.map((options) => options.continue)).toEqual([undefined, '2', undefined, '2']);
    expect(names()).toEqual(['one', 'three', 'two']);
  });
});

describe('an audit of a reflector', () => {
  const auditMs = 100_000;
  /** Until the audit has been made, with a bookmark now and then. */
  const audited = async (): Promise<void> => {
    for (let round = 0; round < 13; round++) {
      server.bookmark();
      await pass(10_000);
    }
  };

  it('finds what a watch has not told, counts it, and watches anew', async () => {
    for (const name of ['one', 'two']) server.put(thing(name));
    const reflector = await start({ times: { auditMs } });
    server.tells = () => false;
    server.put(thing('one'));
    server.take('Thing', { namespace: 'shop', name: 'two' });
    server.put(thing('three'));
    server.tells = () => true;
    await audited();
    expect(names()).toEqual(['one', 'three']);
    expect(reflector.counts).toMatchObject({ missedEvents: 3, lists: 2, watches: 2 });
    expect(server.openWatches).toHaveLength(1);
  });

  it('finds nothing where the watch tells all, even what happens while it looks', async () => {
    for (const name of ['one', 'two']) server.put(thing(name));
    const reflector = await start({ times: { auditMs } });
    let during = false;
    server.refuse = (call) => {
      if (call === 'list things') {
        server.take('Thing', { namespace: 'shop', name: 'one' });
        server.put(thing('three'));
        server.put(thing('two'));
        during = true;
      }
      return undefined;
    };
    await audited();
    expect(during).toBe(true);
    expect(names()).toEqual(['three', 'two']);
    expect(reflector.counts).toMatchObject({ missedEvents: 0, lists: 2, watches: 1 });
  });

  it('that fails changes nothing', async () => {
    server.put(thing('one'));
    const reflector = await start({ times: { auditMs } });
    server.refuse = (call) => (call === 'list things' ? down() : undefined);
    await audited();
    expect(names()).toEqual(['one']);
    expect(reflector.counts).toMatchObject({ failures: 1, watches: 1 });
  });
});

describe('what a reflector shows', () => {
  it('never goes back to what was before, when a watch tells it again', async () => {
    await start();
    const first = server.put({ ...thing('one'), metadata: { ...thing('one').metadata, labels: { v: '1' } } });
    server.put({ ...thing('one'), metadata: { ...thing('one').metadata, labels: { v: '2' } } });
    for (const { listener } of server.openWatches) listener.onEvent({ type: 'MODIFIED', object: first });
    expect([...cache.all()][0]?.metadata.labels).toEqual({ v: '2' });
  });

  it('is not taken away by the end of an earlier object of that name', async () => {
    await start();
    const first = server.put(thing('one'));
    server.take('Thing', { namespace: 'shop', name: 'one' });
    server.put(thing('one'));
    for (const { listener } of server.openWatches) {
      const late = { ...first, metadata: { ...first.metadata, resourceVersion: '999999' } };
      listener.onEvent({ type: 'DELETED', object: late });
    }
    expect(names()).toEqual(['one']);
  });

  it('is in the end what the server has, whatever is lost on the way', async () => {
    const step = fc.record({
      what: fc.constantFrom('put', 'take', 'lose', 'reset', 'forget', 'end', 'mute', 'bookmark', 'wait'),
      name: fc.constantFrom('one', 'two', 'three'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        server = new FakeServer();
        test = createTestSystem();
        cache = new Cache();
        const reflector = await start({ times: { auditMs: 100_000 } });
        for (const { what, name } of steps) {
          if (what === 'put') server.put(thing(name));
          if (what === 'take') server.take('Thing', { namespace: 'shop', name });
          if (what === 'lose') {
            server.tells = () => false;
            server.put(thing(name));
            server.tells = () => true;
          }
          if (what === 'reset') server.endWatches(down());
          if (what === 'forget') server.endWatches(gone());
          if (what === 'end') server.endWatches();
          if (what === 'mute') await pass(150_000);
          if (what === 'bookmark') server.bookmark();
          if (what === 'wait') await pass(500);
        }
        await pass(260_000, 10_000);
        const shown = [...cache.all()].map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
        const there = [...server.objects.values()].map(
          ({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`,
        );
        expect(shown.toSorted()).toEqual(there.toSorted());
        expect(server.openWatches).toHaveLength(1);
        reflector.stop();
        expect(test.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
