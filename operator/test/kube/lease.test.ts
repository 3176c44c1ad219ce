import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestSystem, type TestSystem } from '../../../runtime/src/testing/test-system.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { type Lease, leases } from '../../src/kube/kinds.ts';
import { Candidate, type CandidateOptions } from '../../src/kube/lease.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { FakeServer, settled } from './fake-server.ts';

const at = { namespace: 'millrace', name: 'operator' };
const down = (): KubeError => new KubeError('unavailable', 'the server is down');

let server: FakeServer;
let test: TestSystem;
let told: string[];
let candidates: Candidate[];
beforeEach(() => {
  server = new FakeServer();
  test = createTestSystem({ startMs: Date.UTC(2026, 0, 1) });
  told = [];
  candidates = [];
});

/** A candidate of clocks of its own: `skewMs` is what its wall clock is off, `sleptMs` what its process has slept. */
const candidateOf = (
  identity: string,
  {
    skewMs = 0,
    sleptMs = () => 0,
    ...options
  }: Partial<CandidateOptions> & { readonly skewMs?: number; readonly sleptMs?: () => number } = {},
): Candidate => {
  const { clock, random, timers } = test.system;
  const own = { nowMs: () => clock.nowMs() + skewMs, monotonicMs: () => clock.monotonicMs() + sleptMs() };
  const candidate = new Candidate({
    client: server,
    system: { clock: own, random, timers },
    at,
    identity,
    onLeading: (leading) => told.push(`${identity} ${leading ? 'leads' : 'leads no more'}`),
    ...options,
  });
  candidates.push(candidate);
  candidate.start();
  return candidate;
};

/** The server as it looks to one candidate, whose calls are answered by something else while it says so. */
const seenThrough = (instead: () => Promise<never> | undefined): FakeServer =>
  new Proxy(server, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => instead() ?? method.apply(target, given);
    },
  });

const leaders = (): number => candidates.filter(({ isLeading }) => isLeading).length;

/** Time goes by; at no moment do two lead. */
const pass = async (byMs: number): Promise<void> => {
  for (let passedMs = 0; passedMs < byMs; passedMs += 100) {
    test.advance(100);
    expect(leaders()).toBeLessThanOrEqual(1);
    await settled();
    expect(leaders()).toBeLessThanOrEqual(1);
  }
};
const lease = async (): Promise<Lease['spec'] | undefined> => (await server.get(leases, at))?.spec;

describe('a candidate', () => {
  it('leads when there is nobody, and writes what others need to know', async () => {
    const one = candidateOf('one');
    await settled();
    expect(one).toMatchObject({ isLeading: true, holder: 'one' });
    expect(await lease()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await pass(60_000);
    expect(told).toEqual(['one leads']);
    expect((await lease())?.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
    expect((await lease())?.renewTime).not.toBe('2026-01-01T00:00:00.000000Z');
  });

  it('that stops gives the lease up, and another leads within three seconds', async () => {
    const one = candidateOf('one');
    await settled();
    const two = candidateOf('two');
    await pass(10_000);
    expect(two).toMatchObject({ isLeading: false, holder: 'one' });
    await one.stop();
    await one.stop();
    await pass(3000);
    expect(two.isLeading).toBe(true);
    expect(told).toEqual(['one leads', 'one leads no more', 'two leads']);
    expect(await lease()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('that is killed is followed within the time of the lease and three seconds', async () => {
    for (const extraMs of [0, 700, 1400, 1900]) {
      server = new FakeServer();
      candidates = [];
      let dead = false;
      const dying = seenThrough(() => (dead ? new Promise(() => undefined) : undefined));
      const one = candidateOf('one', { client: dying });
      await settled();
      const two = candidateOf('two');
      await pass(20_000 + extraMs);
      dead = true;
      await pass(18_000);
      expect([one.isLeading, two.isLeading]).toEqual([false, true]);
      await two.stop();
    }
  });

  it('that cannot renew stops to act before another begins, and waits again', async () => {
    let isDown = false;
    const failures: string[] = [];
    const cut = seenThrough(() => (isDown ? Promise.reject(down()) : undefined));
    const one = candidateOf('one', { client: cut, onFailure: ({ code }) => failures.push(code) });
    await settled();
    const two = candidateOf('two');
    await pass(5000);
    isDown = true;
    await pass(10_000);
    expect(one.isLeading).toBe(false);
    await pass(10_000);
    expect(two.isLeading).toBe(true);
    expect(failures[0]).toBe('unavailable');
    isDown = false;
    await pass(5000);
    expect(one).toMatchObject({ isLeading: false, holder: 'two' });
    await two.stop();
    await pass(3000);
    expect(one.isLeading).toBe(true);
  });

  it('keeps the lease through short trouble, also when an answer is lost', async () => {
    const one = candidateOf('one');
    await settled();
    candidateOf('two');
    await pass(5000);
    server.refuse = () => down();
    await pass(4000);
    server.refuse = () => undefined;
    let lost = 0;
    server.lose = () => (lost++ < 1 ? down() : undefined);
    await pass(20_000);
    expect(one.isLeading).toBe(true);
    expect(told).toEqual(['one leads']);
  });

  it('that was stopped with its process does not act when it wakes', async () => {
    let sleptMs = 0;
    const one = candidateOf('one', { sleptMs: () => sleptMs });
    await settled();
    sleptMs = 9999;
    expect(one.isLeading).toBe(true);
    // No timer could tell.
    sleptMs = 10_000;
    expect(one.isLeading).toBe(false);
    await pass(3000);
    // Nobody has taken it meanwhile.
    expect(one.isLeading).toBe(true);
  });

  it('takes a lease over only when it has stood still here, whatever the clocks say', async () => {
    for (const skewMs of [-3_600_000, 3_600_000]) {
      server = new FakeServer();
      candidates = [];
      told = [];
      const one = candidateOf('one', { skewMs });
      await settled();
      const two = candidateOf('two');
      await pass(60_000);
      expect([one.isLeading, two.isLeading]).toEqual([true, false]);
      expect(told).toEqual(['one leads']);
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it('that sees another one in its place stops at once', async () => {
    const one = candidateOf('one');
    await settled();
    await pass(5000);
    server.take('Lease', at);
    const other = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: at };
    server.put({ ...other, spec: { holderIdentity: 'other', leaseDurationSeconds: 15 } } as KubeObject);
    await pass(2500);
    expect(one).toMatchObject({ isLeading: false, holder: 'other' });
    await pass(16_000);
    expect(one.isLeading).toBe(true);
  });

  it('is never one of two that lead, whatever calls fail', async () => {
    const step = fc.record({
      what: fc.constantFrom('refuse one', 'refuse two', 'lose', 'heal', 'stop one', 'start one', 'remove'),
      waitMs: fc.integer({ min: 0, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.integer(), async (steps, seed) => {
        server = new FakeServer();
        test = createTestSystem({ seed });
        candidates = [];
        const refused = new Set<string>();
        const clientOf = (name: string): FakeServer =>
          seenThrough(() => (refused.has(name) ? Promise.reject(down()) : undefined));
        const one = candidateOf('one', { client: clientOf('one') });
        const two = candidateOf('two', { client: clientOf('two') });
        for (const { what, waitMs } of steps) {
          if (what === 'refuse one') refused.add('one');
          if (what === 'refuse two') refused.add('two');
          if (what === 'lose') server.lose = () => (test.system.random.next() < 0.5 ? down() : undefined);
          if (what === 'heal') {
            refused.clear();
            server.lose = () => undefined;
          }
          if (what === 'stop one') await one.stop();
          if (what === 'start one') one.start();
          if (what === 'remove' && leaders() === 0) server.take('Lease', at);
          await pass(waitMs);
        }
        refused.clear();
        server.lose = () => undefined;
        await pass(20_000);
        expect(leaders()).toBe(1);
        await Promise.all([one.stop(), two.stop()]);
        expect(test.pendingTimers).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
