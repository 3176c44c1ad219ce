import { describe, expect, it } from 'vitest';
import { makeJobAuthority } from '../../../src/checkpoint/job-authority.ts';
import type { ObjectStore } from '../../../src/checkpoint/object-store.ts';
import { MillraceError } from '../../../src/contract/errors.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';
import { awaitJobAuthority } from '../../../src/worker/remote/await-authority.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** A worker that waits on a machine whose clock goes on whenever it waits. */
const waiting = (waitForMs: number, open: (look: number, store: MemoryStore) => Promise<ObjectStore>) => {
  const machine = new TestSystem({ startMs: Date.UTC(2026, 0, 1) });
  const store = new MemoryStore(machine.system.clock);
  let looks = 0;
  const timers = {
    ...machine.system.timers,
    after: (delayMs: number, callback: () => void) => {
      machine.advance(delayMs);
      return machine.system.timers.after(0, callback);
    },
  };
  const system = { ...machine.system, timers };
  const soon = setInterval(() => machine.advance(0));
  const authority = awaitJobAuthority({
    system,
    jobUid: 'orders',
    waitForMs,
    open: () => open(++looks, store),
  }).finally(() => clearInterval(soon));
  return { authority, store, system, looks: () => looks };
};

describe('a worker that has no authority to sign its certificate with', () => {
  it('waits until the coordinator has made it, also while the store is down', async () => {
    const { authority, store, system, looks } = waiting(60_000, async (look, into) => {
      if (look === 2) throw new MillraceError('io', 'The store is down.');
      if (look === 4) await makeJobAuthority(into, system, 'orders');
      return into;
    });
    expect(await authority).toEqual(await makeJobAuthority(store, system, 'orders'));
    expect(looks()).toBe(4);
  });

  it('gives up in time, and says why', async () => {
    const { authority } = waiting(5000, async () => {
      throw new MillraceError('io', 'The store is down.');
    });
    await expect(authority).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(/is not in its store after 5 s: The store is down\./),
    });
    const absent = waiting(5000, async (_look, store) => store);
    await expect(absent.authority).rejects.toThrow(
      'The authority that signs the certificates of the job orders',
    );
    expect(absent.looks()).toBe(26);
  });

  it('does not wait for what waiting does not mend', async () => {
    const { authority, looks } = waiting(5000, async (_look, store) => {
      await store.put('jobs/orders/trust/authority', new Uint8Array(3));
      return store;
    });
    await expect(authority).rejects.toMatchObject({ code: 'state-damaged' });
    expect(looks()).toBe(1);
  });
});
