import { describe, expect, test } from 'vitest';
import { flatMapAsyncSettings, lookupSettings, mapAsyncSettings } from '../../src/api/async-specs.ts';
import type { RuntimeContext } from '../../src/api/functions.ts';
import { errorOf } from './support.ts';

const { signal } = new AbortController();

describe('the settings of asynchronous calls', () => {
  test('are filled in', () => {
    const { function: calls, ...rest } = mapAsyncSettings({ call: async (value: number) => value + 1 });
    expect(rest).toEqual({ order: 'ordered', capacity: 100, timeoutMs: 30_000, retries: 0, backoffMs: 100 });
    expect(calls.onTimeout).toBeUndefined();
  });

  test('are taken as given', () => {
    const given = {
      call: async () => [1],
      order: 'unordered',
      capacity: 5,
      timeout: '2s',
      retry: { times: 3, backoff: '50ms' },
    } as const;
    const { function: calls, ...rest } = flatMapAsyncSettings(given);
    expect(rest).toEqual({ order: 'unordered', capacity: 5, timeoutMs: 2000, retries: 3, backoffMs: 50 });
    expect(calls).toBe(given);
  });

  test.each([
    { capacity: 0 },
    { capacity: 1.5 },
    { timeout: -1 },
    { retry: { times: -1 } },
    { retry: { times: 1.5 } },
  ])('are refused when they are %j', (wrong) => {
    expect(errorOf(() => mapAsyncSettings({ call: async () => 1, ...wrong })).code).toBe('job-invalid');
  });
});

describe('mapAsync', () => {
  test('makes a list of its one result', async () => {
    const { function: calls } = mapAsyncSettings({ call: async (value: number) => value + 1 });
    expect(await calls.call(1, signal)).toEqual([2]);
  });

  test('passes on the life of an object, with its own this', async () => {
    const seen: string[] = [];
    const given = {
      prefix: 'p',
      async open() {
        seen.push(`${this.prefix} open`);
      },
      close() {
        seen.push(`${this.prefix} close`);
      },
      checkpointComplete(checkpointId: number) {
        seen.push(`${this.prefix} complete ${checkpointId}`);
      },
      checkpointAborted(checkpointId: number) {
        seen.push(`${this.prefix} aborted ${checkpointId}`);
      },
      async call(value: string) {
        return this.prefix + value;
      },
      onTimeout(value: string) {
        return `${this.prefix} late ${value}`;
      },
    };
    const { function: calls } = mapAsyncSettings(given);
    await calls.open?.({} as RuntimeContext);
    calls.checkpointComplete?.(1);
    calls.checkpointAborted?.(2);
    await calls.close?.();
    expect(seen).toEqual(['p open', 'p complete 1', 'p aborted 2', 'p close']);
    expect(await calls.call('x', signal)).toEqual(['px']);
    expect(calls.onTimeout?.('x')).toEqual(['p late x']);
  });
});

describe('lookup', () => {
  const load = async (key: number): Promise<string | undefined> => (key === 1 ? 'one' : undefined);
  const join = (value: { id: number }, found: string | undefined): string => `${value.id} ${found}`;

  test('takes its key from a field or a function', () => {
    const record = { id: 7 };
    expect(lookupSettings({ key: 'id', load, join }).key(record)).toBe(7);
    expect(lookupSettings({ key: (value: { id: number }) => value.id * 2, load, join }).key(record)).toBe(14);
    expect(lookupSettings({ key: 'id', load, join }).key(null)).toBeUndefined();
  });

  test('fills in the size and age of its cache', () => {
    expect(lookupSettings({ key: 'id', load, join })).toMatchObject({
      cacheSize: 10_000,
      cacheForMs: 600_000,
      capacity: 100,
    });
    expect(lookupSettings({ key: 'id', load, join, cacheSize: 0, cacheFor: '1s' })).toMatchObject({
      cacheSize: 0,
      cacheForMs: 1000,
    });
    expect(errorOf(() => lookupSettings({ key: 'id', load, join, cacheSize: -1 })).code).toBe('job-invalid');
  });

  test('calls what it was given', async () => {
    const settings = lookupSettings({ key: 'id', load, join });
    expect(await settings.load(1, signal)).toBe('one');
    expect(settings.join({ id: 1 }, 'one')).toBe('1 one');
  });
});
