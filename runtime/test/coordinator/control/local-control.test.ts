import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../src/contract/control/events.ts';
import { jobEventSchema } from '../../../src/contract/control/events.ts';
import { failureHistory, failureListSchema } from '../../../src/contract/control/failures.ts';
import { jobStatusSchema } from '../../../src/contract/control/status.ts';
import { jobGraphSchema, taskListSchema } from '../../../src/contract/control/tasks.ts';
import { workerListSchema } from '../../../src/contract/control/workers.ts';
import { MillraceError } from '../../../src/contract/errors.ts';
import type { RestartPolicy } from '../../../src/contract/restart.ts';
import { createLocalControl } from '../../../src/coordinator/control/local-control.ts';
import { LocalJob } from '../../../src/coordinator/local-job.ts';
import { prometheusText } from '../../../src/telemetry/prometheus.ts';
import { createTestSystem } from '../../../src/testing/index.ts';
import { parsePrometheus } from '../../telemetry/prometheus-parser.ts';
import { FakeCluster, settle } from '../fake-deployment.ts';
import { keptLog } from '../frozen-job.ts';
import { graphOfTwo } from './graph-of-two.ts';

const create = (restart: RestartPolicy = { strategy: 'None' }) => {
  const machine = createTestSystem();
  const cluster = new FakeCluster(2, true);
  const { system } = machine;
  const { logger } = keptLog();
  const job = new LocalJob({
    system,
    logger,
    graph: graphOfTwo,
    restart,
    deploy: cluster.deploy,
  });
  const control = createLocalControl({ system, logger, job, name: 'shop', version: '1.2.3' });
  const events: JobEvent[] = [];
  const leave = control.subscribe((event) => events.push(jobEventSchema.parse(event)));
  const fail = (error: unknown): void => cluster.newest.slots[0]?.reports.onFailed(error);
  const states = (): string[] =>
    events.map((event) => (event.type === 'status' ? event.status.state : event.type));
  return { machine, cluster, job, control, events, states, leave, fail };
};

const started = async (restart?: RestartPolicy) => {
  const rig = create(restart);
  rig.job.start();
  await settle();
  return rig;
};

describe('a job of this process under the control API', () => {
  it('tells its state, its parallelism and since when it is so', async () => {
    const { control, job, machine } = create();
    machine.advance(500);
    expect(control.notReady()).toBe('The job is created.');
    job.start();
    await settle();
    const status = await control.getStatus({});
    expect(jobStatusSchema.parse(status)).toEqual(status);
    expect(status).toMatchObject({
      name: 'shop',
      state: 'running',
      sinceMs: 500,
      attempt: 1,
      restarts: 0,
      runtimeVersion: '1.2.3',
      parallelism: { desired: 2, actual: 2, maximum: 128 },
      trouble: null,
    });
    expect(control.notReady()).toBeUndefined();
  });

  it('shows its graph, its tasks and its only worker', async () => {
    const { control } = await started();
    const graph = await control.getGraph({});
    expect(jobGraphSchema.parse(graph)).toEqual(graph);
    expect(graph.tasks.map(({ transforms }) => transforms[0]?.['name'])).toEqual(['numbers', 'totals']);
    const { tasks } = taskListSchema.parse(await control.listTasks({}));
    expect(tasks.map(({ task, parallelism }) => [task, parallelism])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(await control.getTask({ task: 1 })).toMatchObject({ task: 1, subtasks: [] });
    expect(() => control.getTask({ task: 2 })).toThrow(
      expect.objectContaining({ code: 'not-found', hint: 'Its tasks are numbered from 0 to 1.' }),
    );
    expect(workerListSchema.parse(await control.listWorkers({})).workers).toMatchObject([{ slots: [0, 1] }]);
  });

  it('tells each change of its state as it happens, until nobody listens', async () => {
    const { control, states, cluster, leave } = await started();
    expect(states()).toEqual(['deploying', 'running']);
    expect(await control.stop({})).toMatchObject({ state: 'stopping' });
    for (const { reports } of cluster.newest.slots) reports.onFinished(false);
    expect(states()).toEqual(['deploying', 'running', 'stopping', 'stopped']);
    leave();
  });

  it('keeps its failures with their causes, where they were and what became of them', async () => {
    const { control, fail, machine, states } = await started({
      strategy: 'FixedDelay',
      attempts: 1,
      delayMs: 100,
    });
    machine.advance(50);
    const cause = new MillraceError('io', 'The disk is full.', { where: { file: 'a' }, hint: 'Make room.' });
    fail(new MillraceError('user-code', 'It threw.', { where: { transform: 'totals', slot: 1 }, cause }));
    expect((await control.getStatus({})).trouble).toBe('It threw.');
    const list = failureListSchema.parse(await control.listFailures({}));
    expect(list).toMatchObject({
      total: 1,
      failures: [{ attempt: 1, atMs: 50, outcome: 'restarted', slot: 1 }],
    });
    expect(list.failures[0]?.task).toBe(graphOfTwo.tasks[1]?.name);
    expect(list.failures[0]?.causes).toEqual([
      {
        name: 'MillraceError',
        message: 'It threw.',
        code: 'user-code',
        hint: null,
        where: { transform: 'totals', slot: 1 },
      },
      {
        name: 'MillraceError',
        message: 'The disk is full.',
        code: 'io',
        hint: 'Make room.',
        where: { file: 'a' },
      },
    ]);
    await settle();
    machine.advance(100);
    await settle();
    fail('a text');
    expect(states().slice(0, 4)).toEqual(['deploying', 'running', 'failure', 'restarting']);
    expect(await control.getStatus({})).toMatchObject({ restarts: 1 });
    const after = await control.listFailures({});
    expect(after.failures.map(({ causes, task }) => [causes[0]?.message, task])[0]).toEqual(['a text', null]);
  });

  it('remembers only the newest failures, and how many there were', async () => {
    const { control, fail, machine, cluster } = await started({
      strategy: 'FixedDelay',
      attempts: 100,
      delayMs: 1,
    });
    for (let i = 0; i < failureHistory + 3; i++) {
      fail(new Error('x'.repeat(3000)));
      for (const slot of cluster.newest.slots) slot.closed.resolve();
      cluster.newest.enumerators.closed.resolve();
      await settle();
      machine.advance(1);
      await settle();
    }
    const { failures, total } = await control.listFailures({});
    expect([failures.length, total]).toEqual([failureHistory, failureHistory + 3]);
    expect(failures[0]?.causes[0]?.message).toHaveLength(2001);
  });

  it('is cancelled at once', async () => {
    const { control, cluster } = await started();
    expect(await control.cancel({})).toMatchObject({ state: 'cancelled' });
    expect(cluster.newest.slots[0]?.told).toContain('cancel');
  });

  it('says what it cannot do, and why', async () => {
    const { control, job } = await started();
    for (const refused of [
      () => control.stop({ savepoint: true }),
      () => control.drain({ savepoint: true }),
      () => control.createSavepoint({}),
      () => control.listCheckpoints({}),
      () => control.setParallelism({ parallelism: 3 }),
      () => control.suspend({}),
    ])
      await expect(async () => refused()).rejects.toMatchObject({ code: 'unsupported' });
    expect(job.state).toBe('running');
    expect(await control.getParallelism({})).toMatchObject({ actual: 2, sequence: null });
  });

  it('shows its metrics, and which state it is in', async () => {
    const { control, cluster } = await started();
    for (const [slot, fake] of cluster.newest.slots.entries()) fake.records = slot + 1;
    const families = parsePrometheus(await prometheusText(control.metrics()));
    const states = families.get('millrace_state')?.samples ?? [];
    expect(states.filter(({ value }) => value === 1).map(({ labels }) => labels['state'])).toEqual([
      'running',
    ]);
    expect(families.get('millrace_records_total')?.samples).toMatchObject([
      { labels: { job: 'shop', slot: '0' }, value: 1 },
      { labels: { job: 'shop', slot: '1' }, value: 2 },
    ]);
    expect(families.get('millrace_attempt')?.samples).toMatchObject([{ value: 1 }]);
  });
});
