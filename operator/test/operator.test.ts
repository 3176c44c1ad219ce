import { describe, expect, it } from 'vitest';
import { createLogger } from '../../runtime/src/telemetry/logger.ts';
import { Operator } from '../src/operator.ts';
import { ControllerRig } from './streamjob/controller-rig.ts';
import { renderSettings, written } from './streamjob/job-table.ts';

const operatorIn = (rig: ControllerRig, identity: string): Operator => {
  const { system } = rig.machine;
  const operator = new Operator({
    system,
    logger: createLogger({ clock: system.clock, level: 'error', json: false, write: () => undefined }),
    client: rig.client,
    leaseClient: rig.client,
    identity,
    render: { ...renderSettings, operatorNamespace: 'default' },
    watchNamespaces: undefined,
    dial: rig.coordinators.dial,
  });
  operator.start();
  return operator;
};

describe('two operators of one cluster', () => {
  it('keep one of them from acting, which takes over when the other goes, and changes nothing of what runs', async () => {
    const rig = new ControllerRig();
    const first = operatorIn(rig, 'one');
    await rig.until('the first leads', () => first.candidate.isLeading);
    const second = operatorIn(rig, 'two');
    await rig.apply(written());
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    expect(second.candidate.isLeading).toBe(false);
    expect(second.isReady).toBe(true);
    const uids = rig.pods.map(({ metadata }) => metadata.uid).toSorted();
    void first.stop();
    await rig.until('the second leads', () => second.candidate.isLeading);
    await rig.apply(written('one', { parallelism: 3 }));
    await rig.until('it has 3 slots', () => rig.status?.replicas === 3);
    expect(rig.pods.map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(uids));
    expect(rig.coordinators.asked.filter((asked) => asked.endsWith('setParallelism')).length).toBe(1);
  });
});
