import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/kinds.ts';
import {
  jobWith,
  nextDeployment,
  observedWith,
  planOf,
  revisionNameOf,
  revisionWith,
  standbyView,
  told,
  viewOf,
  written,
} from '../job-table.ts';

const readyPod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

const one = written('one');
const two = written('two');
const [first, second] = [revisionNameOf(one), revisionNameOf(two)];

describe('a job that runs', () => {
  it('is recorded and deployed when it is new', () => {
    const plan = planOf(observedWith(jobWith(one)));
    expect(told(plan)).toEqual([`record ${first}`, `deploy ${first} 1+2`]);
    expect(plan.standing.phase).toBe('Starting');
    expect(plan.current).toBe(first);
  });

  it('is in force when its coordinator says so, and nothing is asked', () => {
    const job = jobWith(one);
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: viewOf() })]));
    expect(told(plan)).toEqual([`deploy ${first} 1+2`]);
    expect(plan.standing).toMatchObject({ phase: 'Running', progress: 'inForce' });
  });

  it('stalls when a number of slots is refused for good', () => {
    const wider = jobWith(written('one', { parallelism: 4 }));
    const refusals = [{ revision: first, operation: 'setParallelism', reason: 'Too many.' }] as const;
    const plan = planOf({ ...observedWith(wider, [revisionWith(wider, one, { view: viewOf() })]), refusals });
    expect(plan.standing).toMatchObject({
      progress: 'stalled',
      reason: 'RescaleRefused',
      message: 'Too many.',
    });
  });

  it('gets its new slots first and then the wish, and loses pods only when the slots are gone', () => {
    const wider = jobWith(written('one', { parallelism: 4 }));
    const growing = planOf(observedWith(wider, [revisionWith(wider, one, { view: viewOf() })]));
    expect(told(growing)).toEqual([`deploy ${first} 1+4`, `ask ${first} setParallelism`]);
    const narrower = jobWith(written('one', { parallelism: 1 }));
    const shrinking = planOf(observedWith(narrower, [revisionWith(narrower, one, { view: viewOf() })]));
    expect(told(shrinking)).toEqual([`deploy ${first} 1+2`, `ask ${first} setParallelism`]);
    const parallelism = { desired: 1, actual: 1, maximum: 128 };
    const workers = ['worker-1', 'worker-2'].map((name) => readyPod(name));
    const shrunk = (spareWorkers: readonly string[]) =>
      told(
        planOf(
          observedWith(narrower, [
            revisionWith(narrower, one, {
              view: viewOf({ parallelism }, undefined, { spareWorkers }),
              pods: workers,
            }),
          ]),
        ),
      );
    expect(shrunk([])).toEqual([`deploy ${first} 1+2`]);
    expect(shrunk(['worker-2'])).toEqual([`deploy ${first} 1+1`]);
  });

  it('keeps the slots that it has when more are wanted than its state has parts for, and says so', () => {
    const wider = jobWith(written('two', { parallelism: 200 }));
    const plan = planOf(observedWith(wider, [revisionWith(wider, one, { view: viewOf() })]));
    expect(told(plan)).toEqual([`deploy ${first} 1+2`]);
    expect(plan.standing).toMatchObject({ phase: 'Running', progress: 'stalled', reason: 'TooManySlots' });
    expect(plan.standing.message).toContain('200 slots');
    expect(plan.standing.message).toContain('128 key groups');
    const next = revisionWith(wider, written('two'), {
      view: standbyView('held'),
    });
    const both = planOf(observedWith(wider, [revisionWith(wider, one, { view: viewOf() }), next]));
    expect(told(both)).toEqual([`deploy ${first} 1+2`, `deploy ${second} 1+2`]);
  });

  it('keeps what it runs while its spec makes no sense, and says why', () => {
    const job = jobWith(written('one', { parallelism: 'many' }));
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: viewOf() })]));
    expect(told(plan)).toEqual([]);
    expect(plan.standing).toMatchObject({ progress: 'stalled', reason: 'Invalid' });
    expect(plan.standing.message).toContain('parallelism');
  });

  it('has no pods any more when it has come to its end', () => {
    const job = jobWith(one);
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: viewOf({ state: 'finished' }) })]));
    expect(told(plan)).toEqual([`deploy ${first} 0+0`]);
    expect(plan.standing).toMatchObject({ phase: 'Finished', progress: 'inForce', reason: 'Completed' });
  });

  it('that has failed stays as it is until somebody retries it', () => {
    const failed = viewOf({ state: 'failed', trouble: 'division by zero' });
    const job = jobWith(one);
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: failed })]));
    expect(plan.standing).toMatchObject({
      progress: 'stalled',
      reason: 'JobFailed',
      message: 'division by zero',
    });
    const asked = jobWith(one, { annotations: { 'millrace.dev/retry': first } });
    expect(told(planOf(observedWith(asked, [revisionWith(asked, one, { view: failed })])))).toContain(
      `restart ${first}`,
    );
    const again = { attempt: 1, retried: first } as never;
    const second = planOf(observedWith(asked, [revisionWith(asked, one, { view: failed })], again));
    expect(told(second)).not.toContain(`restart ${first}`);
  });
});

describe('a job with another revision', () => {
  const job = jobWith(two, { generation: 2 });
  const current = revisionWith(job, one, { view: viewOf() }, 1);
  const withNext = (view: ReturnType<typeof viewOf> | undefined) =>
    planOf(observedWith(job, [current, revisionWith(job, two, { view, workers: 0 }, 2)]));

  it('is planned by a coordinator without workers, beside the one that runs', () => {
    const plan = planOf(observedWith(job, [current]));
    expect(told(plan)).toEqual([`record ${second}`, `deploy ${first} 1+2`, `deploy ${second} 1+0`]);
    expect(plan.standing).toMatchObject({ phase: 'Upgrading', reason: 'Planning' });
    expect(plan).toMatchObject({ current: first, next: second });
  });

  it('is prepared when its state fits', () => {
    expect(told(withNext(standbyView('planned')))).toEqual([
      `deploy ${first} 1+2`,
      `deploy ${second} 1+2`,
      `ask ${second} prepareDeployment`,
    ]);
  });

  it('cuts when the next one is prepared, and touches nothing while it is on trial', () => {
    expect(told(withNext(standbyView('prepared')))).toContain(`ask ${first} handOver`);
    const onTrial = withNext(viewOf({}, nextDeployment('held')));
    expect(told(onTrial)).toEqual([`deploy ${first} 1+2`, `deploy ${second} 1+2`]);
    expect(onTrial.standing.reason).toBe('OnTrial');
  });

  it('is the next one once that is promoted, and the one before goes', () => {
    const plan = withNext(viewOf({ attempt: 2 }, nextDeployment('promoted')));
    expect(told(plan)).toEqual([`deploy ${second} 1+2`, `withdraw ${first}`]);
    expect(plan.current).toBe(second);
  });

  it('is not guessed to be the one that runs when the status is lost and nobody was heard', () => {
    const unheard = (spec: unknown, number: number) => revisionWith(job, spec, { view: undefined }, number);
    for (const spec of [one, two]) {
      const plan = planOf(observedWith(jobWith(spec), [unheard(one, 1), unheard(two, 2)]));
      expect(told(plan)).toEqual([]);
      expect(plan).toMatchObject({ current: undefined, standing: { reason: 'Observing' } });
    }
  });

  it('is not believed to lead alone before it has said whether it is on trial', () => {
    const justDialled = { ...viewOf({ attempt: 2 }), next: undefined };
    const before = revisionWith(job, one, { view: viewOf({ role: 'handedOver', state: 'handedOver' }) }, 1);
    for (const view of [justDialled, viewOf({ attempt: 2 }, nextDeployment('rolledBack'))]) {
      const plan = planOf(observedWith(job, [before, revisionWith(job, two, { view }, 2)]));
      expect(plan.current).toBe(first);
      expect(told(plan)).not.toContain(`withdraw ${first}`);
    }
  });

  it('that does not fit is refused, and the running job untouched', () => {
    const plan = withNext(
      standbyView('planned', {
        compatibility: 'incompatible',
        changes: [
          { transform: 'count', state: 'total', change: 'incompatible', explanation: 'was a number' },
        ],
      }),
    );
    expect(plan.standing).toMatchObject({ progress: 'stalled', reason: 'Incompatible' });
    expect(plan.standing.message).toContain('count.total');
    expect(plan.rejected).toBe(second);
    // Its pods go when it is written down that it is not tried again.
    expect(told(plan)).toEqual([`deploy ${first} 1+2`, `deploy ${second} 1+0`]);
    const status = { revision: { current: first, rejected: second }, attempt: 1 } as never;
    const next = revisionWith(job, two, { view: standbyView('planned'), workers: 0 }, 2);
    expect(told(planOf(observedWith(job, [current, next], status)))).toEqual([
      `deploy ${first} 1+2`,
      `withdraw ${second}`,
    ]);
  });

  it('that was taken back keeps its pods until it has given the job back', () => {
    const before = revisionWith(job, one, { view: viewOf({ role: 'handedOver', state: 'handedOver' }) }, 1);
    const status = { revision: { current: first, rejected: second }, attempt: 2 } as never;
    const planWith = (view: ReturnType<typeof viewOf>) =>
      told(planOf(observedWith(job, [before, revisionWith(job, two, { view }, 2)], status)));
    const leading = viewOf({ state: 'restarting', attempt: 2 }, nextDeployment('rolledBack'));
    expect(planWith(leading)).not.toContain(`withdraw ${second}`);
    const done = viewOf({ role: 'handedOver', state: 'handedOver' }, nextDeployment('rolledBack'));
    expect(planWith(done)).toContain(`withdraw ${second}`);
  });

  it('that was taken back is not tried again until the spec changes or somebody retries', () => {
    const status = { revision: { current: first, rejected: second }, attempt: 1 } as never;
    const again = planOf(observedWith(job, [current], status));
    expect(told(again)).toEqual([`deploy ${first} 1+2`]);
    expect(again.rejected).toBe(second);
    const asked = jobWith(two, { annotations: { 'millrace.dev/retry': second } });
    expect(told(planOf(observedWith(asked, [current], status)))).toContain(`record ${second}`);
    const over = { ...(status as object), retried: second } as never;
    expect(told(planOf(observedWith(asked, [current], over)))).toEqual([`deploy ${first} 1+2`]);
    const onceMore = jobWith(two, { annotations: { 'millrace.dev/retry': `${second}/again` } });
    expect(told(planOf(observedWith(onceMore, [current], over)))).toContain(`record ${second}`);
  });

  it('waits for an approval where the policy says so', () => {
    const careful = jobWith(written('two', { upgrade: { policy: 'Plan' } }));
    const next = revisionWith(careful, two, { view: standbyView('planned'), workers: 0 }, 2);
    const waiting = planOf(observedWith(careful, [current, next]));
    expect(told(waiting)).toEqual([`deploy ${first} 1+2`, `deploy ${second} 1+0`]);
    expect(waiting.standing.reason).toBe('AwaitingApproval');
    const approved = jobWith(careful.spec, { annotations: { 'millrace.dev/approve': second } });
    expect(told(planOf(observedWith(approved, [current, next])))).toContain(
      `ask ${second} prepareDeployment`,
    );
  });

  it('is taken back when the spec is as before again, also on trial', () => {
    const back = jobWith(one, { generation: 3 });
    const planned = revisionWith(back, two, { view: standbyView('prepared') }, 2);
    expect(told(planOf(observedWith(back, [current, planned])))).toEqual([
      `deploy ${first} 1+2`,
      `withdraw ${second}`,
    ]);
    const before = revisionWith(back, one, { view: viewOf({ role: 'handedOver', state: 'handedOver' }) }, 1);
    const held = revisionWith(back, two, { view: viewOf({ attempt: 2 }, nextDeployment('held')) }, 2);
    expect(told(planOf(observedWith(back, [before, held])))).toEqual([
      `deploy ${first} 1+2`,
      `deploy ${second} 1+2`,
      `ask ${second} rollBackDeployment`,
    ]);
  });

  it('lets one that is on trial come to its end before it takes a third one', () => {
    const third = jobWith(written('three'), { generation: 3 });
    const before = revisionWith(third, one, { view: viewOf({ role: 'handedOver', state: 'handedOver' }) }, 1);
    const trial = revisionWith(third, two, { view: viewOf({ attempt: 2 }, nextDeployment('held')) }, 2);
    expect(told(planOf(observedWith(third, [before, trial])))).toEqual([
      `deploy ${first} 1+2`,
      `deploy ${second} 1+2`,
    ]);
    const standby = revisionWith(third, two, { view: standbyView('prepared') }, 2);
    expect(told(planOf(observedWith(third, [current, standby])))).toContain(`withdraw ${second}`);
  });

  it('is the job when it has brought that to its end while it was on trial', () => {
    const before = revisionWith(job, one, { view: viewOf({ role: 'handedOver', state: 'handedOver' }) }, 1);
    const ended = viewOf({ state: 'finished', attempt: 2 }, nextDeployment('released'));
    const plan = planOf(observedWith(job, [before, revisionWith(job, two, { view: ended }, 2)]));
    expect(told(plan)).toEqual([`deploy ${second} 0+0`, `withdraw ${first}`]);
    expect(plan).toMatchObject({ current: second, standing: { phase: 'Finished', progress: 'inForce' } });
  });

  it('begins from the last checkpoint where nobody is left who could cut', () => {
    const failed = revisionWith(job, one, { view: viewOf({ state: 'failed' }) }, 1);
    const next = revisionWith(job, two, { view: standbyView('prepared') }, 2);
    expect(told(planOf(observedWith(job, [failed, next])))).toEqual([
      `deploy ${first} 0+0`,
      `deploy ${second} 1+2`,
      `ask ${second} takeOver`,
    ]);
  });

  it('does not wait for one that fails again and again, and does for one that is back in a moment', () => {
    const restarting = (sinceMs: number) =>
      revisionWith(job, one, { view: viewOf({ state: 'restarting', sinceMs }) }, 1);
    for (const phase of ['preparing', 'prepared'] as const) {
      const next = revisionWith(job, two, { view: standbyView(phase) }, 2);
      expect(told(planOf(observedWith(job, [restarting(96_000), next])))).toContain(`ask ${second} takeOver`);
      const soon = planOf(observedWith(job, [restarting(98_000), next]));
      expect(told(soon)).not.toContain(`ask ${second} takeOver`);
      expect(soon.againMs).toBe(3000);
    }
  });

  it('replaces one that has never run', () => {
    const broken = revisionWith(job, one, { view: undefined }, 1);
    const status = { revision: { current: first }, attempt: 0 } as never;
    expect(told(planOf(observedWith(job, [broken], status)))).toEqual([
      `record ${second}`,
      `deploy ${second} 1+2`,
      `withdraw ${first}`,
    ]);
  });

  it('stops first where there is no room for both', () => {
    const tight = jobWith(written('two', { upgrade: { strategy: 'Recreate' } }));
    const next = revisionWith(tight, two, { view: standbyView('planned'), workers: 0 }, 2);
    expect(told(planOf(observedWith(tight, [current, next])))).toContain(`ask ${first} suspend`);
    const stopped = revisionWith(tight, one, { view: viewOf({ state: 'suspended' }) }, 1);
    expect(told(planOf(observedWith(tight, [stopped, next])))).toEqual([
      `deploy ${first} 0+0`,
      `deploy ${second} 1+2`,
      `ask ${second} takeOver`,
    ]);
  });
});

describe('a job that is suspended', () => {
  const job = jobWith(written('one', { state: 'Suspended' }));
  it('takes a checkpoint, then has no pods', () => {
    expect(told(planOf(observedWith(job, [revisionWith(job, one, { view: viewOf() })])))).toEqual([
      `deploy ${first} 1+2`,
      `ask ${first} suspend`,
    ]);
    const done = planOf(
      observedWith(job, [revisionWith(job, one, { view: viewOf({ state: 'suspended' }) })]),
    );
    expect(told(done)).toEqual([`deploy ${first} 0+0`]);
    expect(done.standing).toMatchObject({ phase: 'Suspended', progress: 'inForce' });
  });

  it('stays so without any coordinator', () => {
    const down = revisionWith(job, one, { coordinators: 0, workers: 0 });
    const status = { revision: { current: first }, attempt: 3, phase: 'Suspended' } as never;
    expect(told(planOf(observedWith(job, [down], status)))).toEqual([`deploy ${first} 0+0`]);
    expect(planOf(observedWith(job)).standing.phase).toBe('Suspended');
  });

  it('goes on when it is wanted again', () => {
    const again = jobWith(one);
    const down = revisionWith(again, one, { coordinators: 0, workers: 0 });
    const status = { revision: { current: first }, attempt: 3, phase: 'Suspended' } as never;
    expect(told(planOf(observedWith(again, [down], status)))).toEqual([`deploy ${first} 1+2`]);
    const up = revisionWith(again, one, { view: viewOf({ state: 'suspended' }) });
    expect(told(planOf(observedWith(again, [up], status)))).toContain(`ask ${first} resume`);
  });
});

describe('a job that is deleted', () => {
  const deletionTimestamp = new Date(100_000).toISOString();
  const job = jobWith(one, { deletionTimestamp });
  it('takes a last savepoint, then lets its objects go', () => {
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: viewOf() })]));
    expect(told(plan)).toEqual([`deploy ${first} 1+2`, `ask ${first} stop`]);
    expect(plan.againMs).toBe(120_000);
    const stopped = revisionWith(job, one, { view: viewOf({ state: 'stopped' }) });
    expect(told(planOf(observedWith(job, [stopped])))).toEqual(['release']);
  });

  it('is let go at once when its pods are removed with it, as at the end of a namespace', () => {
    const running = revisionWith(job, one, { view: viewOf() });
    expect(told(planOf(observedWith(job, [{ ...running, coordinatorSet: undefined }])))).toEqual(['release']);
  });

  it('is let go at the end of its time, whatever happens', () => {
    const late = observedWith(job, [revisionWith(job, one, { view: viewOf() })], undefined, 300_000);
    expect(told(planOf(late))).toEqual(['release']);
  });
});
