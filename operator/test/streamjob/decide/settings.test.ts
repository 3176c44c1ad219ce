import { describe, expect, it } from 'vitest';
import {
  jobWith,
  observedWith,
  planOf,
  revisionNameOf,
  revisionWith,
  told,
  viewOf,
  written,
} from '../job-table.ts';

const one = written('one');
const first = revisionNameOf(one);
const often = written('one', { restart: { strategy: 'None' } });
const job = jobWith(often);
const observed = observedWith(job, [revisionWith(job, one, { view: viewOf() })]);

describe('a setting that a running job takes over', () => {
  it('is told to who leads, and makes no revision', () => {
    const plan = planOf(observed);
    expect(told(plan)).toEqual([`deploy ${first} 1+2`, `ask ${first} configure`]);
    expect(plan.standing).toMatchObject({ phase: 'Running', progress: 'underWay', reason: 'Configuring' });
  });

  it('is in force when the coordinator says so', () => {
    const { settings } = observed.wanted as { readonly settings: string };
    const plan = planOf(observedWith(job, [revisionWith(job, one, { view: viewOf({ settings }) })]));
    expect(told(plan)).toEqual([`deploy ${first} 1+2`]);
    expect(plan.standing).toMatchObject({ progress: 'inForce' });
  });

  it('is told before the job runs, so that it never runs with other ones', () => {
    const view = viewOf({ state: 'deploying', settings: null });
    expect(told(planOf(observedWith(job, [revisionWith(job, one, { view })])))).toContain(
      `ask ${first} configure`,
    );
  });

  it('is told as well while another revision waits, and not to who has ended or is not heard', () => {
    const two = jobWith(written('two', { restart: { strategy: 'None' } }));
    const changed = observedWith(two, [revisionWith(two, one, { view: viewOf() })]);
    expect(told(planOf(changed))).toContain(`ask ${first} configure`);
    for (const view of [viewOf({ state: 'failed' }), viewOf({}, undefined, { silentSinceMs: 99_000 })])
      expect(told(planOf(observedWith(job, [revisionWith(job, one, { view })])))).not.toContain(
        `ask ${first} configure`,
      );
  });

  it('stalls the job with the reason when it is refused for good', () => {
    const refusals = [{ revision: first, operation: 'configure', reason: 'The sink cannot wait.' }] as const;
    expect(planOf({ ...observed, refusals }).standing).toMatchObject({
      phase: 'Running',
      progress: 'stalled',
      reason: 'SettingsRefused',
      message: 'The sink cannot wait.',
    });
  });
});
