import { expect, it } from 'vitest';
import { storeUnder } from '../../src/checkpoint/store-under.ts';
import { MemoryStore } from '../support/memory-store.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

it('has the objects below its prefix, by the rest of their keys, and sees no others', async () => {
  const whole = new MemoryStore({ nowMs: () => 7, monotonicMs: () => 7 });
  const job = storeUnder(whole, 'jobs/a/');
  await whole.put('jobs/b/1', text('other'));
  await job.put('state/1', text('one'));
  expect(await job.putIfAbsent('state/1', text('two'))).toBe('exists');
  expect(await job.putIfAbsent('state/2', text('two'))).toBe('written');
  await job.copy('state/1', 'state/3');
  await job.remove(['state/1']);
  expect(await job.list('state/')).toEqual([
    { key: 'state/2', sizeBytes: 3, modifiedMs: 7 },
    { key: 'state/3', sizeBytes: 3, modifiedMs: 7 },
  ]);
  expect(await whole.get('jobs/a/state/3')).toEqual(text('one'));
  expect(await job.getRange('state/3', 1, 1)).toEqual(text('n'));
  expect(await job.get('1')).toBeUndefined();
  expect(job.place).toBe('memory/jobs/a/');
  await job.close();
});
