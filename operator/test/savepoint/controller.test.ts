import { createTestSystem } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { type Kind, kindOf, namespaceKind, podKind } from '../../src/dev/store/kinds.ts';
import { ObjectStore } from '../../src/dev/store/object-store.ts';
import type { DevObject, Sent } from '../../src/dev/store/values.ts';
import { StoreClient } from '../../src/dev/store-client.ts';
import type { Notice } from '../../src/kube/events.ts';
import { savepoints } from '../../src/kube/kinds.ts';
import { WorkQueue } from '../../src/kube/work-queue.ts';
import { SavepointController } from '../../src/savepoint/controller.ts';
import { FakeKubelet, type PodFate } from '../dev/kubelet/fake-kubelet.ts';
import { turn } from '../dev/support.ts';
import { renderSettings } from '../streamjob/job-table.ts';

const savepointKind = kindOf(savepoints) as Kind;
const place = { namespace: 'default', name: 'before' };

/** Savepoints of jobs that are all gone, on a clock of its own. */
class Rig {
  readonly machine = createTestSystem({ startMs: Date.UTC(2026, 0, 5) });
  readonly store = new ObjectStore(this.machine.system);
  readonly notices: Notice[] = [];
  readonly begun: DevObject[] = [];
  fate: PodFate = { kind: 'completes', message: '{"objects":3}' };

  constructor() {
    const { system } = this.machine;
    this.store.create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    new FakeKubelet(this.store, system.timers, { stepMs: 20, fateOf: () => this.fate });
    const queue = new WorkQueue({
      system,
      mostAtOnce: 1,
      work: (at) => controller.work(at),
      onWorked: () => undefined,
    });
    this.store.log.listen(({ kind, before, after }) => {
      if (kind !== podKind) return;
      if (before === undefined && after !== undefined) this.begun.push(after);
      system.timers.soon(() => queue.add(place, 'event'));
    });
    const controller = new SavepointController({
      system,
      logger: createLogger({ clock: system.clock, level: 'error', json: false, write: () => undefined }),
      client: new StoreClient(this.store, system.timers),
      namespaces: undefined,
      render: renderSettings,
      tell: (_savepoint, notice) => void this.notices.push(notice),
      podAt: (at) => this.store.find(podKind, at) as never,
      jobOf: () => undefined,
      enqueue: (at) => queue.add(at, 'event'),
      onSynced: () => queue.start(),
    });
    controller.start();
    this.store.create(savepointKind, {
      apiVersion: 'millrace.dev/v1alpha1',
      kind: 'Savepoint',
      metadata: { ...place, finalizers: ['millrace.dev/dispose'] },
      spec: { jobRef: { name: 'counts' }, disposal: 'Delete' },
    } as Sent);
    this.store.change(savepointKind, place, 'status', {}, (live) => ({
      ...live,
      status: {
        phase: 'Completed',
        path: 'jobs/gone/savepoints/before',
        store: { s3: { bucket: 'snapshots' } },
        serviceAccount: { name: 'shop' },
      },
    }));
  }

  async until(isSo: () => boolean, mostMs: number): Promise<void> {
    for (let passed = 0; !isSo(); passed++) {
      if (passed > mostMs) throw new Error(JSON.stringify(this.store.find(savepointKind, place)));
      this.machine.advance(1);
      await turn();
    }
  }

  get isGone(): boolean {
    return this.store.find(savepointKind, place) === undefined && this.store.all(podKind).length === 0;
  }
}

describe('a savepoint that is deleted when its job is gone', () => {
  it('goes when a pod has removed its folder, as who the job was', async () => {
    const rig = new Rig();
    rig.store.remove(savepointKind, place, {});
    await rig.until(() => rig.isGone, 10_000);
    const [pod, ...others] = rig.begun;
    expect(others).toEqual([]);
    expect(pod?.metadata.name).toMatch(/^counts-maintenance-/);
    expect(pod?.spec).toMatchObject({ serviceAccountName: 'shop', activeDeadlineSeconds: 600 });
    expect(JSON.stringify(pod?.spec)).toContain('jobs/gone/savepoints/before');
    expect(rig.notices).toEqual([]);
  });

  it('goes with its namespace, where no pod can be made', async () => {
    const rig = new Rig();
    rig.store.remove(namespaceKind, { namespace: '', name: 'default' }, {});
    rig.store.remove(savepointKind, place, {});
    await rig.until(() => rig.isGone, 10_000);
    expect(rig.notices).toMatchObject([{ reason: 'DataLeft' }]);
  });
});
