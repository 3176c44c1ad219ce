import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePacking } from '../../../runtime/src/sys/node-packing.ts';
import { createTestSystem } from '../../../runtime/src/testing/test-system.ts';
import { backoffMs } from '../../src/kube/backoff.ts';
import { Cache, type Change } from '../../src/kube/cache.ts';
import type { KubeObject, Stored } from '../../src/kube/objects.ts';
import { compareVersions } from '../../src/kube/versions.ts';

const thing = (
  name: string,
  more: Partial<Stored<KubeObject>['metadata']> & { managedFields?: unknown } = {},
): Stored<KubeObject> => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', ...more },
});
const names = (objects: Iterable<KubeObject>): string[] => [...objects].map(({ metadata }) => metadata.name);

describe.each([
  ['as they are', undefined],
  ['packed', nodePacking],
])('a cache of objects %s', (_how, packing) => {
  it('finds objects by name and by the labels that it was told', () => {
    const cache = new Cache({ labels: ['job', 'owner'], packing });
    cache.put(thing('one', { labels: { owner: 'a', job: 'x', color: 'red' } }));
    cache.put(thing('two', { labels: { owner: 'a', job: 'y' } }));
    cache.put(thing('two', { namespace: 'other', uid: 'two-other' }));
    expect(cache.size).toBe(3);
    expect(cache.get({ namespace: 'shop', name: 'one' })?.metadata.name).toBe('one');
    expect(names(cache.labelled('owner', 'a'))).toEqual(['one', 'two']);
    expect(names(cache.labelled('job', 'x'))).toEqual(['one']);
    expect(names(cache.labelled('color', 'red'))).toEqual([]);
    expect(names(cache.all('other'))).toEqual(['two']);
  });

  it('forgets labels that an object has no more', () => {
    const cache = new Cache({ labels: ['job', 'owner'], packing });
    cache.put(thing('one', { labels: { owner: 'a', job: 'x' } }));
    cache.put(thing('one', { labels: { owner: 'b' } }));
    expect([...cache.labelled('owner', 'a'), ...cache.labelled('job', 'x')]).toEqual([]);
    expect(names(cache.labelled('owner', 'b'))).toEqual(['one']);
    cache.remove({ namespace: 'shop', name: 'one' });
    cache.remove({ namespace: 'shop', name: 'one' });
    expect([...cache.labelled('owner', 'b'), ...cache.all()]).toEqual([]);
  });

  it('keeps nothing of what servers and kubectl keep for themselves', () => {
    const cache = new Cache({ packing });
    const annotations = { mine: 'yes', 'kubectl.kubernetes.io/last-applied-configuration': '{…}' };
    cache.put(thing('one', { managedFields: [{}], annotations }));
    expect(cache.get({ namespace: 'shop', name: 'one' })).toEqual(
      thing('one', { annotations: { mine: 'yes' } }),
    );
  });

  it('tells that an object is gone before it tells another one of its name', () => {
    const changes: Change<KubeObject>[] = [];
    const cache = new Cache({ packing, onChange: (change) => changes.push(change) });
    cache.put(thing('one', { uid: 'a' }));
    cache.put(thing('one', { uid: 'b' }));
    expect(changes.map(({ before, now }) => [before?.metadata.uid, now?.metadata.uid])).toEqual([
      [undefined, 'a'],
      ['a', undefined],
      [undefined, 'b'],
    ]);
  });
});

describe.each([
  ['as they are', undefined],
  ['packed', nodePacking],
])('the indices of a cache of objects %s', (_how, packing) => {
  it('have what a look at every object would find, whatever happens', () => {
    const step = fc.record({
      name: fc.constantFrom('one', 'two', 'three'),
      uid: fc.constantFrom('u', 'v'),
      owner: fc.constantFrom('a', 'b'),
      job: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new Cache({ labels: ['job', 'owner'], packing });
        for (const { name, uid, owner: by, job, gone } of steps) {
          const labels = job === undefined ? { owner: by } : { owner: by, job };
          if (gone) cache.remove({ namespace: 'shop', name });
          else cache.put(thing(name, { uid, labels }));
        }
        for (const by of ['a', 'b']) {
          const found = [...cache.all()].filter(({ metadata }) => metadata.labels?.['owner'] === by);
          expect(names(cache.labelled('owner', by)).toSorted()).toEqual(names(found).toSorted());
        }
        for (const job of ['x', 'y']) {
          const found = [...cache.all()].filter(({ metadata }) => metadata.labels?.['job'] === job);
          expect(names(cache.labelled('job', job)).toSorted()).toEqual(names(found).toSorted());
        }
      }),
    );
  });
});

describe('versions and waits', () => {
  it('are ordered as numbers of any length are', () => {
    const version = fc.bigInt({ min: 0n, max: 2n ** 70n });
    fc.assert(
      fc.property(version, version, (one, other) => {
        const expected = one === other ? 0 : one < other ? -1 : 1;
        expect(Math.sign(compareVersions(`${one}`, `${other}`))).toBe(expected);
      }),
    );
  });

  it('grow with each failure up to a limit, and are never shorter than was asked for', () => {
    const { random } = createTestSystem().system;
    const backoff = { firstMs: 100, mostMs: 5000 };
    for (const [failures, wholeMs] of [
      [1, 100],
      [2, 200],
      [4, 800],
      [10, 5000],
      [10_000, 5000],
    ] as const) {
      const waitMs = backoffMs(backoff, failures, random);
      expect(waitMs).toBeGreaterThanOrEqual(wholeMs / 2);
      expect(waitMs).toBeLessThanOrEqual(wholeMs);
    }
    expect(backoffMs(backoff, 1, random, 7000)).toBe(7000);
  });
});
