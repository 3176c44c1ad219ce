import { beforeEach, describe, expect, it } from 'vitest';
import { createTestSystem, type TestSystem } from '../../../runtime/src/testing/test-system.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { Events, type Notice } from '../../src/kube/events.ts';
import type { Event } from '../../src/kube/kinds.ts';
import type { KubeObject, Stored } from '../../src/kube/objects.ts';
import { FakeServer } from './fake-server.ts';

const jobOf = (name: string): Stored<KubeObject> => ({
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, resourceVersion: '7' },
});
const notice = (message = 'It runs.'): Notice => ({ type: 'Normal', reason: 'Running', message });

let server: FakeServer;
let test: TestSystem;
let failures: unknown[];
let events: Events;
beforeEach(() => {
  server = new FakeServer();
  test = createTestSystem({ startMs: Date.UTC(2026, 0, 1) });
  failures = [];
  events = new Events({
    client: server,
    system: test.system,
    instance: 'operator-1',
    onFailure: (error) => failures.push(error),
  });
});
const written = (): Event[] => [...server.objects.values()] as unknown as Event[];

describe('an event', () => {
  it('says what has happened to which object, and who says so', async () => {
    await events.tell(jobOf('counts'), notice());
    expect(written()).toMatchObject([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { namespace: 'shop', name: expect.stringMatching(/^counts\.[0-9a-f]{16}$/) },
        involvedObject: { kind: 'StreamJob', name: 'counts', uid: 'uid-of-counts', resourceVersion: '7' },
        type: 'Normal',
        reason: 'Running',
        message: 'It runs.',
        firstTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
        source: { component: 'millrace-operator' },
        reportingInstance: 'operator-1',
      },
    ]);
  });

  it('is cut where the server would refuse it', async () => {
    await events.tell(jobOf('counts'), notice('x'.repeat(5000)));
    expect(written()[0]?.message).toHaveLength(1024);
  });

  it('that is said again is counted, once a minute at most, and is another one later', async () => {
    for (let second = 0; second < 300; second++) {
      await events.tell(jobOf('counts'), notice());
      test.advance(1000);
    }
    expect(written()).toMatchObject([{ count: 241, lastTimestamp: '2026-01-01T00:04:00Z' }]);
    expect(server.calls).toHaveLength(5);
    test.advance(600_000);
    await events.tell(jobOf('counts'), notice());
    expect(written()).toHaveLength(2);
  });

  it('of an object that has too many is left out, and those of others are not', async () => {
    for (let number = 0; number < 40; number++)
      await events.tell(jobOf('noisy'), notice(`Number ${number}.`));
    await events.tell(jobOf('quiet'), notice());
    expect(written()).toHaveLength(26);
    expect(events.leftOut).toBe(15);
    test.advance(600_000);
    for (let number = 40; number < 50; number++)
      await events.tell(jobOf('noisy'), notice(`Number ${number}.`));
    expect(written()).toHaveLength(28);
  });

  it('that cannot be written fails nobody', async () => {
    server.refuse = () => new KubeError('forbidden', 'the namespace is going', { status: 403 });
    await events.tell(jobOf('counts'), notice());
    test.advance(120_000);
    await events.tell(jobOf('counts'), notice());
    expect(failures).toMatchObject([{ code: 'forbidden' }]);
  });
});
