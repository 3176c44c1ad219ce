import { describe, expect, it } from 'vitest';
import { streamJobs } from '../../src/kube/kinds.ts';
import { FaultClient } from '../dev/fault-client.ts';
import {
  type CallFault,
  type EventFault,
  type FaultPlan,
  faultAtWrite,
  noFaults,
  randomFaults,
} from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { revisionNameOf, written } from './job-table.ts';

const one = written('one');
const second = written('two', { upgrade: { stability: { window: '0s' } } });
const bad = written('three', { upgrade: { stability: { window: '0s' } } });
const names = { second: revisionNameOf(second), bad: revisionNameOf(bad) };

/** What is left after each part of a life, without what differs from one life to the next. */
interface Remains {
  readonly sets: readonly string[];
  readonly pods: number;
  readonly phase: string | undefined;
  readonly revision: unknown;
  /** How often records began to flow anew: an operator that dies is no reason for that. */
  readonly attempt: number | undefined;
}

const remainsOf = (rig: ControllerRig): Remains => ({
  sets: rig.sets.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).toSorted(),
  pods: rig.pods.length,
  phase: rig.status?.phase,
  revision: rig.status?.revision,
  attempt: rig.status?.attempt,
});

const isInForce = (rig: ControllerRig): boolean =>
  rig.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true &&
  rig.status.observedGeneration === rig.job()?.metadata.generation;

/** A job is made, rescaled, upgraded, badly upgraded, suspended, resumed and deleted. */
const live = async (rig: ControllerRig): Promise<readonly Remains[]> => {
  const remains: Remains[] = [];
  const step = async (what: string, isSo: () => boolean): Promise<void> => {
    await rig.until(what, isSo, 60_000);
    // What is under way comes to its end.
    await rig.pass(1500);
    remains.push(remainsOf(rig));
  };
  rig.coordinators.conduct.set(names.bad, { failsOnTrial: true });
  await rig.apply(one);
  await step('it runs', () => isInForce(rig) && rig.pods.length === 3);
  await rig.apply(written('one', { parallelism: 3 }));
  await step('it has 3 slots', () => isInForce(rig) && rig.status?.replicas === 3 && rig.pods.length === 4);
  const more = { parallelism: 3 };
  await rig.apply({ ...(second as object), ...more });
  await step(
    'the next revision runs',
    () => isInForce(rig) && rig.status?.revision?.current === names.second && rig.pods.length === 4,
  );
  await rig.apply({ ...(bad as object), ...more });
  await step(
    'the bad one is taken back',
    () => rig.status?.revision?.rejected === names.bad && rig.pods.length === 4,
  );
  await rig.apply({ ...(second as object), ...more, state: 'Suspended' });
  await step(
    'it is suspended',
    () => isInForce(rig) && rig.status?.phase === 'Suspended' && rig.pods.length === 0,
  );
  await rig.apply({ ...(second as object), ...more });
  await step('it goes on', () => isInForce(rig) && rig.status?.phase === 'Running' && rig.pods.length === 4);
  void rig.client.remove(
    streamJobs,
    { namespace: 'default', name: 'counts' },
    { uid: rig.job()?.metadata.uid ?? '' },
  );
  await step('it is gone', () => rig.job() === undefined && rig.sets.length === 0 && rig.pods.length === 0);
  return remains;
};

/** A life with an operator on whose calls a plan lets things go wrong; one that crashes is followed by another. */
const liveWith = async (
  plan: FaultPlan,
): Promise<{ readonly remains: readonly Remains[]; readonly writes: number }> => {
  const rig = new ControllerRig();
  const { timers } = rig.machine.system;
  const client = new FaultClient(rig.client, timers, plan, () => {
    rig.killOperator();
    timers.after(40, () => rig.startOperator());
  });
  rig.startOperator(client);
  return { remains: await live(rig), writes: client.writes.length };
};

describe('an operator that dies at any of its writes', () => {
  it('is followed by one that ends up with the same, and no job notices', { timeout: 600_000 }, async () => {
    const { remains: golden, writes } = await liveWith(noFaults);
    expect(writes).toBeGreaterThan(30);
    for (const fault of ['crashAfter', 'crashBefore'] satisfies readonly CallFault[]) {
      for (let number = 1; number <= writes; number++) {
        const { remains } = await liveWith(faultAtWrite(number, fault));
        expect(remains, `${fault} of write ${number}`).toEqual(golden);
      }
    }
  });
});

describe('an operator whose calls fail and whose caches are behind, now and then', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('ends up with the same (seed %i)', { timeout: 120_000 }, async (seed) => {
    const { remains: golden } = await liveWith(noFaults);
    let state = seed * 2_654_435_761;
    const random = {
      next: () => {
        state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
        return state / 4_294_967_296;
      },
      id: () => String(state),
    };
    const plan = randomFaults(random, { calls: 0.15, events: 0.2, lateMs: 400 });
    // A watch that says nothing any more is noticed after minutes: the reflector's own tests have that.
    const ofEvent = (): EventFault | undefined => {
      const fault = plan.ofEvent();
      return fault === 'silent' ? 'late' : fault;
    };
    const { remains } = await liveWith({ ...plan, ofEvent });
    expect(remains).toEqual(golden);
  });
});
