import { describe, expect, it } from 'vitest';
import { FaultClient } from '../dev/fault-client.ts';
import { type CallFault, type FaultPlan, faultAtWrite, noFaults } from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { live, type Remains, usualLife } from './lives.ts';

/** A life with an operator on whose calls a plan lets things go wrong; one that crashes is followed by another. */
const liveWith = async (
  plan: FaultPlan,
): Promise<{ readonly remains: readonly Remains[]; readonly writes: number }> => {
  const rig = new ControllerRig();
  const { timers } = rig.machine.system;
  const client = new FaultClient(rig.client, timers, plan, () => {
    operator.kill();
    timers.after(40, () => rig.startOperator());
  });
  const operator = rig.startOperator(client);
  return { remains: await live(rig, usualLife), writes: client.writes.length };
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
