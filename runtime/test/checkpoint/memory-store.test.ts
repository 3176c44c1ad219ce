import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/checkpoint/memory-store.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 7, monotonicMs: () => 7 });

it('keeps the first of two objects that are put if absent', async () => {
  const store = newStore();
  expect(await store.putIfAbsent('a/1', text('one'))).toBe('written');
  expect(await store.putIfAbsent('a/1', text('two'))).toBe('exists');
  expect(await store.get('a/1')).toEqual(text('one'));
});

it('lists by prefix in order, and forgets what was removed', async () => {
  const store = newStore();
  for (const key of ['a/2', 'b/1', 'a/1']) await store.put(key, text(key));
  await store.copy('b/1', 'a/3');
  await store.remove(['a/2', 'a/9']);
  expect(await store.list('a/')).toEqual([
    { key: 'a/1', sizeBytes: 3, modifiedMs: 7 },
    { key: 'a/3', sizeBytes: 3, modifiedMs: 7 },
  ]);
});

it('gives a range, and refuses one that goes beyond the end', async () => {
  const store = newStore();
  await store.put('a', text('abcdef'));
  expect(await store.getRange('a', 2, 3)).toEqual(text('cde'));
  await expect(store.getRange('a', 4, 3)).rejects.toThrow('The object a has 6 bytes, and 7 were expected');
  expect(await store.getRange('b', 0, 1)).toBeUndefined();
  await expect(store.copy('b', 'c')).rejects.toThrow('There is no object b to copy');
});
