import { describe, expect, it } from 'vitest';
import { revisionNameOf, written } from '../../../streamjob/job-table.ts';
import { runningRig } from '../plugin-rig.ts';

const [first, second] = [revisionNameOf(written('one')), revisionNameOf(written('two'))];
const careful = { upgrade: { policy: 'Plan', stability: { window: '0s' } } };

describe('kubectl millrace', () => {
  it('approve lets the revision that waits take over, and refuses when none does', async () => {
    const rig = await runningRig(written('one', careful));
    const refused = await rig.call('approve counts');
    expect(refused).toMatchObject({ code: 1, output: '' });
    expect(refused.errors).toMatch(/^error: Nothing of counts waits for approval\. See .*\n$/);
    await rig.apply(written('two', careful));
    await rig.until('it waits', () => JSON.stringify(rig.status).includes('AwaitingApproval'));
    expect((await rig.call('approve counts')).output).toBe(
      `streamjob.millrace.dev/counts: the revision ${second} is approved\n`,
    );
    await rig.until('promoted', () => rig.status?.revision?.current === second);
  });

  it('retry tries a revision again that was taken back, once', async () => {
    const rig = await runningRig();
    expect((await rig.call('retry counts')).errors).toContain('Nothing of counts has failed');
    rig.coordinators.conduct.set(second, { failsOnTrial: true });
    await rig.apply(written('two', { upgrade: { stability: { window: '0s' } } }));
    await rig.until('rolled back', () => rig.status?.revision?.rejected === second);
    const versionBefore = rig.coordinators.asked.length;
    await rig.call('retry counts');
    await rig.until('it fails again', () => rig.coordinators.asked.length > versionBefore);
    await rig.until('rolled back', () => rig.status?.revision?.rejected === second);
    await rig.pass(5000);
    expect(rig.status?.revision).toEqual({ current: first, rejected: second });
    rig.coordinators.conduct.delete(second);
    expect((await rig.call('retry counts')).output).toContain(`the revision ${second} is tried again`);
    await rig.until('promoted', () => rig.status?.revision?.current === second);
  });

  it('scale gives another number of slots', async () => {
    const rig = await runningRig();
    expect((await rig.call('scale counts 4')).code).toBe(0);
    await rig.until('4 slots', () => rig.status?.replicas === 4);
    expect((await rig.call('scale counts 0')).code).toBe(2);
    expect((await rig.call('scale nothing 2')).code).toBe(1);
  });

  it('suspend lets the pods go, and resume lets the job go on', async () => {
    const rig = await runningRig();
    expect((await rig.call('suspend counts')).output).toContain('takes a last checkpoint');
    await rig.until('no pods', () => rig.pods.length === 0);
    expect((await rig.call('resume counts')).output).toContain('goes on from its last checkpoint');
    await rig.until('it runs', () => rig.status?.phase === 'Running');
    expect((await rig.call('resume counts')).output).toContain('it was Running already');
  });

  it('restart makes a new revision of the same code', async () => {
    const rig = await runningRig(written('one', { upgrade: { stability: { window: '0s' } } }));
    expect((await rig.call('restart counts')).output).toContain(`follows ${first}`);
    await rig.until('another one', () => {
      const { current } = rig.status?.revision ?? {};
      return current !== undefined && current !== first && rig.status?.phase === 'Running';
    });
  });
});
