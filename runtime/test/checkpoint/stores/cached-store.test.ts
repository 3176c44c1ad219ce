import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CachedStore } from '../../../src/checkpoint/stores/cached-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { itIsAStore, text } from './conformance.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };

/** A store that counts what is read from it. */
class CountingStore extends MemoryStore {
  reads = 0;

  override get(key: string): Promise<Uint8Array | undefined> {
    this.reads++;
    return super.get(key);
  }

  override getRange(key: string, offset: number, length: number): Promise<Uint8Array | undefined> {
    this.reads++;
    return super.getRange(key, offset, length);
  }
}

const cached = (mostBytes: number) => {
  const behind = new CountingStore(clock);
  return { behind, store: new CachedStore(behind, mostBytes) };
};

itIsAStore('one that keeps what it has put', async () => ({
  store: cached(20).store,
  close: () => Promise.resolve(),
}));

describe('a store that keeps what it has put', () => {
  it('reads it from memory, whole and in parts', async () => {
    const { behind, store } = cached(100);
    await store.put('state/1', text('abcdef'));
    expect(await store.get('state/1')).toEqual(text('abcdef'));
    expect(await store.getRange('state/1', 2, 3)).toEqual(text('cde'));
    expect(behind.reads).toBe(0);
    await expect(store.getRange('state/1', 4, 3)).rejects.toThrow('state/1');
    await behind.put('state/2', text('others'));
    expect(await store.get('state/2')).toEqual(text('others'));
    expect(behind.reads).toBe(2);
  });

  it('keeps the newest, as far as they fit', async () => {
    const { behind, store } = cached(10);
    for (const key of ['a/1', 'a/2', 'a/3']) await store.put(key, text('12345'));
    await store.put('a/4', text('12345678901'));
    await Promise.all(['a/2', 'a/3'].map((key) => store.get(key)));
    expect(behind.reads).toBe(0);
    await Promise.all(['a/1', 'a/4'].map((key) => store.get(key)));
    expect(behind.reads).toBe(2);
  });

  it('keeps nothing that was not put, was removed, or was replaced', async () => {
    const { behind, store } = cached(100);
    behind.put = () => Promise.reject(new Error('full'));
    await expect(store.put('a/1', text('one'))).rejects.toThrow('full');
    expect(await store.get('a/1')).toBeUndefined();
  });

  it('never says anything else than the store behind it', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key, size: fc.nat(6) }),
      fc.record({ kind: fc.constant('copy' as const), key, to: key }),
      fc.record({ kind: fc.constant('remove' as const), key }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const { behind, store } = cached(8);
        for (const [number, made] of steps.entries()) {
          if (made.kind === 'put') await store.put(made.key, new Uint8Array(made.size).fill(number));
          else if (made.kind === 'remove') await store.remove([made.key]);
          else if ((await behind.get(made.key)) !== undefined) await store.copy(made.key, made.to);
          for (const name of ['a', 'b', 'c']) expect(await store.get(name)).toEqual(await behind.get(name));
        }
      }),
    );
  });
});
