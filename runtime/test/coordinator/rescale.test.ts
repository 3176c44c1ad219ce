import { beforeAll, describe, expect, it } from 'vitest';
import type { SwitchOverEvent } from '../../src/coordinator/job-observer.ts';
import type { LocalSettings } from '../../src/coordinator/local.ts';
import { Outlet } from '../support/outlet.ts';
import {
  type Counted,
  countClicks,
  createStoredJob,
  golden,
  Hold,
  newStore,
  sorted,
  stateIn,
  until,
} from './stored-job.ts';

let expected: readonly string[];
beforeAll(async () => {
  expected = await golden(() => new Outlet<Counted>());
});

/** A job in the middle of its input. */
const running = async (options: Partial<LocalSettings> = {}) => {
  const outlet = new Outlet<Counted>();
  const hold = new Hold();
  const job = createStoredJob(countClicks(outlet, hold), stateIn(newStore(), 'clicks', 5), {
    parallelism: 1,
    maxParallelism: 32,
    ...options,
  });
  const events: SwitchOverEvent[] = [];
  job.observe({
    onState: () => undefined,
    onFailure: () => undefined,
    onCheckpoint: () => undefined,
    onSavepoint: () => undefined,
    onSwitchOver: (event) => void events.push(event),
  });
  job.start();
  await until(() => outlet.committed.length > 0);
  return { outlet, hold, job, events };
};

describe('a rescale of a running job', () => {
  it('goes to any number of slots, one after the other, with the results of a run without', async () => {
    const { outlet, hold, job, events } = await running();
    for (const slots of [7, 3, 16]) {
      await job.rescale(slots);
      expect(job.graph.slots).toBe(slots);
      expect(job.state).toBe('running');
    }
    hold.release();
    const { state, attempts } = await job.ended;
    expect({ state, attempts }).toEqual({ state: 'finished', attempts: 4 });
    expect(events.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
      'rescale 1 7',
      'rescale 7 3',
      'rescale 3 16',
    ]);
    expect(sorted(outlet.visible)).toEqual(expected);
  });
});
