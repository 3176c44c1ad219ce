import { describe, expect, it } from 'vitest';
import { LateStore } from '../../../src/checkpoint/stores/late-store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { itIsAStore, text } from './conformance.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };

itIsAStore('one that is opened when it is needed', async () => {
  const store = new LateStore('there', async () => new MemoryStore(clock));
  return { store, close: () => store.close() };
});

describe('a store that is opened when it is needed', () => {
  it('is opened once, by the first call, and does what the store does', async () => {
    const behind = new MemoryStore(clock);
    let opened = 0;
    const store = new LateStore('there', async () => {
      opened++;
      return behind;
    });
    await store.close();
    expect(opened).toBe(0);
    await Promise.all([store.put('a/b', text('one')), store.put('a/c', text('two'))]);
    expect(await store.putIfAbsent('a/b', text('three'))).toBe('exists');
    await store.copy('a/c', 'a/d');
    await store.remove(['a/c']);
    expect((await store.list('a/')).map(({ key }) => key)).toEqual(['a/b', 'a/d']);
    expect(await store.get('a/b')).toEqual(text('one'));
    expect(await store.getRange('a/d', 1, 2)).toEqual(text('wo'));
    expect(store.place).toBe('there');
    expect(opened).toBe(1);
  });

  it('is tried anew when it could not be opened', async () => {
    const tries = [Promise.reject(new Error('no bucket')), Promise.resolve(new MemoryStore(clock))];
    const store = new LateStore('there', () => tries.shift() as Promise<MemoryStore>);
    await expect(store.get('a')).rejects.toThrow('no bucket');
    expect(await store.get('a')).toBeUndefined();
  });
});
