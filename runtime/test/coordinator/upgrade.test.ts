import { describe, expect, it } from 'vitest';
import { until } from './stored-job.ts';
import { expectedTicks, ticksOf, UpgradeRig, type Version } from './upgrade-rig.ts';

/** A job whose first version runs, and the next one planned. */
const planned = async (next: Partial<Version> = {}, first: Version = { name: 'one' }) => {
  const rig = new UpgradeRig(first);
  const { job, control } = await rig.running();
  rig.write({ name: 'two', ...next });
  const plan = await control.planDeployment({ revision: 'two' });
  const phase = (): string => job.changes.upgrade.status?.phase ?? 'none';
  const end = async () => {
    rig.hold.release();
    const { state } = await job.ended;
    return {
      state,
      isExact: JSON.stringify(ticksOf(rig.outlet.visible)) === JSON.stringify(expectedTicks()),
    };
  };
  const by = (name: string): boolean => rig.outlet.visible.some((row) => row.by === name);
  return { rig, job, control, plan, phase, end, by };
};

const exact = { state: 'finished', isExact: true };

describe('an upgrade of a running job', () => {
  it('is planned, takes over, is held until it has proved itself, released and promoted', async () => {
    const { rig, control, plan, phase, end, by } = await planned();
    expect(plan).toMatchObject({ phase: 'planned', compatibility: 'compatible', revision: 'two' });
    const shown = rig.outlet.visible.length;
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'held');
    await until(() => phase() === 'promoted');
    expect(rig.outlet.visible.length).toBeGreaterThanOrEqual(shown);
    expect(await control.getStatus({})).toMatchObject({
      revision: 'two',
      lastUpgrade: { from: 'one', to: 'two', outcome: 'done', committedPauseMs: expect.any(Number) },
    });
    expect(await end()).toEqual(exact);
    expect(by('two')).toBe(true);
  });

  it('shows nothing of the next version while it is held, and goes back to the cut when it fails', async () => {
    let seen = 0;
    const { rig, control, phase, end, by, job } = await planned({
      see: () => {
        seen++;
        if (seen > 5) throw new Error('a bug');
      },
    });
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'held');
    // The next readers give some records more than those before.
    await until(() => phase() === 'rolledBack');
    expect(await control.getNextDeployment({})).toMatchObject({ reason: expect.stringContaining('a bug') });
    await until(() => job.state === 'running');
    expect(job.revision).toBe('one');
    expect(await end()).toEqual(exact);
    expect(by('two')).toBe(false);
    expect(rig.outlet.visible.length).toBe(40_000);
  });

  it('converts state that was taken in before the functions were opened', async () => {
    const { control, plan, phase, end, by } = await planned({
      state: { name: 'count', renamedFrom: 'ticks', version: 2, migrate: (value) => ({ count: value }) },
      read: (value) => (value as { count: number } | undefined)?.count ?? 0,
      write: (count) => ({ count }),
    });
    expect(plan.changes).toContainEqual(expect.objectContaining({ state: 'ticks', change: 'converted' }));
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'promoted');
    expect(await end()).toEqual(exact);
    expect(by('two')).toBe(true);
  });

  it('is refused before anything is touched when the state does not fit', async () => {
    const { control, plan, end, job } = await planned(
      {},
      { name: 'one', state: { version: 2, migrate: (value) => value } },
    );
    expect(plan).toMatchObject({ compatibility: 'incompatible' });
    await expect(control.prepareDeployment({ revision: 'two' })).rejects.toThrow(
      'The state of the job does not fit',
    );
    expect(job.state).toBe('running');
    expect(await end()).toEqual(exact);
  });

  it('is another one when the file was changed meanwhile', async () => {
    const { control, end, rig } = await planned();
    rig.write({ name: 'three' });
    await expect(control.planDeployment({ revision: 'two' })).rejects.toThrow(
      'The job is the revision three by now, not two',
    );
    expect(await end()).toEqual(exact);
  });

  it('can be planned again and again, whatever runs, and leaves nothing behind', async () => {
    const { rig, control, phase, end, job } = await planned();
    await control.planDeployment({ revision: 'two' });
    expect(rig.open).toEqual(['two']);
    expect(await control.rollBackDeployment({ revision: 'two' })).toMatchObject({ phase: 'rolledBack' });
    await control.planDeployment({ revision: 'two' });
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'promoted');
    rig.write({ name: 'three' });
    await control.planDeployment({ revision: 'three' });
    expect(rig.open).toEqual(['two', 'three']);
    expect(job.revision).toBe('two');
    expect(await end()).toEqual(exact);
    await until(() => rig.open.length === 0);
  });

  it('waits for a rescale that is under way, and the other way round', async () => {
    const { control, phase, end, job } = await planned();
    const rescaled = job.changes.rescale(3);
    await until(() => job.changes.isUnderWay);
    await expect(control.prepareDeployment({ revision: 'two' })).rejects.toThrow('Another switch-over');
    await rescaled;
    await control.prepareDeployment({ revision: 'two' });
    await expect(job.changes.rescale(2)).rejects.toThrow('Another switch-over');
    await until(() => phase() === 'promoted');
    expect(await end()).toEqual(exact);
  });

  it('that has failed and cannot go back goes on by itself, and may be accepted', async () => {
    let seen = 0;
    const { control, phase, end } = await planned({
      // What it writes the version before cannot read.
      state: { version: 2, migrate: (value) => value },
      trial: { held: 0, windowMs: 1e6 },
      see: () => {
        seen++;
        if (seen === 50) throw new Error('a bug');
      },
    });
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'stalled');
    expect(await control.getNextDeployment({})).toMatchObject({ reason: expect.stringContaining('a bug') });
    await until(() => seen > 60);
    await expect(control.rollBackDeployment({ revision: 'two' })).rejects.toThrow('There is no way back');
    await control.approveDeployment({ revision: 'two' });
    expect(phase()).toBe('promoted');
    expect(await end()).toEqual(exact);
  });

  it('waits for approval where that is wished for', async () => {
    const { control, plan, phase, end } = await planned({ waitsForApproval: true });
    expect(plan).toMatchObject({ compatibility: 'needsApproval' });
    expect(await control.prepareDeployment({ revision: 'two' })).toMatchObject({ phase: 'awaitingApproval' });
    await control.approveDeployment({ revision: 'two' });
    await until(() => phase() === 'promoted');
    expect(await end()).toEqual(exact);
  });

  it('is rolled back when somebody asks for it, held or released', async () => {
    for (const at of ['held', 'released'] as const) {
      const { control, phase, end, job } = await planned({
        trial: at === 'held' ? { held: 100 } : { windowMs: 1e6 },
      });
      await control.prepareDeployment({ revision: 'two' });
      await until(() => phase() === at);
      expect(await control.rollBackDeployment({ revision: 'two' })).toMatchObject({ phase: 'rolledBack' });
      await until(() => job.state === 'running');
      expect(job.revision).toBe('one');
      expect(await end()).toEqual(exact);
    }
  });

  it('stays when another checkpoint is complete before what was released is visible', async () => {
    const { rig, control, phase, end } = await planned();
    const committing = Promise.withResolvers<void>();
    const checkpointId = async (): Promise<number> => (await control.getStatus({})).lastCheckpoint?.id ?? 0;
    let heldAt: Promise<number> | undefined;
    rig.outlet.beforeCommit = async (values) => {
      if (!values.some(({ by }) => by === 'two')) return;
      heldAt ??= checkpointId();
      await committing.promise;
    };
    await control.prepareDeployment({ revision: 'two' });
    await until(() => heldAt !== undefined);
    const before = (await heldAt) ?? 0;
    let latest = before;
    await until(() => {
      void checkpointId().then((id) => {
        latest = id;
      });
      return latest > before + 1;
    });
    committing.resolve();
    await until(() => phase() === 'promoted');
    expect(await end()).toEqual(exact);
  });

  it('takes no savepoint while output is held, and releases it when the job is stopped', async () => {
    const { control, phase, job, rig } = await planned({ trial: { held: 100 } });
    await control.prepareDeployment({ revision: 'two' });
    await until(() => phase() === 'held');
    await expect(job.savepoint('now')).rejects.toThrow('Output is held back by a switch-over');
    job.stop();
    expect(await job.ended).toMatchObject({ state: 'stopped' });
    rig.hold.release();
    const { job: again } = rig.start();
    expect(await again.ended).toMatchObject({ state: 'finished' });
    expect(ticksOf(rig.outlet.visible)).toEqual(expectedTicks());
  });

  it('goes on in another process, by the old code from the cut and by the new code where it was', async () => {
    for (const by of ['one', 'two'] as const) {
      const { control, phase, job, rig } = await planned({ trial: { held: 1e6 } });
      await control.prepareDeployment({ revision: 'two' });
      await until(() => phase() === 'held');
      await job.cancel();
      rig.write({ name: by });
      rig.hold.release();
      const { job: again } = rig.start();
      expect(await again.ended).toMatchObject({ state: 'finished' });
      expect(ticksOf(rig.outlet.visible)).toEqual(expectedTicks());
    }
  });
});
