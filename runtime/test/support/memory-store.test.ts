import { expect, it } from 'vitest';
import { itIsAStore, text } from '../checkpoint/stores/conformance.ts';
import { MemoryStore } from '../support/memory-store.ts';

const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 7, monotonicMs: () => 7 });

itIsAStore('memory', async () => ({ store: newStore(), close: async () => {} }));

it('tells when an object was written by its clock', async () => {
  const store = newStore();
  await store.put('a', text('abc'));
  expect(await store.list('')).toEqual([{ key: 'a', sizeBytes: 3, modifiedMs: 7 }]);
});

it('keeps its own copy of the bytes', async () => {
  const store = newStore();
  const bytes = text('abc');
  await store.put('a', bytes);
  bytes[0] = 0;
  const given = await store.get('a');
  expect(given).toEqual(text('abc'));
  given?.fill(0);
  expect(await store.get('a')).toEqual(text('abc'));
});
