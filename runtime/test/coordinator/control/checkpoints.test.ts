import { describe, expect, it } from 'vitest';
import { checkpointListSchema } from '../../../src/contract/control/checkpoints.ts';
import { type JobEvent, jobEventSchema } from '../../../src/contract/control/events.ts';
import { createLocalControl } from '../../../src/coordinator/control/local-control.ts';
import { prometheusText } from '../../../src/telemetry/prometheus.ts';
import { Outlet } from '../../support/outlet.ts';
import { parsePrometheus } from '../../telemetry/prometheus-parser.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  logger,
  newStore,
  stateIn,
  system,
  until,
} from '../stored-job.ts';

const start = (intervalMs?: number, store = newStore()) => {
  const outlet = new Outlet<Counted>();
  const job = createStoredJob(countClicks(outlet), stateIn(store, 'clicks', intervalMs));
  const control = createLocalControl({ system, logger, job, name: 'clicks', version: '1' });
  const events: JobEvent[] = [];
  control.subscribe((event) => events.push(jobEventSchema.parse(event)));
  job.start();
  return { store, outlet, job, control, events };
};

const running = async (intervalMs?: number, store = newStore()) => {
  const rig = start(intervalMs, store);
  await until(() => rig.job.state === 'running');
  return rig;
};

describe('the checkpoints of a job under the control API', () => {
  it('are listed with what they cost each subtask', async () => {
    const { control, job } = await running();
    const begun = await control.triggerCheckpoint({});
    expect(begun).toMatchObject({ id: 1, state: 'inProgress', kind: 'checkpoint', attempt: 1 });
    await job.ended;
    const list = checkpointListSchema.parse(await control.listCheckpoints({}));
    // The one that was asked for, and that of the end.
    expect(list.history.map(({ id, state }) => [id, state])).toEqual([
      [2, 'completed'],
      [1, 'completed'],
    ]);
    const detail = await control.getCheckpoint({ checkpoint: 1 });
    expect(detail).toMatchObject({ subtasks: 4, acknowledged: 4 });
    expect(detail.tasks.map(({ subtasks }) => subtasks.map(({ slot }) => slot).sort())).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(() => control.getCheckpoint({ checkpoint: 3 })).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });

  it('are told when they begin and end, and stand in the status', async () => {
    const { control, job, events } = await running();
    await control.triggerCheckpoint({});
    await job.ended;
    const told = events.flatMap((event) => (event.type === 'checkpoint' ? [event.checkpoint] : []));
    expect(told.map(({ id, state }) => [id, state])).toEqual([
      [1, 'inProgress'],
      [1, 'completed'],
      [2, 'inProgress'],
      [2, 'completed'],
    ]);
    expect(await control.getStatus({})).toMatchObject({ uid: 'clicks', lastCheckpoint: { id: 2 } });
  });

  it('are not begun while one is under way, nor when nothing runs', async () => {
    const { control, job } = await running();
    const [one, other] = await Promise.all([control.triggerCheckpoint({}), control.triggerCheckpoint({})]);
    expect(other.id).toBe(one.id);
    await job.ended;
    await expect(control.triggerCheckpoint({})).rejects.toThrow(
      'The job is finished and cannot take a checkpoint now.',
    );
  });

  it('that an attempt went on from are named', async () => {
    const first = await running(5);
    await until(() => first.outlet.committed.length > 0);
    first.job.stop();
    await first.job.ended;
    const second = await running(undefined, first.store);
    const { restored } = await second.control.listCheckpoints({});
    expect(restored?.id).toBe((await first.control.getStatus({})).lastCheckpoint?.id);
    await second.job.cancel();
  });

  it('that have failed say why', async () => {
    const { control, job, store } = await running();
    store.put = () => Promise.reject(new Error('The disk is full.'));
    await control.triggerCheckpoint({});
    await job.ended;
    const { history, counts } = await control.listCheckpoints({});
    expect(counts).toMatchObject({ triggered: 1, failed: 1 });
    expect(history[0]).toMatchObject({ state: 'failed', failure: 'The disk is full.' });
  });

  it('are counted for Prometheus', async () => {
    const { control, job } = await running();
    const before = parsePrometheus(await prometheusText(control.metrics()));
    expect(before.get('millrace_number_of_completed_checkpoints')?.samples).toMatchObject([{ value: 0 }]);
    expect(before.has('millrace_last_checkpoint_duration')).toBe(false);
    await control.triggerCheckpoint({});
    await job.ended;
    const after = parsePrometheus(await prometheusText(control.metrics()));
    const value = (name: string) => after.get(`millrace_${name}`)?.samples[0]?.value;
    expect(value('number_of_completed_checkpoints')).toBe(2);
    expect(value('last_completed_checkpoint_id')).toBe(2);
    expect(value('last_checkpoint_full_size')).toBeGreaterThan(0);
    expect(after.get('millrace_checkpoint_alignment_time')?.samples).toHaveLength(4);
  });
});
