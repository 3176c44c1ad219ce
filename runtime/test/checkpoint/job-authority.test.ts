import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findJobAuthority, makeJobAuthority } from '../../src/checkpoint/job-authority.ts';
import { sealText } from '../../src/checkpoint/sealed-text.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { MemoryStore } from '../support/memory-store.ts';

const { system } = createTestSystem({ startMs: Date.UTC(2026, 0, 1) });
const key = 'jobs/orders/trust/authority';
const seal = { name: 'millrace-authority', format: 1, what: 'authority of a job' };

describe('the authority of a job', () => {
  it('is not there until somebody makes it, and then for ever', async () => {
    const store = new MemoryStore(system.clock);
    expect(await findJobAuthority(store, system, 'orders')).toBeUndefined();
    const made = await makeJobAuthority(store, system, 'orders');
    expect(await makeJobAuthority(store, system, 'orders')).toEqual(made);
    expect(await findJobAuthority(store, system, 'orders')).toEqual(made);
    expect(await findJobAuthority(store, system, 'payments')).toBeUndefined();
    expect(new X509Certificate(made.certificate).subject).toBe('CN=millrace job orders');
  });

  it('is one, although two coordinators make it at the same time', async () => {
    const store = new MemoryStore(system.clock);
    const [one, other] = await Promise.all([
      makeJobAuthority(store, system, 'orders'),
      makeJobAuthority(store, system, 'orders'),
    ]);
    expect(one).toEqual(other);
  });

  it.each([
    ['is cut off', (bytes: Uint8Array) => bytes.subarray(0, 200), 'is damaged or cut off'],
    ['is no JSON', () => sealText(seal, 'x', system.hashing), 'holds no certificate'],
    [
      'is of something else',
      () => sealText(seal, JSON.stringify({ certificate: 'a', key: 'b' }), system.hashing),
      'holds a certificate that signs nothing',
    ],
  ])('is refused when it %s, and never made again', async (_name, change, message) => {
    const store = new MemoryStore(system.clock);
    await makeJobAuthority(store, system, 'orders');
    const bytes = (await store.get(key)) as Uint8Array;
    await store.put(key, change(bytes));
    const refusal = { code: 'state-damaged', message: expect.stringContaining(message) };
    await expect(makeJobAuthority(store, system, 'orders')).rejects.toMatchObject(refusal);
    await expect(findJobAuthority(store, system, 'orders')).rejects.toMatchObject(refusal);
  });
});
